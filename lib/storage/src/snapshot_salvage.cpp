// SPDX-License-Identifier: Apache-2.0
// The whole file, block by block: what is sound of a damaged one, and whether one is sound at all.
#include "snapshot_file.hpp"
#include "topgun/value/canonical.hpp"

namespace topgun {

std::string SnapshotDamage::text() const {
    std::string out = "bytes " + std::to_string(offset) + " to " + std::to_string(offset + length);
    if (!map.empty() || !hash_first.empty()) {
        out += " (map '" + map + "'";
        if (!hash_first.empty()) out += ", key hashes " + hash_first + " to " + hash_last;
        out += ")";
    }
    return out + ": " + what;
}

}  // namespace topgun

namespace topgun::storage {
namespace {

// Decoding a block does not look into values, which would halve its speed; a full check does.
Status check_value(const Row& row, Bytes& scratch) {
    if (row.value.empty()) return {};
    msgpack::Reader reader(row.value);
    scratch.clear();
    if (append_canonical(reader, scratch) && reader.at_end() && scratch == row.value) return {};
    return Error(Errc::bad_input, "block: a value is not in canonical form");
}

}  // namespace

// What a walk over the whole file found.
struct Snapshot::Findings {
    std::vector<SnapshotDamage> damage;
    std::vector<Mark> marks;  // frames whose checks and rows are right; maps point into `maps`
    std::set<MapId> maps;
    std::vector<std::pair<LastRow, LastRow>> ends;  // parallel to marks: first and last row
};

Status Snapshot::walk(Findings& findings) const {
    RowBlock block;
    Bytes scratch;
    const auto note = [&findings](std::uint64_t offset, std::uint64_t length, std::string what) {
        findings.damage.push_back({offset, length, std::move(what), {}, {}, {}});
    };
    WalkEvents events;
    events.on_damage = note;
    events.on_frame = [&](const FrameRef& ref, const FrameHeader& header, BytesView raw) {
        Mark mark{ref.offset, ref.offset + ref.length, nullptr, header.type, 0, 0};
        const bool removed = header.type == FrameType::removed_tags;
        if (!removed && header.type != FrameType::rows) {
            findings.marks.push_back(mark);
            findings.ends.emplace_back(Row{}, Row{});
            return;
        }
        auto sound = block.decode(raw, removed);
        for (std::size_t i = 0; sound && i < block.rows.size(); ++i) {
            sound = check_value(block.rows[i], scratch);
        }
        if (!sound) return note(ref.offset, ref.length, sound.error().text());
        if (block.rows.empty()) return;
        mark.map = &*findings.maps.insert(block.map).first;
        mark.first_hash = block.rows.front().key_hash;
        mark.last_hash = block.rows.back().key_hash;
        findings.marks.push_back(mark);
        findings.ends.emplace_back(block.rows.front(), block.rows.back());
    };
    if (header_damaged_) {
        note(0, std::min<std::uint64_t>(kSnapshotHeader, file_.size()),
             "the file header is damaged");
    }
    return walk_frames(file_, events);
}

// All frames that should stand in the file. Empty when an index of them cannot be read.
std::vector<Mark> Snapshot::indexed_marks(const std::vector<DirectoryEntry>& directory) const {
    std::vector<Mark> marks;
    for (const auto& entry : directory) {
        const MapId* map = &entry.facts.id;
        const auto& layout = entry.layout;
        auto index = read_index(layout);
        if (!index) return {};
        auto offset = index->offset;
        for (const auto length : index->removed_lengths) {
            marks.push_back({offset, offset + length, map, FrameType::removed_tags, 0, 0});
            offset += length;
        }
        for (std::size_t i = 0; i < index->lengths.size(); ++i) {
            // A block reaches to the first hash of the next one, which may still hold the same
            // hash.
            const bool last = i + 1 == index->lengths.size();
            const auto until = last ? 0xffffffffu : index->first_hashes[i + 1];
            marks.push_back({offset, offset + index->lengths[i], map, FrameType::rows,
                             static_cast<std::uint32_t>(index->first_hashes[i]),
                             static_cast<std::uint32_t>(until)});
            offset += index->lengths[i];
        }
        const std::pair<FrameRef, FrameType> sections[] = {
            {layout.leaf_sums, FrameType::leaf_sums},
            {layout.leaf_content, FrameType::leaf_content},
            {layout.sketch, FrameType::sketch},
            {layout.expiry, FrameType::expiry},
            {layout.fields, FrameType::fields},
            {layout.block_index, FrameType::block_index}};
        for (const auto& [ref, type] : sections) {
            marks.push_back({ref.offset, ref.offset + ref.length, map, type, 0, 0});
        }
    }
    const auto before = [](const Mark& a, const Mark& b) { return a.offset < b.offset; };
    std::sort(marks.begin(), marks.end(), before);
    return marks;
}

// Takes a block of the walk into the state, if it goes on where the map's last one ended.
void Snapshot::adopt(const Mark& mark, const LastRow& first, const LastRow& last) {
    auto at = std::lower_bound(ids_.begin(), ids_.end(), *mark.map);
    const auto position = at - ids_.begin();
    if (at == ids_.end() || *at != *mark.map) {
        ids_.insert(at, *mark.map);
        MapEntry entry;
        entry.directory.facts.id = *mark.map;
        entry.removed.emplace();
        entry.rows.emplace();
        entries_.insert(entries_.begin() + position, std::move(entry));
    }
    auto& entry = entries_[static_cast<std::size_t>(position)];
    const BlockRef ref{mark.offset, static_cast<std::uint32_t>(mark.end - mark.offset), first.hash};
    auto& before = first.removed ? entry.last_removed : entry.last_row;
    if (before && compare_place(before->view(), first.view()) >= 0) {
        damage_.push_back({ref.offset, ref.length, "the block is out of order", {}, {}, {}});
        return;
    }
    before = last;
    (first.removed ? entry.removed : entry.rows)->add(ref);
}

Status Snapshot::scan() {
    Findings found;
    TOPGUN_TRY(walk(found));
    damage_ = std::move(found.damage);
    for (std::size_t i = 0; i < found.marks.size(); ++i) {
        if (found.marks[i].map != nullptr)
            adopt(found.marks[i], found.ends[i].first, found.ends[i].second);
    }
    const auto directory = read_directory();
    const auto exact = directory ? indexed_marks(*directory) : std::vector<Mark>{};
    name_damage(exact.empty() ? found.marks : exact, damage_);
    // Facts as stored may be damaged or describe lost blocks: count what is really there.
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        FactsBuilder builder(ids_[i]);
        TOPGUN_TRY(gather_facts(ids_[i], builder));
        entries_[i].directory.facts = builder.finish();
        entries_[i].summary_loaded = entries_[i].sketch_loaded = entries_[i].facts_loaded = true;
    }
    return {};
}

Status Snapshot::gather_facts(const MapId& id, FactsBuilder& builder) const {
    const auto take = [&builder](const Row& row) { builder.add(row); };
    auto removed = removed_tags(id);
    if (!removed) return std::move(removed).error();
    TOPGUN_TRY(for_each_row(**removed, take));
    auto all = StateReader::rows(id);
    if (!all) return std::move(all).error();
    return for_each_row(**all, take);
}

// What the file says of a map must follow from its rows.
Status Snapshot::verify_facts(const DirectoryEntry& entry) const {
    const auto& id = entry.facts.id;
    auto stored = facts(id);
    if (!stored) return std::move(stored).error();
    FactsBuilder builder(id);
    TOPGUN_TRY(gather_facts(id, builder));
    const auto rebuilt = builder.finish();
    if (**stored == rebuilt) return {};
    return Error(Errc::bad_input, "the stored facts of map '" + id.name + "' (" +
                                      std::string(map_kind_name(id.kind)) +
                                      ") do not follow from its rows");
}

// A block that no index names as it is would be missed when rows are asked for by hash.
void Snapshot::note_strays(const std::vector<Mark>& exact, Findings& findings) {
    const auto before = [](const Mark& a, std::uint64_t offset) { return a.offset < offset; };
    for (const auto& mark : findings.marks) {
        if (mark.map == nullptr) continue;
        const auto named = std::lower_bound(exact.begin(), exact.end(), mark.offset, before);
        if (named != exact.end() && named->offset == mark.offset && named->end == mark.end &&
            named->type == mark.type && named->first_hash == mark.first_hash &&
            *named->map == *mark.map) {
            continue;
        }
        findings.damage.push_back({mark.offset,
                                   mark.end - mark.offset,
                                   "the index does not name the block",
                                   mark.map->name,
                                   {},
                                   {}});
    }
}

Result<std::vector<SnapshotDamage>> Snapshot::verify() const {
    Findings found;
    TOPGUN_TRY(walk(found));
    const auto directory = read_directory();
    const auto exact = directory ? indexed_marks(*directory) : std::vector<Mark>{};
    name_damage(exact.empty() ? found.marks : exact, found.damage);
    if (!found.damage.empty() || mode_ == SnapshotOpen::salvage) return std::move(found.damage);
    // Every frame is sound by itself; now they must fit together.
    if (!directory) {
        found.damage.push_back({0, file_.size(), directory.error().text(), {}, {}, {}});
        return std::move(found.damage);
    }
    for (const auto& entry : *directory) {
        if (auto facts = verify_facts(entry); !facts) {
            // A directory may name sections that the file does not have.
            auto at = entry.layout.leaf_sums;
            if (at.offset > file_.size() || at.length > file_.size() - at.offset) {
                at = {0, file_.size()};
            }
            found.damage.push_back(
                {at.offset, at.length, facts.error().text(), entry.facts.id.name, {}, {}});
        }
    }
    // Without a readable index the facts were damaged already.
    if (found.damage.empty()) note_strays(exact, found);
    return std::move(found.damage);
}

}  // namespace topgun::storage
