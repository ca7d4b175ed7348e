// SPDX-License-Identifier: Apache-2.0
// Reads a snapshot from its end: footer, directory, then only the blocks that are asked for.
#include <algorithm>
#include <mutex>
#include <optional>

#include "row_block.hpp"
#include "snapshot_layout.hpp"
#include "topgun/base/file.hpp"
#include "topgun/storage/snapshot.hpp"

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

std::string hash_text(std::uint64_t hash) {
    std::string out(8, '0');
    for (std::size_t i = 8; i-- > 0; hash >>= 4) out[i] = "0123456789abcdef"[hash & 15];
    return out;
}

// One block as the index knows it.
struct BlockRef {
    FrameRef frame;
    std::uint32_t first_hash = 0;
};

struct MapEntry {
    DirectoryEntry directory;
    std::optional<std::vector<BlockRef>> removed;  // loaded with `rows`
    std::optional<std::vector<BlockRef>> rows;
    bool summary_loaded = false;
    bool facts_loaded = false;
};

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
            entries_.push_back({std::move(entry), {}, {}, false, false});
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
            TOPGUN_TRY(read_frame(layout.sketch, FrameType::sketch, raw));
            auto sketch = Sketch::parse(raw);
            if (!sketch) return std::move(sketch).error().within(file_.path());
            facts.sketch = std::move(*sketch);
            entry->facts_loaded = true;
        }
        return static_cast<const MapFacts*>(&entry->directory.facts);
    }

    Result<std::unique_ptr<RowCursor>> removed_tags(const MapId& id) const override;
    Result<std::unique_ptr<RowCursor>> rows(const MapId& id,
                                            std::vector<HashRange> ranges) const override;
    Result<std::vector<SnapshotDamage>> verify() const override;

    // For cursors.
    const InputFile& file() const { return file_; }

private:
    static Error missing(const MapId& id) {
        return Error(Errc::not_found, "map '" + id.name + "' (" + std::string(map_kind_name(id.kind)) +
                                          "): not in this snapshot");
    }
    Error damaged(std::string what) const { return Error(Errc::bad_input, std::move(what)).within(file_.path()); }

    MapEntry* find(const MapId& id) const {
        const auto at = std::lower_bound(ids_.begin(), ids_.end(), id);
        if (at == ids_.end() || *at != id) return nullptr;
        return &entries_[static_cast<std::size_t>(at - ids_.begin())];
    }

    Status check_header() const;
    Result<std::vector<DirectoryEntry>> read_directory() const;
    Status read_frame(const FrameRef& ref, FrameType type, Bytes& raw) const;
    Status load_index(MapEntry& entry) const;
    Status scan();
    Status finish_scan();
    std::vector<SnapshotDamage> name_damage(std::vector<SnapshotDamage> damage) const;

    InputFile file_;
    SnapshotOpen mode_;
    std::vector<MapId> ids_;
    mutable std::vector<MapEntry> entries_;
    mutable std::mutex mutex_;  // guards what is loaded lazily into entries_
    std::vector<SnapshotDamage> damage_;
};

// Reads blocks one after the other, some at a time, and filters rows by range.
class SnapshotCursor final : public RowCursor {
public:
    SnapshotCursor(const InputFile& file, MapId map, bool removed_tags, std::vector<BlockRef> blocks,
                   std::vector<HashRange> ranges)
        : file_(file), map_(std::move(map)), removed_(removed_tags), blocks_(std::move(blocks)),
          ranges_(std::move(ranges)),
          everything_(ranges_.size() == 1 && ranges_[0].first == 0 && ranges_[0].last == 0xffffffffu) {}

    Result<std::span<const Row>> next() override {
        while (at_ < blocks_.size()) {
            auto loaded = load(blocks_[at_]);
            if (!loaded) return std::move(loaded).error();
            ++at_;
            if (!removed_ && !block_.rows.empty()) TOPGUN_TRY(check_order());
            if (everything_ || removed_) {
                if (!block_.rows.empty()) return std::span<const Row>(block_.rows);
                continue;
            }
            filter();
            if (!kept_.empty()) return std::span<const Row>(kept_);
        }
        return std::span<const Row>();
    }

private:
    static constexpr std::uint64_t kReadAhead = 512 * 1024;

    Status load(const BlockRef& block) {
        // Read neighbours together: one system call for some dozens of blocks.
        if (block.frame.offset < ahead_offset_ ||
            block.frame.offset + block.frame.length > ahead_offset_ + ahead_.size()) {
            std::uint64_t end = block.frame.offset + block.frame.length;
            for (auto next = at_ + 1; next < blocks_.size(); ++next) {
                const auto& other = blocks_[next].frame;
                if (other.offset != end || other.offset + other.length - block.frame.offset > kReadAhead) {
                    break;
                }
                end += other.length;
            }
            ahead_offset_ = block.frame.offset;
            TOPGUN_TRY(file_.read_at(ahead_offset_, end - ahead_offset_, ahead_));
        }
        const auto frame = BytesView(ahead_).substr(block.frame.offset - ahead_offset_,
                                                    block.frame.length);
        const auto fail = [&](Error error) -> Status {
            return std::move(error)
                .within("map '" + map_.name + "', block at byte " + std::to_string(block.frame.offset) +
                        " (key hashes from " + hash_text(block.first_hash) + ")")
                .within(file_.path());
        };
        auto header = decoder_.decode(frame, raw_);
        if (!header) return fail(std::move(header).error());
        if (auto decoded = block_.decode(raw_, removed_); !decoded) {
            return fail(std::move(decoded).error());
        }
        if (block_.map != map_) return fail(Error(Errc::bad_input, "the block belongs to another map"));
        return {};
    }

    Status check_order() {
        const auto& first = block_.rows.front();
        if (any_ && (first.key_hash < last_hash_ ||
                     (first.key_hash == last_hash_ &&
                      (first.key < last_key_ || (first.key == last_key_ && first.tag <= last_tag_))))) {
            return Error(Errc::bad_input, "map '" + map_.name + "': blocks are out of order")
                .within(file_.path());
        }
        const auto& last = block_.rows.back();
        any_ = true;
        last_hash_ = last.key_hash;
        last_key_ = last.key;
        last_tag_ = last.tag;
        return {};
    }

    void filter() {
        kept_.clear();
        for (const auto& row : block_.rows) {
            while (range_ < ranges_.size() && ranges_[range_].last < row.key_hash) ++range_;
            if (range_ == ranges_.size()) break;
            if (row.key_hash >= ranges_[range_].first) kept_.push_back(row);
        }
    }

    const InputFile& file_;
    MapId map_;
    bool removed_;
    std::vector<BlockRef> blocks_;
    std::vector<HashRange> ranges_;
    bool everything_;
    std::size_t at_ = 0;
    std::size_t range_ = 0;
    std::uint64_t ahead_offset_ = 0;
    Bytes ahead_, raw_;
    FrameDecoder decoder_;
    RowBlock block_;
    std::vector<Row> kept_;
    bool any_ = false;
    std::uint32_t last_hash_ = 0;
    std::string last_key_, last_tag_;
};

Status Snapshot::check_header() const {
    Bytes header;
    if (file_.size() < kSnapshotHeader) {
        return damaged("not a snapshot: only " + std::to_string(file_.size()) + " bytes long");
    }
    TOPGUN_TRY(file_.read_at(0, kSnapshotHeader, header));
    if (!BytesView(header).starts_with(kSnapshotMagic)) {
        // Salvage works from block headers, so a file that lost its start is still worth a scan.
        if (mode_ == SnapshotOpen::salvage) return {};
        return damaged("not a snapshot: the first bytes are not the .tgs magic");
    }
    if (load_le<std::uint32_t>(header.data() + 12) != header_check(header)) {
        if (mode_ == SnapshotOpen::salvage) return {};
        return damaged("the snapshot's header (bytes 0 to 16) is damaged. Try --salvage.");
    }
    const auto version = load_le<std::uint16_t>(header.data() + 8);
    const auto oldest_reader = load_le<std::uint16_t>(header.data() + 10);
    if (oldest_reader > kSnapshotVersion && mode_ == SnapshotOpen::strict) {
        return Error(Errc::unsupported_version,
                     "snapshot format version " + std::to_string(version) + " needs a reader of version " +
                         std::to_string(oldest_reader) + " or later; this one reads up to version " +
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
    constexpr std::uint64_t kTail = 16 * 1024;
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
    const FrameRef ref{load_le<std::uint64_t>(footer.data()), load_le<std::uint64_t>(footer.data() + 8)};
    if (load_le<std::uint64_t>(footer.data() + 16) != file_.size()) {
        return damaged("the snapshot's footer is for a file of " +
                       std::to_string(load_le<std::uint64_t>(footer.data() + 16)) + " bytes, this one has " +
                       std::to_string(file_.size()) + ". Try --salvage.");
    }
    Bytes raw;
    if (ref.offset >= tail_offset && ref.offset + ref.length <= file_.size() && ref.length >= kFrameHeader) {
        FrameDecoder decoder;
        auto header = decoder.decode(BytesView(tail).substr(ref.offset - tail_offset, ref.length), raw);
        if (!header) {
            return std::move(header).error().within("the directory at byte " + std::to_string(ref.offset))
                .within(file_.path());
        }
    } else {
        TOPGUN_TRY(read_frame(ref, FrameType::directory, raw));
    }
    auto directory = decode_directory(raw);
    if (!directory) return std::move(directory).error().within(file_.path());
    return directory;
}

Status Snapshot::read_frame(const FrameRef& ref, FrameType type, Bytes& raw) const {
    const auto fail = [&](Error error) -> Status {
        return std::move(error).within("section at byte " + std::to_string(ref.offset)).within(file_.path());
    };
    Bytes frame;
    if (ref.length < kFrameHeader || ref.length > file_.size()) {
        return fail(Error(Errc::bad_input, "its length is impossible"));
    }
    TOPGUN_TRY(file_.read_at(ref.offset, ref.length, frame));
    FrameDecoder decoder;
    auto header = decoder.decode(frame, raw);
    if (!header) return fail(std::move(header).error());
    if (header->type != type) return fail(Error(Errc::bad_input, "another section was expected there"));
    return {};
}

Status Snapshot::load_index(MapEntry& entry) const {
    const std::lock_guard lock(mutex_);
    if (entry.rows) return {};
    Bytes raw;
    TOPGUN_TRY(read_frame(entry.directory.layout.block_index, FrameType::block_index, raw));
    auto index = decode_block_index(raw);
    if (!index) return std::move(index).error().within(file_.path());
    std::vector<BlockRef> removed, rows;
    auto offset = index->offset;
    for (const auto length : index->removed_lengths) {
        removed.push_back({{offset, length}, 0});
        offset += length;
    }
    for (std::size_t i = 0; i < index->lengths.size(); ++i) {
        rows.push_back({{offset, index->lengths[i]}, static_cast<std::uint32_t>(index->first_hashes[i])});
        offset += index->lengths[i];
    }
    if (offset > file_.size()) return damaged("the block index points behind the end of the file");
    entry.removed = std::move(removed);
    entry.rows = std::move(rows);
    return {};
}

Result<std::unique_ptr<RowCursor>> Snapshot::removed_tags(const MapId& id) const {
    auto* entry = find(id);
    if (entry == nullptr) return missing(id);
    TOPGUN_TRY(load_index(*entry));
    return std::unique_ptr<RowCursor>(std::make_unique<SnapshotCursor>(
        file_, id, true, *entry->removed, std::vector<HashRange>{HashRange{}}));
}

Result<std::unique_ptr<RowCursor>> Snapshot::rows(const MapId& id, std::vector<HashRange> ranges) const {
    auto* entry = find(id);
    if (entry == nullptr) return missing(id);
    TOPGUN_TRY(load_index(*entry));
    const auto& all = *entry->rows;
    std::vector<BlockRef> wanted;
    std::size_t range = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        // A block reaches to the first hash of the next one, which may still hold the same hash.
        const auto last = i + 1 < all.size() ? all[i + 1].first_hash : 0xffffffffu;
        while (range < ranges.size() && ranges[range].last < all[i].first_hash) ++range;
        if (range == ranges.size()) break;
        if (ranges[range].first <= last) wanted.push_back(all[i]);
    }
    return std::unique_ptr<RowCursor>(std::make_unique<SnapshotCursor>(
        file_, id, false, std::move(wanted), std::move(ranges)));
}

// Walks the file frame by frame, trusting nothing but each frame's own checks.
template <typename OnBlock, typename OnDamage>
Status walk_frames(const InputFile& file, OnBlock&& on_block, OnDamage&& on_damage) {
    constexpr std::uint64_t kWindow = std::uint64_t{4} << 20;
    FrameDecoder decoder;
    Bytes window, frame, raw;
    std::uint64_t window_offset = 0;
    const auto end = file.size();
    std::uint64_t at = std::min<std::uint64_t>(kSnapshotHeader, end);
    std::uint64_t damage_start = 0;
    bool in_damage = false;
    const auto close_damage = [&](std::uint64_t until) {
        if (in_damage) on_damage(damage_start, until - damage_start, "no block can be recognised");
        in_damage = false;
    };
    const auto view = [&](std::uint64_t from, std::uint64_t length) -> Result<BytesView> {
        if (from < window_offset || from + length > window_offset + window.size()) {
            window_offset = from;
            TOPGUN_TRY(file.read_at(from, std::min(std::max(kWindow, length), end - from), window));
        }
        return BytesView(window).substr(from - window_offset, length);
    };
    while (at < end) {
        if (end - at == kSnapshotFooter) {
            auto tail = view(at, kSnapshotFooter);
            if (!tail) return std::move(tail).error();
            if (tail->ends_with(kSnapshotEndMagic)) {
                close_damage(at);
                const bool sound = load_le<std::uint64_t>(tail->data() + 24) == xxh3_64(tail->substr(0, 24));
                if (!sound) on_damage(at, kSnapshotFooter, "the footer's checksum differs");
                return {};
            }
        }
        if (end - at < kFrameHeader) break;
        auto head = view(at, kFrameHeader);
        if (!head) return std::move(head).error();
        const auto header = parse_frame_header(*head);
        if (!header) {
            if (!in_damage) damage_start = at;
            in_damage = true;
            // On to the next place where the magic stands within the window.
            auto rest = view(at, std::min(kWindow, end - at));
            if (!rest) return std::move(rest).error();
            char magic[4];
            store_le(magic, kFrameMagic);
            const auto found = rest->find(BytesView(magic, 4), 1);
            at += found == BytesView::npos ? std::max<std::uint64_t>(1, rest->size() - 3) : found;
            continue;
        }
        close_damage(at);
        const auto length = kFrameHeader + std::uint64_t{header->stored};
        if (length > end - at) {
            on_damage(at, end - at, "the file ends inside a block");
            return {};
        }
        auto bytes = view(at, length);
        if (!bytes) return std::move(bytes).error();
        auto decoded = decoder.decode(*bytes, raw);
        if (!decoded) {
            on_damage(at, length, decoded.error().text());
        } else {
            on_block(FrameRef{at, length}, *decoded, raw);
        }
        at += length;
    }
    if (in_damage) {
        close_damage(end);
    } else {
        on_damage(std::min(at, end), end - std::min(at, end), "the footer is missing");
    }
    return {};
}

Status Snapshot::scan() {
    RowBlock block;
    auto walked = walk_frames(
        file_,
        [&](const FrameRef& ref, const FrameHeader& header, BytesView raw) {
            const bool removed = header.type == FrameType::removed_tags;
            if (!removed && header.type != FrameType::rows) return;
            if (auto decoded = block.decode(raw, removed); !decoded) {
                damage_.push_back({ref.offset, ref.length, decoded.error().text(), {}, {}, {}});
                return;
            }
            if (block.rows.empty()) return;
            auto at = std::lower_bound(ids_.begin(), ids_.end(), block.map);
            const auto position = at - ids_.begin();
            if (at == ids_.end() || *at != block.map) {
                ids_.insert(at, block.map);
                MapEntry entry;
                entry.directory.facts.id = block.map;
                entry.removed.emplace();
                entry.rows.emplace();
                entries_.insert(entries_.begin() + position, std::move(entry));
            }
            auto& entry = entries_[static_cast<std::size_t>(position)];
            (removed ? entry.removed : entry.rows)->push_back({ref, block.rows.front().key_hash});
        },
        [&](std::uint64_t offset, std::uint64_t length, std::string what) {
            damage_.push_back({offset, length, std::move(what), {}, {}, {}});
        });
    TOPGUN_TRY(std::move(walked));
    damage_ = name_damage(std::move(damage_));
    return finish_scan();
}

// Facts as stored may be damaged or describe lost blocks: count what is really there.
Status Snapshot::finish_scan() {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        FactsBuilder builder(ids_[i]);
        const auto take = [&builder](const Row& row) { builder.add(row); };
        auto removed = removed_tags(ids_[i]);
        if (!removed) return std::move(removed).error();
        TOPGUN_TRY(for_each_row(**removed, take));
        auto all = StateReader::rows(ids_[i]);
        if (!all) return std::move(all).error();
        TOPGUN_TRY(for_each_row(**all, take));
        entries_[i].directory.facts = builder.finish();
        entries_[i].summary_loaded = entries_[i].facts_loaded = true;
    }
    return {};
}

// Says which map and which key hashes a damaged stretch may have held, from its sound neighbours.
std::vector<SnapshotDamage> Snapshot::name_damage(std::vector<SnapshotDamage> damage) const {
    struct Known {
        std::uint64_t offset, end;
        const MapId* map;
        std::uint32_t first_hash;
    };
    std::vector<Known> known;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (!entries_[i].rows) continue;
        for (const auto& block : *entries_[i].rows) {
            known.push_back({block.frame.offset, block.frame.offset + block.frame.length, &ids_[i],
                             block.first_hash});
        }
    }
    std::sort(known.begin(), known.end(), [](const Known& a, const Known& b) { return a.offset < b.offset; });
    for (auto& stretch : damage) {
        const auto after = std::lower_bound(
            known.begin(), known.end(), stretch.offset,
            [](const Known& block, std::uint64_t offset) { return block.offset < offset; });
        if (after == known.end() && known.empty()) continue;
        const bool has_before = after != known.begin();
        const bool has_after = after != known.end();
        // Behind the last block lie sections that hold no rows.
        const bool exact = has_after && after->offset == stretch.offset;
        if (!has_after) continue;
        stretch.map = (has_before && !exact ? (after - 1)->map : after->map)->name;
        const bool same_map = has_before && (after - 1)->map == after->map;
        stretch.hash_first = hash_text(exact ? after->first_hash : same_map ? (after - 1)->first_hash : 0);
        const auto next = exact ? after + 1 : after;
        stretch.hash_last = next != known.end() && next->map == after->map ? hash_text(next->first_hash)
                                                                          : "ffffffff";
    }
    return damage;
}

Result<std::vector<SnapshotDamage>> Snapshot::verify() const {
    for (auto& entry : entries_) {
        // A damaged index is itself among what the walk finds.
        (void)load_index(entry).has_value();
    }
    std::vector<SnapshotDamage> damage;
    Bytes header;
    TOPGUN_TRY(file_.read_at(0, std::min<std::uint64_t>(kSnapshotHeader, file_.size()), header));
    if (header.size() < kSnapshotHeader || !BytesView(header).starts_with(kSnapshotMagic) ||
        load_le<std::uint32_t>(header.data() + 12) != header_check(header)) {
        damage.push_back({0, kSnapshotHeader, "the file header is damaged", {}, {}, {}});
    }
    RowBlock block;
    TOPGUN_TRY(walk_frames(
        file_,
        [&](const FrameRef& ref, const FrameHeader& frame, BytesView raw) {
            const bool removed = frame.type == FrameType::removed_tags;
            if (!removed && frame.type != FrameType::rows) return;
            if (auto decoded = block.decode(raw, removed); !decoded) {
                damage.push_back({ref.offset, ref.length, decoded.error().text(), {}, {}, {}});
            }
        },
        [&](std::uint64_t offset, std::uint64_t length, std::string what) {
            damage.push_back({offset, length, std::move(what), {}, {}, {}});
        }));
    return name_damage(std::move(damage));
}

}  // namespace

Result<std::unique_ptr<SnapshotReader>> SnapshotReader::open(const std::string& path, SnapshotOpen mode) {
    auto file = InputFile::open(path);
    if (!file) return std::move(file).error();
    auto snapshot = std::make_unique<Snapshot>(std::move(*file), mode);
    TOPGUN_TRY(snapshot->load());
    return std::unique_ptr<SnapshotReader>(std::move(snapshot));
}

}  // namespace topgun
