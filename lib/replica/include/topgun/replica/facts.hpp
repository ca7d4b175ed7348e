// SPDX-License-Identifier: Apache-2.0
// What is worth knowing about a map without reading it again: counts, clocks, sums, sketch.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "topgun/crdt/lww_map.hpp"
#include "topgun/merkle/sketch.hpp"
#include "topgun/merkle/trie.hpp"
#include "topgun/replica/fields.hpp"
#include "topgun/replica/row.hpp"

namespace topgun {

/// How many records expire when. Exact up to kMaxBuckets distinct times; then times are rounded up
/// to a power of two of milliseconds, as small as will do, so the size stays bounded.
class TOPGUN_API ExpiryHistogram {
public:
    static constexpr std::size_t kMaxBuckets = 16'384;

    /// @param expires_ms  wall time of the record's last visible millisecond.
    void add(std::uint64_t expires_ms) { add_bucket(expires_ms, 1); }
    /// Adds all that `other` has counted; the result is that of counting everything in one.
    void add(const ExpiryHistogram& other);
    /// Records whose time is strictly before `now_ms`, within resolution_ms().
    std::uint64_t expired(std::uint64_t now_ms) const;
    std::uint64_t total() const noexcept { return total_; }
    /// 1 when exact.
    std::uint64_t resolution_ms() const noexcept { return std::uint64_t{1} << shift_; }

    /// Sorted (bucket start, count) pairs and back, for storage.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> buckets() const;
    void restore(unsigned shift,
                 const std::vector<std::pair<std::uint64_t, std::uint64_t>>& buckets);
    unsigned shift() const noexcept { return shift_; }
    bool operator==(const ExpiryHistogram& other) const;

private:
    // A hash table with open addressing: half a million separate nodes would leave the heap in
    // pieces. An empty slot counts no records.
    struct Slot {
        std::uint64_t bucket = 0;  // time >> shift_
        std::uint64_t records = 0;
    };
    void add_bucket(std::uint64_t expires_ms, std::uint64_t count);
    Slot& slot_of(std::uint64_t bucket);
    void rebuild(std::size_t slots, unsigned coarser);

    std::vector<Slot> slots_;  // a power of two of them, at most three quarters of them in use
    std::size_t used_ = 0;
    unsigned shift_ = 0;
    std::uint64_t total_ = 0;
};

/// One node's part in a map.
struct NodeFacts {
    std::uint64_t records = 0;     ///< Rows stamped by the node, tombstones included.
    std::uint64_t tombstones = 0;  ///< LWW tombstones among them.
    std::uint64_t bytes = 0;       ///< Keys and values.
    Timestamp first;
    Timestamp last;
    bool operator==(const NodeFacts&) const = default;
};

/// Everything known of one map. See Row for what a record is in each kind. A default one is small:
/// trie, leaf_content and sketch get their size from whoever fills them.
struct TOPGUN_API MapFacts {
    MapId id;
    std::uint64_t records = 0;  ///< Rows: LWW records with tombstones; OR records; counter nodes.
    std::uint64_t keys = 0;     ///< Distinct keys.
    std::uint64_t tombstones = 0;  ///< LWW tombstones; or removed tags of an OR-Map.
    std::uint64_t key_bytes = 0;
    std::uint64_t value_bytes = 0;
    double positive = 0;  ///< Counters: sum of positive counts.
    double negative = 0;
    ExpiryHistogram expiry;
    std::map<std::string, NodeFacts, std::less<>> nodes;
    FieldFacts fields;       ///< Of the values; a counter's entries have none.
    std::uint32_t root = 0;  ///< Client-form Merkle root; 0 for counters.
    Trie trie{0};            ///< Depth 3; empty for counters, which peers do not hash.
    Hash128 content;         ///< Sum of row_content(): equal for equal states.
    std::vector<std::uint64_t> leaf_content;  ///< The same per leaf of the trie, 64 bits.
    std::uint64_t removed_content = 0;        ///< The same for removed tags, which have no leaf.
    Sketch sketch{0};

    std::uint64_t expired(std::uint64_t now_ms) const { return expiry.expired(now_ms); }
    /// Neither tombstone nor expired.
    std::uint64_t live(std::uint64_t now_ms) const;
    bool operator==(const MapFacts&) const = default;
};

/// Gathers facts from a map's rows in trie order. O(1) memory beyond the facts.
class TOPGUN_API FactsBuilder {
public:
    explicit FactsBuilder(MapId id);
    /// @pre rows arrive in strictly ascending order of place.
    void add(const Row& row);
    /// Adds what another builder has gathered of other rows of the same map, in any order.
    /// @pre the map is an LWW map: elsewhere facts are no plain sums of those of their parts.
    void absorb(FactsBuilder&& other);
    /// Finishes and hands over. The builder is spent.
    MapFacts finish();

private:
    void count(const Row& row);
    void close_or_key();
    void flush_items();
    void flush_hashes();
    MapFacts facts_;
    Bytes scratch_;
    FieldCounter fields_;
    std::array<SketchItem, 64> items_;  // not yet in the sketch, which takes several at once faster
    std::size_t item_count_ = 0;
    LwwItemHasher hasher_;  // the same for the trie
    std::array<std::uint32_t, LwwItemHasher::kMost> key_hashes_;
    std::size_t hash_count_ = 0;
    std::string or_key_;
    std::uint32_t or_key_hash_ = 0;
    // Records of the OR key being gathered, with their own storage, because rows are borrowed.
    struct OwnedRecord {
        std::string tag, node;
        Bytes value;
        std::uint64_t millis, ttl_ms;
        std::uint32_t counter;
    };
    std::vector<OwnedRecord> or_records_;
    std::size_t or_count_ = 0;
    struct SeenNode {
        std::string_view name;  // in facts_.nodes, whose elements stay where they are
        NodeFacts* facts = nullptr;
    };
    NodeFacts& node_facts(std::string_view node);
    std::array<SeenNode, kRecentNodes> seen_nodes_;
};

/// "state hash": one 128-bit name for all maps of a state, independent of their order.
TOPGUN_API Hash128 state_hash(const std::vector<const MapFacts*>& maps);

/// 32 lower-case hex digits.
TOPGUN_API std::string hex(const Hash128& hash);

}  // namespace topgun
