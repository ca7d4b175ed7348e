// SPDX-License-Identifier: Apache-2.0
// What reconciliation must know of a map: an item for each record, their sums and coded symbols.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/merkle/sketch.hpp"
#include "topgun/merkle/trie.hpp"
#include "topgun/replica/row.hpp"
#include "topgun/storage/shared_replica.hpp"

namespace topgun::sync {

/// Items by leaf. Which leaves have changed follows from the trie, whose sums the map keeps anyway;
/// what the trie cannot tell (equal stamps, other content) must be marked. Sums and symbols are
/// corrected item by item, being linear, so that a refresh costs what has changed.
///
/// Memory: 16 bytes a record, 40 a removed tag, 32 a symbol, 150 KiB at least. Cost: see refresh().
/// Threads: one at a time; others may use the replica meanwhile.
class ItemIndex {
public:
    /// Leaves 0 to 4095 hold records by key hash, as those of the trie; of an OR-Map, 4096 to 8191
    /// hold removed tags.
    static constexpr std::size_t kLeaves = 4096;

    /// @param shared  outlives the index. Empty until the first refresh().
    /// @param first_revision  indexes of one map, made one after the other, must not share any.
    ItemIndex(SharedReplica& shared, MapId id, std::uint64_t first_revision = 0);

    /// Reads the leaves that have changed. @return rows read.
    /// Cost: about 150 ns a row of these leaves; 10 us when nothing has changed.
    Result<std::uint64_t> refresh();
    /// How many rows a refresh would read now, about.
    std::uint64_t stale_rows();
    /// A record below this hash has changed in a way that its stamp does not show.
    void mark(std::uint32_t key_hash) { marked_.insert(key_hash >> 20); }

    const MapId& id() const noexcept { return id_; }
    /// There has been a refresh.
    bool is_read() const noexcept { return read_; }
    /// Another one after each refresh that found something.
    std::uint64_t revision() const noexcept { return revision_; }
    const SetDigest& digest() const noexcept { return digest_; }
    /// At least so many symbols. Those once made are kept up to date from then on.
    const Sketch& symbols(std::size_t count);
    std::uint64_t records() const noexcept { return records_; }
    std::uint64_t removed() const noexcept { return removed_; }
    /// Of keys, values and tags.
    std::uint64_t bytes() const noexcept { return bytes_; }
    std::size_t leaves() const noexcept { return leaves_.size(); }
    /// Sorted.
    const std::vector<SketchItem>& items(std::size_t leaf) const { return leaves_[leaf].items; }
    /// The lower half of the sum of a leaf's contents.
    std::uint32_t leaf_sum(std::size_t leaf) const noexcept;
    std::uint64_t leaf_bytes(std::size_t leaf) const noexcept { return leaves_[leaf].bytes; }
    std::size_t memory() const noexcept;

    /// The leaf of an item, by its place.
    static std::size_t leaf_of(std::uint64_t place, bool removed) noexcept {
        return removed ? kLeaves + (place & (kLeaves - 1)) : static_cast<std::size_t>(place >> 52);
    }
    static std::uint64_t place_of(const Row& row) noexcept { return row_sketch_item(row, {}).key; }
    /// Visits the rows that stand at some places now, removed tags included; those that were there
    /// at the last refresh and are gone are passed over. Errors: those of `visit`.
    Status find(std::vector<std::uint64_t> places, const std::function<Status(const Row&)>& visit);
    /// Visits the rows of one leaf, as they are now.
    Status read_leaf(std::size_t leaf, const std::function<Status(const Row&)>& visit);

private:
    struct Leaf {
        std::vector<SketchItem> items;
        std::vector<std::string_view> tags;  // of removed tags, beside their items
        std::uint64_t bytes = 0;
    };
    Result<std::uint64_t> refresh_records();
    Result<std::uint64_t> refresh_removed();
    std::vector<std::uint32_t> dirty_leaves(const Trie& now) const;
    void replace(Leaf& leaf, Leaf fresh);
    std::size_t removed_now() const;

    SharedReplica& shared_;
    MapId id_;
    std::uint64_t revision_;
    bool read_ = false;
    std::vector<Leaf> leaves_;
    Trie known_;  // the trie when the leaves were read
    std::set<std::uint32_t> marked_;
    SetDigest digest_;
    Sketch symbols_{0};
    std::uint64_t records_ = 0;
    std::uint64_t removed_ = 0;
    std::uint64_t bytes_ = 0;
    Bytes scratch_;
};

}  // namespace topgun::sync
