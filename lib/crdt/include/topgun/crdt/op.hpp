// SPDX-License-Identifier: Apache-2.0
// One change to one key: what clients queue offline, logs keep, and merges take.
#pragma once

#include <cstdint>
#include <string_view>

#include "topgun/base/bytes.hpp"
#include "topgun/base/export.hpp"
#include "topgun/clock/timestamp.hpp"

namespace topgun {

/// Which CRDT a map is. One name may exist in several kinds at once; each is a map of its own.
enum class MapKind : std::uint8_t {
    lww = 0,      ///< Last writer wins, one record per key.
    or_map = 1,   ///< Observed-remove: a set of tagged records per key.
    counter = 2,  ///< Positive-negative counter: one entry per node.
};

/// "lww", "or", "counter".
TOPGUN_API std::string_view map_kind_name(MapKind kind) noexcept;

enum class OpKind : std::uint8_t {
    put,        ///< LWW record with a value.
    remove,     ///< LWW tombstone.
    or_add,     ///< One tagged record.
    or_remove,  ///< One tag becomes a tombstone, known or not.
    counter,    ///< A counter's entry of one node; key is the node id.
};

/// The wire's word for an op kind: "PUT", "REMOVE", "OR_ADD", "OR_REMOVE", "COUNTER".
TOPGUN_API std::string_view op_kind_name(OpKind kind) noexcept;
TOPGUN_API MapKind map_kind_of(OpKind kind) noexcept;

/// A record without time to live.
inline constexpr std::uint64_t kNoTtl = ~std::uint64_t{0};

/// True when a record has outlived its time to live. The reference's rule: strictly past
/// millis + ttl; a ttl of 0 means none.
constexpr bool is_expired(std::uint64_t millis, std::uint64_t ttl_ms,
                          std::uint64_t now_ms) noexcept {
    if (ttl_ms == kNoTtl || ttl_ms == 0) return false;
    return ttl_ms < now_ms && millis < now_ms - ttl_ms;
}

/// One op, borrowing everything: valid only while the buffer it was read from lives.
struct Op {
    OpKind kind = OpKind::put;
    std::string_view map;
    std::string_view key;
    Stamp stamp;                    ///< For or_remove possibly unknown: then node is empty.
    std::uint64_t ttl_ms = kNoTtl;  ///< Milliseconds after stamp.millis.
    BytesView value;                ///< Canonical value; empty for removals. For `counter` the
                                    ///< array [positive, negative].
    std::string_view tag;           ///< OR kinds only.
    std::string_view id;            ///< The client's op id; may be empty.
};

/// One LWW record, borrowed.
struct LwwRecord {
    Stamp stamp;
    BytesView value;  ///< Canonical; empty in a tombstone.
    std::uint64_t ttl_ms = kNoTtl;

    bool is_tombstone() const noexcept { return value.empty(); }
};

/// One tagged record of an OR-Map, borrowed.
struct OrRecord {
    Stamp stamp;
    std::string_view tag;
    BytesView value;
    std::uint64_t ttl_ms = kNoTtl;
};

/// What to do with two records of one stamp but different content, which correct clients never
/// make, but copied node ids and restored backups do.
enum class TieRule : std::uint8_t {
    by_content,  ///< The greater content wins: the same on every replica, in every order.
    keep_first,  ///< What is there stays, as TopGun's own maps do.
};

/// The order that decides between records of one stamp: a value beats a tombstone, then bytes,
/// then the longer time to live (none is the longest).
TOPGUN_API int compare_content(BytesView value_a, std::uint64_t ttl_a, BytesView value_b,
                               std::uint64_t ttl_b) noexcept;

/// Result of merging one record.
enum class Merged : std::uint8_t {
    added,     ///< The key (or tag) was unknown.
    replaced,  ///< It replaced what was there.
    lost,      ///< What was there is newer, or suppresses it.
    equal,     ///< Exactly this was there already.
};

}  // namespace topgun
