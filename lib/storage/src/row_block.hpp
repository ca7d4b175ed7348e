// SPDX-License-Identifier: Apache-2.0
// A block of rows as columns: like stands beside like, so it packs small and scans fast.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "packed.hpp"
#include "topgun/base/error.hpp"
#include "topgun/crdt/node_table.hpp"
#include "topgun/replica/row.hpp"

namespace topgun::storage {

// Flags of a row.
inline constexpr std::uint64_t kTombstone = 1;   // no value
inline constexpr std::uint64_t kSameKey = 2;     // the key of the row before
inline constexpr std::uint64_t kTagIsStamp = 4;  // the tag is the stamp's text, as clients make it
inline constexpr std::uint64_t kHasTtl = 8;

/// Gathers rows of one map until the block is full.
class RowBlockBuilder {
public:
    void start(const MapId& map);
    /// @pre rows ascend. Copies what it needs.
    void add(const Row& row);
    bool empty() const noexcept { return rows_ == 0; }
    /// Bytes gathered so far, counted the same way whatever the machine.
    std::size_t size() const noexcept { return size_; }
    std::uint32_t rows() const noexcept { return rows_; }
    std::uint32_t first_hash() const noexcept { return first_hash_; }
    bool holds_removed() const noexcept { return removed_; }
    /// The last row's key, valid until the next change. @pre the block holds rows, no removed tags.
    std::string_view last_key() const noexcept {
        return BytesView(keys_).substr(keys_.size() - key_size_.back());
    }
    /// Visits the rows gathered, as views into this. @pre the map is an LWW map.
    template <typename Visit>
    void for_each_lww(Visit&& visit) const;
    /// Writes the block and empties the builder for the next one.
    void finish(Bytes& raw);

private:
    std::uint64_t node(std::string_view name);
    void clear();

    MapId map_;
    bool removed_ = false;
    std::uint32_t rows_ = 0;
    std::uint32_t first_hash_ = 0;
    std::size_t size_ = 0;
    std::vector<std::string> nodes_;
    std::array<std::size_t, kRecentNodes> seen_nodes_{};  // where they stand in nodes_
    std::vector<std::uint32_t> key_hashes_;
    std::vector<std::uint64_t> flags_, node_of_, millis_, counter_, ttl_, key_size_, tag_size_,
        value_size_;
    Bytes keys_, tags_, values_;
    std::string tag_text_;
};

/// A decoded block. Rows point into `raw`, which must stay, and into this.
struct RowBlock {
    MapId map;
    std::vector<Row> rows;

    /// Errors: bad_input for what a builder would not have written: wrong order, texts that are not
    /// UTF-8, numbers out of range. Values are not looked into.
    Status decode(BytesView raw, bool removed_tags);

private:
    struct Texts {
        BytesView keys, tags, values;
    };
    Status read_head(PackedReader& in, BytesView raw);
    Status read_columns(PackedReader& in, BytesView raw, Texts& texts);
    Status build_rows(Texts texts);

    bool removed_ = false;
    std::vector<std::string_view> nodes_;
    std::vector<std::uint64_t> flags_, node_of_, millis_, counter_, ttl_, key_size_, tag_size_,
        value_size_;
    std::string stamp_text_;
    Bytes tag_text_;  // tags that are stamps, one after the other, ending at tag_ends_
    std::vector<std::size_t> tag_ends_;
};

template <typename Visit>
void RowBlockBuilder::for_each_lww(Visit&& visit) const {
    TOPGUN_ASSERT(map_.kind == MapKind::lww, "each row of an LWW map has a key of its own");
    BytesView keys = keys_, values = values_;
    std::size_t ttls = 0, sizes = 0;
    for (std::size_t i = 0; i < rows_; ++i) {
        Row row;
        row.key = keys.substr(0, key_size_[i]);
        keys.remove_prefix(key_size_[i]);
        row.key_hash = key_hashes_[i];
        row.stamp = {millis_[i], static_cast<std::uint32_t>(counter_[i]), nodes_[node_of_[i]]};
        if ((flags_[i] & kHasTtl) != 0) row.ttl_ms = ttl_[ttls++];
        if ((flags_[i] & kTombstone) == 0) {
            row.value = values.substr(0, value_size_[sizes]);
            values.remove_prefix(value_size_[sizes++]);
        }
        visit(row);
    }
}

}  // namespace topgun::storage
