// SPDX-License-Identifier: Apache-2.0
// One line of a state in trie order: what snapshots store, streams merge and diffs compare.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "topgun/base/hash.hpp"
#include "topgun/crdt/op.hpp"
#include "topgun/merkle/sketch.hpp"

namespace topgun {

/// A map is named by its name and its kind: the peers keep a trie for each.
struct MapId {
    std::string name;
    MapKind kind = MapKind::lww;
    auto operator<=>(const MapId&) const = default;
};

/// One row, borrowed. What it means depends on the kind of its map:
/// - lww: a record; an empty value is a tombstone.
/// - or_map: a tagged record, or (removed) a removed tag, which has no key, stamp or value.
/// - counter: key is a node id, value the array [positive, negative].
/// Order within a map: removed tags by tag bytes first, then rows by key hash, key bytes, tag
/// bytes.
struct Row {
    std::string_view key;
    std::uint32_t key_hash = 0;  ///< fnv1a(key); 0 for a removed tag.
    bool removed = false;        ///< An OR-Map's removed tag.
    Stamp stamp;
    std::uint64_t ttl_ms = kNoTtl;
    BytesView value;
    std::string_view tag;

    bool is_lww_tombstone() const noexcept { return value.empty() && !removed; }
};

/// Where a row stands: equal for two versions of one record.
TOPGUN_API std::strong_ordering compare_place(const Row& a, const Row& b) noexcept;

/// Hash of everything a row says, as 128 bits: sums of these name a state.
/// @param scratch  reused between calls to avoid allocation.
TOPGUN_API Hash128 row_content(const Row& row, Bytes& scratch);

/// The row as a member of a sketch.
TOPGUN_API SketchItem row_sketch_item(const Row& row, const Hash128& content) noexcept;

/// The row as an op that brings another replica to it.
TOPGUN_API Op row_op(const MapId& map, const Row& row) noexcept;

/// Of two rows at one place, the one that a merge keeps: greater stamp, then greater content.
/// For counters neither may win alone; see merge_counter_rows(). @return < 0 when b wins, > 0 when
/// a wins, 0 when they are identical.
TOPGUN_API int compare_version(const Row& a, const Row& b) noexcept;

/// Encodes a counter's entry as the value [positive, negative]; whole counts as integers.
TOPGUN_API void encode_counter_entry(double positive, double negative, Bytes& out);
/// Decodes what encode_counter_entry() wrote. False when it is anything else.
TOPGUN_API bool decode_counter_entry(BytesView value, double& positive, double& negative) noexcept;

}  // namespace topgun
