// SPDX-License-Identifier: Apache-2.0
// The observed-remove map: tagged records per key, and one set of removed tags for the whole map.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "topgun/crdt/arena.hpp"
#include "topgun/crdt/key_index.hpp"
#include "topgun/crdt/node_table.hpp"
#include "topgun/crdt/op.hpp"

namespace topgun {

/// The hash of one key's records in the trie, as TopGun's client computes it: tags in UTF-16 order,
/// with value text, stamp and time to live. Tombstones play no part.
/// @param records  at least one, in any order.
/// Cost: O(bytes of the records).
TOPGUN_API std::uint32_t or_item_hash(std::string_view key, std::span<const OrRecord> records);

/// How one key's item in the trie changed.
struct OrChange {
    std::uint32_t key_hash = 0;
    bool had_item = false;
    bool has_item = false;
    std::uint32_t old_item = 0;
    std::uint32_t new_item = 0;
};

/// Pure merge; no clock and no I/O. A removed tag never comes back. For a tag that is there already
/// the newer stamp wins, then the greater content. Merging is commutative, associative, idempotent.
/// Item hashes are computed when asked for (collect_changes()), once per key however many of its
/// records changed: hashing at each add would cost O(n^2) for n adds to one key.
/// Threads: not synchronised; const members may run concurrently with each other.
class TOPGUN_API OrMap {
public:
    OrMap() = default;
    OrMap(OrMap&&) noexcept = default;
    OrMap& operator=(OrMap&&) noexcept = default;

    /// Adds one tagged record. `lost` when the tag is removed, or known with a newer stamp.
    Merged add(std::string_view key, const OrRecord& record);
    /// Marks a tag as removed, whether known or not. `replaced` when a record went away.
    Merged remove(std::string_view tag);

    bool is_removed(std::string_view tag) const;
    /// All records of a key, sorted by tag bytes; expired ones included. Empty when there are none.
    std::vector<OrRecord> find(std::string_view key) const;
    /// One record of a key. Cost: O(log of the key's records).
    std::optional<OrRecord> find_record(std::string_view key, std::string_view tag) const;
    /// A record with the key that holds it.
    struct KeyedRecord {
        std::string_view key;
        OrRecord record;
    };
    /// All records under a tag, sorted by key: one as a rule, more for a copied tag, none for an
    /// unknown or removed one. Texts stay readable as long as the map, whatever is merged.
    std::vector<KeyedRecord> find_tagged(std::string_view tag) const;

    /// Keys with at least one record, records, removed tags.
    std::size_t keys() const noexcept { return live_keys_; }
    std::size_t records() const noexcept { return records_; }
    std::size_t tombstones() const noexcept { return removed_; }
    std::size_t memory() const noexcept;

    /// Calls on_change(OrChange) for every key whose item changed since the last call.
    template <typename OnChange>
    void collect_changes(OnChange&& on_change) {
        for (const auto position : dirty_) {
            const auto change = rehash(position);
            if (change.had_item || change.has_item) on_change(change);
        }
        dirty_.clear();
    }

    /// Visits keys with records in trie order: visit(key, key_hash, records sorted by tag).
    template <typename Visit>
    void for_each_sorted(Visit&& visit) const {
        std::vector<OrRecord> buffer;
        for (const auto position : sorted_positions()) {
            view_records(position, buffer);
            if (!buffer.empty()) visit(key_at(position), key_hash_at(position), buffer);
        }
    }
    /// Removed tags sorted by bytes.
    std::vector<std::string_view> sorted_tombstones() const;

    // Access by position, for readers that work through ranges of the trie.
    std::vector<std::uint32_t> sorted_positions() const;
    std::string_view key_at(std::uint32_t p) const { return {keys_[p].key, keys_[p].key_size}; }
    std::uint32_t key_hash_at(std::uint32_t p) const { return keys_[p].key_hash; }
    void view_records(std::uint32_t position, std::vector<OrRecord>& out) const;
    // The same in any order, for readers that go in steps while the map changes in between:
    // positions of keys and tags are never given up or moved, and texts stay where they are.
    std::size_t position_count() const noexcept { return keys_.size(); }
    std::size_t tag_count() const noexcept { return tags_.size(); }
    bool is_removed_at(std::uint32_t tag) const { return tags_[tag].removed; }
    std::string_view tag_at(std::uint32_t tag) const { return tag_text(tag); }

private:
    struct Record {
        std::uint32_t tag;  // position in tags_
        std::uint32_t value_size;
        const char* value;
        std::uint64_t millis;
        std::uint64_t ttl_ms;
        std::uint32_t counter;
        NodeTable::Id node;
    };
    struct Key {
        const char* key;
        std::uint32_t key_size;
        std::uint32_t key_hash;
        std::uint32_t item = 0;
        bool has_item = false;
        bool dirty = false;
        std::vector<Record> records;  // sorted by tag bytes
    };
    struct Tag {
        const char* tag;
        std::uint32_t size;
        std::uint32_t key = KeyIndex::kNone;  // the one key that holds it
        bool removed = false;
        bool shared = false;  // further keys hold it too; see other_keys_
    };

    std::uint32_t find_key(std::string_view key) const;
    std::uint32_t key_position(std::string_view key);
    std::uint32_t find_tag(std::string_view tag) const;
    std::uint32_t tag_position(std::string_view tag);
    std::string_view tag_text(std::uint32_t position) const {
        return {tags_[position].tag, tags_[position].size};
    }
    std::size_t lower_bound(const Key& key, std::string_view tag) const;
    void link(std::uint32_t tag, std::uint32_t key);
    bool drop(std::uint32_t key, std::uint32_t tag);
    void mark_dirty(std::uint32_t key);
    OrRecord view(const Record& record) const;
    OrChange rehash(std::uint32_t position);

    std::vector<Key> keys_;
    std::vector<Tag> tags_;
    KeyIndex key_index_;
    KeyIndex tag_index_;
    // A tag belongs to one add, so to one key; a forged or copied one may stand under several.
    std::unordered_multimap<std::uint32_t, std::uint32_t> other_keys_;
    std::vector<std::uint32_t> dirty_;
    NodeTable nodes_;
    Arena arena_;
    std::size_t records_ = 0;
    std::size_t live_keys_ = 0;
    std::size_t removed_ = 0;
};

}  // namespace topgun
