// SPDX-License-Identifier: Apache-2.0
// Messages between two ends of this project: maps are reconciled by coded symbols of what they
// hold, so that traffic follows the differences and not the size. Peers of TopGun never see them:
// they are sent only where both sides named `reconcile` when they connected.
//
// RECONCILE_START         C->S  digests of the client's maps
// RECONCILE_MAPS          S->C  for each map: equal, or its first coded symbols, or by leaves
// RECONCILE_REQ_SYMBOLS   C->S  when those were too few to decode the difference
// RECONCILE_SYMBOLS       S->C
// RECONCILE_EXCHANGE      C->S  records that the server lacks, places of those that the client
// wants RECONCILE_REQ_LEAVES    C->S  where most differs: sums of the leaves, for whole leaves of
// records RECONCILE_ROWS          S->C  records; the last one says that what was pushed is durable
//
// The binaries:
// - symbols: Sketch::append_symbols() (topgun/merkle/sketch.hpp) of items of 16 bytes, which
//   row_sketch_item() (topgun/replica/row.hpp) makes of each record and each removed tag.
// - digest: the first symbol, whose sums cover every item, then 64 signed variable-length integers:
//   in the i-th an item counts +1 or -1 by the i-th bit of splitmix64(key ^ splitmix64(content)).
//   Squared differences of these tell how many items differ before any symbol is sent.
// - wanted: places, 8 bytes each, least significant first: the first half of an item.
// - offered: a place, and millis, counter and node of the stamp that the client has there.
// - sums: numbers of 32 bits: low halves of the sums of the contents of each leaf's items. Leaves
//   0 to 4095 hold records by the upper 12 bits of the key's hash; of OR-Maps, 4096 to 8191 hold
//   removed tags by the lower 12 bits of the place.
// - leaves: numbers of leaves, 2 bytes each, least significant first.
// - rows: records in a block of their own; see lib/sync/src/row_pack.hpp.
#pragma once

#include "topgun/crdt/op.hpp"
#include "topgun/wire/records.hpp"

namespace topgun::wire {

/// Of the messages below. A peer that offers another one is treated as one that offers none.
inline constexpr std::uint32_t kReconcileVersion = 1;

struct ReconcileDigest {
    std::string map_name{};
    MapKind kind = MapKind::lww;
    Binary digest{};
    bool operator==(const ReconcileDigest&) const = default;
};

struct ReconcileStart {
    static constexpr MessageType kType{"RECONCILE_START", Shape::payload, Direction::to_server};
    std::vector<ReconcileDigest> maps{};
    bool all = false;     ///< Tells of the server's other maps, too; written only when true.
    bool follow = false;  ///< Sends events of these maps from now on; written only when true.
    bool operator==(const ReconcileStart&) const = default;
};

/// `records`, `removed` and `bytes` (of keys and values) are the server's; approximate.
struct ReconcileMap {
    std::string map_name{};
    MapKind kind = MapKind::lww;
    ReconcileMode mode = ReconcileMode::equal;
    std::uint64_t records = 0;
    std::uint64_t removed = 0;
    std::uint64_t bytes = 0;
    std::uint64_t differing = 0;  ///< Items that differ, as estimated from the digests.
    std::optional<std::uint64_t> revision{};
    std::optional<Binary> symbols{};
    std::optional<std::string> error{};  ///< With ReconcileMode::refused.
    bool operator==(const ReconcileMap&) const = default;
};

struct ReconcileMaps {
    static constexpr MessageType kType{"RECONCILE_MAPS", Shape::payload, Direction::to_client};
    std::vector<ReconcileMap> maps{};
    bool more = false;  ///< Further messages follow; written only when true.
    bool operator==(const ReconcileMaps&) const = default;
};

/// Symbols from `first` on. Where the map is at another revision, the answer begins at 0.
struct ReconcileReqSymbols {
    static constexpr MessageType kType{"RECONCILE_REQ_SYMBOLS", Shape::payload,
                                       Direction::to_server};
    std::string map_name{};
    MapKind kind = MapKind::lww;
    std::uint64_t revision = 0;
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    bool operator==(const ReconcileReqSymbols&) const = default;
};

struct ReconcileSymbols {
    static constexpr MessageType kType{"RECONCILE_SYMBOLS", Shape::payload, Direction::to_client};
    std::string map_name{};
    MapKind kind = MapKind::lww;
    std::uint64_t revision = 0;
    std::uint32_t first = 0;
    Binary symbols{};
    bool operator==(const ReconcileSymbols&) const = default;
};

struct ReconcileReqLeaves {
    static constexpr MessageType kType{"RECONCILE_REQ_LEAVES", Shape::payload,
                                       Direction::to_server};
    std::string request_id{};
    std::string map_name{};
    MapKind kind = MapKind::lww;
    std::optional<Binary> sums{};  ///< Absent: the client has nothing, and gets everything.
    bool operator==(const ReconcileReqLeaves&) const = default;
};

/// The answer gives what is wanted, and all records of the leaves; of what is offered, or pushed,
/// those records of which the server has a newer one; and as `needed` the places of offers that
/// are newer than what the server has.
struct ReconcileExchange {
    static constexpr MessageType kType{"RECONCILE_EXCHANGE", Shape::payload, Direction::to_server};
    std::string request_id{};
    std::string map_name{};
    MapKind kind = MapKind::lww;
    std::optional<Binary> wanted{};
    std::optional<Binary> offered{};
    std::optional<Binary> rows{};
    std::optional<Binary> leaves{};
    bool quiet = false;  ///< Nothing newer is to be sent back; written only when true.
    bool operator==(const ReconcileExchange&) const = default;
};

/// Index among the rows of the request.
struct ReconcileRejection {
    std::uint32_t index = 0;
    std::uint32_t code = 0;
    std::string reason{};
    bool operator==(const ReconcileRejection&) const = default;
};

struct ReconcileRows {
    static constexpr MessageType kType{"RECONCILE_ROWS", Shape::payload, Direction::to_client};
    std::string request_id{};
    std::optional<Binary> rows{};
    std::optional<Binary> needed{};
    std::optional<std::vector<ReconcileRejection>> rejected{};
    std::optional<Binary> left{};    ///< Places that were wanted: too much for one answer.
    std::optional<Binary> leaves{};  ///< The same for leaves; to REQ_LEAVES, those that differ.
    std::optional<std::string> error{};  ///< Why the request failed; nothing of it was done then.
    bool done = false;                   ///< Nothing more comes; what was pushed is durable.
    bool operator==(const ReconcileRows&) const = default;
};

}  // namespace topgun::wire
