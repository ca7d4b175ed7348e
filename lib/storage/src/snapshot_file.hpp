// SPDX-License-Identifier: Apache-2.0
// A snapshot file as it is being read: what is loaded of it so far, and how more gets there.
#pragma once

#include <algorithm>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "row_block.hpp"
#include "snapshot_cursor.hpp"
#include "snapshot_layout.hpp"
#include "snapshot_walk.hpp"
#include "topgun/base/file.hpp"
#include "topgun/storage/snapshot.hpp"

namespace topgun::storage {

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

}  // namespace topgun::storage
