// SPDX-License-Identifier: Apache-2.0
// TopGun's hash trie over a map's keys, kept as flat sums so that an update costs one addition.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/base/hash.hpp"

namespace topgun {

/// A 16-ary prefix trie over the eight hex digits of fnv1a(key). A node's hash is the sum of
/// mix(child); a leaf's is the sum of mix(item). Only the leaves are kept, in one array, because a
/// sum can be corrected in place: leaf += mix(new) - mix(old). Upper levels are folded on demand.
///
/// The peers' trie has depth 3 (4096 leaves); any depth from 0 to 6 works here.
/// Memory: 8 bytes a leaf. Threads: not synchronised; const members may run concurrently.
/// Source: TopGun packages/core/src/MerkleTree.ts, client form (one trie over all keys of a map).
class TOPGUN_API Trie {
public:
    static constexpr unsigned kWireDepth = 3;
    static constexpr unsigned kMaxDepth = 6;

    explicit Trie(unsigned depth = kWireDepth);
    /// A trie from leaf sums and key counts, such as a snapshot stores them.
    /// @pre both have 16^depth elements.
    Trie(unsigned depth, std::vector<std::uint32_t> sums, std::vector<std::uint32_t> counts);

    unsigned depth() const noexcept { return depth_; }
    std::size_t leaf_count() const noexcept { return sums_.size(); }
    std::size_t leaf_of(std::uint32_t key_hash) const noexcept {
        return depth_ == 0 ? 0 : key_hash >> (32 - 4 * depth_);
    }

    // O(1) each.
    void add(std::uint32_t key_hash, std::uint32_t item) noexcept {
        const auto leaf = leaf_of(key_hash);
        sums_[leaf] += mix(item);
        ++counts_[leaf];
    }
    void replace(std::uint32_t key_hash, std::uint32_t old_item, std::uint32_t new_item) noexcept {
        sums_[leaf_of(key_hash)] += mix(new_item) - mix(old_item);
    }
    void remove(std::uint32_t key_hash, std::uint32_t item) noexcept {
        const auto leaf = leaf_of(key_hash);
        sums_[leaf] -= mix(item);
        --counts_[leaf];
    }
    /// Adds another trie of the same depth: the fold of partitions into the client's one trie.
    void add(const Trie& other);

    /// 0 for an empty trie. Cost: O(leaves), about 5 us at depth 3.
    std::uint32_t root() const;
    /// Hash of the node at `path` (hex digits, "" is the root). Errors: usage for a bad path.
    Result<std::uint32_t> node(std::string_view path) const;
    struct Bucket {
        char label;  ///< '0'..'9', 'a'..'f'.
        std::uint32_t hash;
    };
    /// Children of an inner node that hold keys, in label order. Empty for a leaf.
    Result<std::vector<Bucket>> buckets(std::string_view path) const;
    /// Keys below `path`.
    Result<std::uint64_t> keys(std::string_view path) const;

    /// Equal depth, leaf hashes and key counts.
    bool operator==(const Trie&) const = default;

    std::span<const std::uint32_t> leaf_sums() const noexcept { return sums_; }
    std::span<const std::uint32_t> leaf_keys() const noexcept { return counts_; }

private:
    struct Range {
        std::size_t first, count;
        unsigned level;
    };
    Result<Range> range_of(std::string_view path) const;
    std::uint32_t fold(std::size_t first, std::size_t count, unsigned level) const;

    unsigned depth_;
    std::vector<std::uint32_t> sums_;
    std::vector<std::uint32_t> counts_;
};

/// Leaves in which two tries of one depth differ, ascending. Cost: O(leaves).
TOPGUN_API std::vector<std::uint32_t> differing_leaves(const Trie& a, const Trie& b);

/// The path of a leaf as hex digits: 0x42e at depth 3 is "42e".
TOPGUN_API std::string leaf_path(std::size_t leaf, unsigned depth);

}  // namespace topgun
