// SPDX-License-Identifier: Apache-2.0
// Reads a snapshot from its end: footer, directory, then only the blocks that are asked for.
#include <algorithm>
#include <mutex>
#include <optional>
#include <set>

#include "row_block.hpp"
#include "snapshot_cursor.hpp"
#include "snapshot_layout.hpp"
#include "snapshot_walk.hpp"
#include "topgun/base/file.hpp"
#include "topgun/storage/snapshot.hpp"
#include "topgun/value/canonical.hpp"

namespace topgun {

using namespace storage;

std::string SnapshotDamage::text() const {
    std::string out = "bytes " + std::to_string(offset) + " to " + std::to_string(offset + length);
    if (!map.empty() || !hash_first.empty()) {
        out += " (map '" + map + "'";
        if (!hash_first.empty()) out += ", key hashes " + hash_first + " to " + hash_last;
        out += ")";
    }
    return out + ": " + what;
}

namespace {

// The last row of a block that is gone.
struct LastRow {
    explicit LastRow(const Row& row)
        : hash(row.key_hash), removed(row.removed), key(row.key), tag(row.tag) {}
    Row view() const {
        Row row;
        row.key_hash = hash;
        row.removed = removed;
        row.key = key;
        row.tag = tag;
        return row;
    }
    std::uint32_t hash;
    bool removed;
    std::string key, tag;
};

struct MapEntry {
    DirectoryEntry directory;
    std::optional<BlockList> removed;  // loaded with `rows`
    std::optional<BlockList> rows;
    bool summary_loaded = false;
    bool sketch_loaded = false;
    bool facts_loaded = false;
    std::optional<LastRow> last_removed, last_row;  // while salvage scans
};

// Decoding a block does not look into values, which would halve its speed; a full check does.
Status check_value(const Row& row, Bytes& scratch) {
    if (row.value.empty()) return {};
    msgpack::Reader reader(row.value);
    scratch.clear();
    if (append_canonical(reader, scratch) && reader.at_end() && scratch == row.value) return {};
    return Error(Errc::bad_input, "block: a value is not in canonical form");
}

class Snapshot final : public SnapshotReader {
public:
    Snapshot(InputFile file, SnapshotOpen mode) : file_(std::move(file)), mode_(mode) {}

    Status load() {
        TOPGUN_TRY(check_header());
        if (mode_ == SnapshotOpen::salvage) return scan();
        auto directory = read_directory();
        if (!directory) return std::move(directory).error();
        for (auto& entry : *directory) {
            ids_.push_back(entry.facts.id);
            entries_.emplace_back().directory = std::move(entry);
        }
        return {};
    }

    const std::vector<MapId>& maps() const override { return ids_; }
    std::uint64_t file_bytes() const override { return file_.size(); }
    std::uint64_t bytes_read() const override { return file_.bytes_read(); }
    const std::vector<SnapshotDamage>& damage() const override { return damage_; }

    std::uint64_t blocks() const override {
        std::uint64_t count = 0;
        for (auto& entry : entries_) {
            if (load_index(entry)) count += entry.rows->size() + entry.removed->size();
        }
        return count;
    }

    Result<const MapFacts*> summary(const MapId& id) const override {
        auto* entry = find(id);
        if (entry == nullptr) return missing(id);
        const std::lock_guard lock(mutex_);
        if (!entry->summary_loaded) {
            Bytes raw;
            TOPGUN_TRY(read_frame(entry->directory.layout.expiry, FrameType::expiry, raw));
            TOPGUN_TRY(decode_expiry(raw, entry->directory.facts.expiry));
            TOPGUN_TRY(read_frame(entry->directory.layout.fields, FrameType::fields, raw));
            TOPGUN_TRY(decode_fields(raw, entry->directory.facts.fields));
            entry->summary_loaded = true;
        }
        return static_cast<const MapFacts*>(&entry->directory.facts);
    }

    Result<const MapFacts*> facts(const MapId& id) const override {
        auto summarised = summary(id);
        if (!summarised) return summarised;
        auto* entry = find(id);
        const std::lock_guard lock(mutex_);
        if (!entry->facts_loaded) {
            auto& facts = entry->directory.facts;
            const auto& layout = entry->directory.layout;
            Bytes raw;
            TOPGUN_TRY(read_frame(layout.leaf_sums, FrameType::leaf_sums, raw));
            auto trie = decode_leaf_sums(raw);
            if (!trie) return std::move(trie).error().within(file_.path());
            facts.trie = std::move(*trie);
            TOPGUN_TRY(read_frame(layout.leaf_content, FrameType::leaf_content, raw));
            TOPGUN_TRY(decode_leaf_content(raw, facts));
            TOPGUN_TRY(load_sketch(*entry));
            entry->facts_loaded = true;
        }
        return static_cast<const MapFacts*>(&entry->directory.facts);
    }

    Result<const Sketch*> sketch(const MapId& id) const override {
        auto* entry = find(id);
        if (entry == nullptr) return missing(id);
        const std::lock_guard lock(mutex_);
        TOPGUN_TRY(load_sketch(*entry));
        return static_cast<const Sketch*>(&entry->directory.facts.sketch);
    }

    Result<std::unique_ptr<RowCursor>> removed_tags(const MapId& id) const override;
    Result<std::unique_ptr<RowCursor>> rows(const MapId& id,
                                            std::vector<HashRange> ranges) const override;
    Result<std::vector<SnapshotDamage>> verify() const override;

    // For cursors.
    const InputFile& file() const { return file_; }

private:
    static Error missing(const MapId& id) {
        return Error(Errc::not_found, "map '" + id.name + "' (" +
                                          std::string(map_kind_name(id.kind)) +
                                          "): not in this snapshot");
    }
    Error damaged(std::string what) const {
        return Error(Errc::bad_input, std::move(what)).within(file_.path());
    }

    MapEntry* find(const MapId& id) const {
        const auto at = std::lower_bound(ids_.begin(), ids_.end(), id);
        if (at == ids_.end() || *at != id) return nullptr;
        return &entries_[static_cast<std::size_t>(at - ids_.begin())];
    }

    // @pre the caller holds mutex_.
    Status load_sketch(MapEntry& entry) const {
        if (entry.sketch_loaded) return {};
        Bytes raw;
        TOPGUN_TRY(read_frame(entry.directory.layout.sketch, FrameType::sketch, raw));
        auto sketch = Sketch::parse(raw);
        if (!sketch) return std::move(sketch).error().within(file_.path());
        entry.directory.facts.sketch = std::move(*sketch);
        entry.sketch_loaded = true;
        return {};
    }
    Status check_header();
    Result<std::vector<DirectoryEntry>> read_directory() const;
    Status read_frame(const FrameRef& ref, FrameType type, Bytes& raw) const;
    Status decode_frame(BytesView frame, const FrameRef& ref, FrameType type, Bytes& raw) const;
    Result<BlockIndex> read_index(const MapLayout& layout) const;
    Status load_index(MapEntry& entry) const;

    struct Findings;
    Status walk(Findings& findings) const;
    std::vector<Mark> indexed_marks(const std::vector<DirectoryEntry>& directory) const;
    Status scan();
    static void note_strays(const std::vector<Mark>& exact, Findings& findings);
    void adopt(const Mark& mark, const LastRow& first, const LastRow& last);
    Status gather_facts(const MapId& id, FactsBuilder& builder) const;
    Status verify_facts(const DirectoryEntry& entry) const;

    InputFile file_;
    SnapshotOpen mode_;
    std::vector<MapId> ids_;
    mutable std::vector<MapEntry> entries_;
    mutable std::mutex mutex_;  // guards what is loaded lazily into entries_
    std::vector<SnapshotDamage> damage_;
    bool header_damaged_ = false;
};

Status Snapshot::check_header() {
    Bytes header;
    if (file_.size() < kSnapshotHeader) {
        header_damaged_ = true;
        if (mode_ == SnapshotOpen::salvage && file_.size() > 0) return {};
        return damaged("not a snapshot: only " + std::to_string(file_.size()) + " bytes long");
    }
    TOPGUN_TRY(file_.read_at(0, kSnapshotHeader, header));
    const bool magic = BytesView(header).starts_with(kSnapshotMagic);
    if (!magic || load_le<std::uint32_t>(header.data() + 12) != header_check(header)) {
        header_damaged_ = true;
        // Salvage works from block headers, so a file that lost its start is still worth a scan.
        if (mode_ == SnapshotOpen::salvage) return {};
        if (!magic) return damaged("not a snapshot: the first bytes are not the .tgs magic");
        return damaged("the snapshot's header (bytes 0 to 16) is damaged. Try --salvage.");
    }
    const auto version = load_le<std::uint16_t>(header.data() + 8);
    const auto oldest_reader = load_le<std::uint16_t>(header.data() + 10);
    if (oldest_reader > kSnapshotVersion && mode_ == SnapshotOpen::strict) {
        return Error(Errc::unsupported_version,
                     "snapshot format version " + std::to_string(version) +
                         " needs a reader of version " + std::to_string(oldest_reader) +
                         " or later; this one reads up to version " +
                         std::to_string(kSnapshotVersion) + ". Install a newer topgun-cli.")
            .within(file_.path());
    }
    return {};
}

Result<std::vector<DirectoryEntry>> Snapshot::read_directory() const {
    if (file_.size() < kSnapshotHeader + kSnapshotFooter) {
        return damaged("the snapshot is cut off: no footer. Try --salvage.");
    }
    // The tail holds the footer and, nearly always, the whole directory.
    constexpr std::uint64_t kTail = 4 * 1024;
    const auto tail_size = std::min(kTail, file_.size());
    const auto tail_offset = file_.size() - tail_size;
    Bytes tail;
    TOPGUN_TRY(file_.read_at(tail_offset, tail_size, tail));
    const auto footer = BytesView(tail).substr(tail.size() - kSnapshotFooter);
    if (!footer.ends_with(kSnapshotEndMagic) ||
        load_le<std::uint64_t>(footer.data() + 24) != xxh3_64(footer.substr(0, 24))) {
        return damaged("the snapshot's footer at byte " +
                       std::to_string(file_.size() - kSnapshotFooter) +
                       " is damaged or cut off. Try --salvage.");
    }
    const FrameRef ref{load_le<std::uint64_t>(footer.data()),
                       load_le<std::uint64_t>(footer.data() + 8)};
    if (load_le<std::uint64_t>(footer.data() + 16) != file_.size()) {
        return damaged("the snapshot's footer is for a file of " +
                       std::to_string(load_le<std::uint64_t>(footer.data() + 16)) +
                       " bytes, this one has " + std::to_string(file_.size()) + ". Try --salvage.");
    }
    Bytes raw;
    const bool in_tail = ref.offset >= tail_offset && ref.offset <= file_.size() &&
                         ref.length <= file_.size() - ref.offset;
    if (in_tail) {
        const auto frame = BytesView(tail).substr(ref.offset - tail_offset, ref.length);
        TOPGUN_TRY(decode_frame(frame, ref, FrameType::directory, raw));
    } else {
        TOPGUN_TRY(read_frame(ref, FrameType::directory, raw));
    }
    auto directory = decode_directory(raw);
    if (!directory) return std::move(directory).error().within(file_.path());
    return directory;
}

Status Snapshot::read_frame(const FrameRef& ref, FrameType type, Bytes& raw) const {
    Bytes frame;
    TOPGUN_TRY(file_.read_at(ref.offset, ref.length, frame));
    return decode_frame(frame, ref, type, raw);
}

Status Snapshot::decode_frame(BytesView frame, const FrameRef& ref, FrameType type,
                              Bytes& raw) const {
    const auto fail = [&](Error error) -> Status {
        return std::move(error)
            .within("section at byte " + std::to_string(ref.offset))
            .within(file_.path());
    };
    // Making a context takes longer than unpacking a small section, of which each map has five.
    thread_local FrameDecoder decoder;
    auto header = decoder.decode(frame, raw);
    if (!header) return fail(std::move(header).error());
    if (header->type != type)
        return fail(Error(Errc::bad_input, "another section was expected there"));
    return {};
}

Result<BlockIndex> Snapshot::read_index(const MapLayout& layout) const {
    Bytes raw;
    TOPGUN_TRY(read_frame(layout.block_index, FrameType::block_index, raw));
    auto index = decode_block_index(raw, file_.size());
    if (!index) return std::move(index).error().within(file_.path());
    return index;
}

Status Snapshot::load_index(MapEntry& entry) const {
    const std::lock_guard lock(mutex_);
    if (entry.rows) return {};
    auto index = read_index(entry.directory.layout);
    if (!index) return std::move(index).error();
    BlockList removed, rows;
    removed.reserve(index->removed_lengths.size());
    rows.reserve(index->lengths.size());
    auto offset = index->offset;
    for (const auto length : index->removed_lengths) {
        removed.add({offset, static_cast<std::uint32_t>(length), 0});
        offset += length;
    }
    for (std::size_t i = 0; i < index->lengths.size(); ++i) {
        rows.add({offset, static_cast<std::uint32_t>(index->lengths[i]),
                  static_cast<std::uint32_t>(index->first_hashes[i])});
        offset += index->lengths[i];
    }
    entry.removed = std::move(removed);
    entry.rows = std::move(rows);
    return {};
}

Result<std::unique_ptr<RowCursor>> Snapshot::removed_tags(const MapId& id) const {
    auto* entry = find(id);
    if (entry == nullptr) return missing(id);
    TOPGUN_TRY(load_index(*entry));
    const BlockSource source{file_, entry->directory.facts.id, true, *entry->removed};
    return std::unique_ptr<RowCursor>(
        std::make_unique<SnapshotCursor>(source, std::vector<BlockRun>{{0, source.blocks.size()}},
                                         std::vector<HashRange>{HashRange{}}));
}

Result<std::unique_ptr<RowCursor>> Snapshot::rows(const MapId& id,
                                                  std::vector<HashRange> ranges) const {
    auto* entry = find(id);
    if (entry == nullptr) return missing(id);
    TOPGUN_TRY(load_index(*entry));
    const auto& all = *entry->rows;
    std::vector<BlockRun> wanted;
    std::size_t range = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        // A block reaches to the first hash of the next one, which may still hold the same hash.
        const auto last = i + 1 < all.size() ? all.first_hash(i + 1) : 0xffffffffu;
        while (range < ranges.size() && ranges[range].last < all.first_hash(i)) ++range;
        if (range == ranges.size()) break;
        if (ranges[range].first > last) continue;
        if (wanted.empty() || wanted.back().last != i) wanted.push_back({i, i});
        ++wanted.back().last;
    }
    const BlockSource source{file_, entry->directory.facts.id, false, all};
    return std::unique_ptr<RowCursor>(
        std::make_unique<SnapshotCursor>(source, std::move(wanted), std::move(ranges)));
}

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

}  // namespace

Result<std::unique_ptr<SnapshotReader>> SnapshotReader::open(const std::string& path,
                                                             SnapshotOpen mode,
                                                             const std::string& name) {
    auto file = InputFile::open(path, name);
    if (!file) return std::move(file).error();
    auto snapshot = std::make_unique<Snapshot>(std::move(*file), mode);
    TOPGUN_TRY(snapshot->load());
    return std::unique_ptr<SnapshotReader>(std::move(snapshot));
}

}  // namespace topgun
