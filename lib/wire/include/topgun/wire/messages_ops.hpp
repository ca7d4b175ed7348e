// SPDX-License-Identifier: Apache-2.0
// Messages that carry writes: ops to the server, acknowledgements and events back.
#pragma once

#include "topgun/wire/records.hpp"

namespace topgun::wire {

/// One write. What it does follows from its fields in this order: op_type "REMOVE" or a nil record
/// removes; an or_record adds; an or_tag without or_record removes that tag; else record is put.
struct ClientOp {
    static constexpr MessageType kType{"CLIENT_OP", Shape::payload, Direction::to_server};
    std::optional<std::string> id{};
    std::string map_name{};
    std::string key{};
    std::optional<std::string> op_type{};  ///< PUT, REMOVE, OR_ADD, OR_REMOVE; a free text.
    Nilable<LwwMapRecord> record{};
    Nilable<OrMapRecord> or_record{};
    Nilable<std::string> or_tag{};
    std::optional<WriteConcern> write_concern{};
    std::optional<std::uint64_t> timeout{};  ///< Milliseconds.
    /// The clock at the write, and whether it was synced: TypeScript clients send their op log's
    /// own fields along; servers ignore them, so that unreadable ones count as absent.
    std::optional<Timestamp> timestamp{};
    std::optional<bool> synced{};
    bool operator==(const ClientOp&) const = default;
};

struct ClientOpBatch {
    static constexpr MessageType kType{"OP_BATCH", Shape::payload, Direction::to_server};
    std::vector<ClientOp> ops{};
    std::optional<WriteConcern> write_concern{};
    std::optional<std::uint64_t> timeout{};  ///< Milliseconds.
    bool operator==(const ClientOpBatch&) const = default;
};

/// Acknowledges every op of the client up to `last_id`, read as a decimal number. A text that is
/// no number makes TypeScript clients drop their whole log.
struct OpAck {
    static constexpr MessageType kType{"OP_ACK", Shape::payload, Direction::to_client};
    std::string last_id{};
    std::optional<WriteConcern> achieved_level{};
    std::optional<std::vector<OpResult>> results{};
    bool operator==(const OpAck&) const = default;
};

/// The op stays in the client's log until an OP_ACK covers it.
struct OpRejected {
    static constexpr MessageType kType{"OP_REJECTED", Shape::payload, Direction::to_client};
    std::string op_id{};
    std::string reason{};
    std::optional<std::uint32_t> code{};
    bool operator==(const OpRejected&) const = default;
};

/// A change made by somebody else. A removal needs `record` with a nil value: TypeScript clients
/// ignore one without, although TopGun's server sends it so.
struct ServerEvent {
    static constexpr MessageType kType{"SERVER_EVENT", Shape::payload, Direction::to_client};
    std::string map_name{};
    EventType event_type = EventType::put;
    std::string key{};
    std::optional<LwwMapRecord> record{};
    std::optional<OrMapRecord> or_record{};
    std::optional<std::string> or_tag{};
    std::optional<std::uint64_t> epoch{};  ///< In no schema; clients count it as confirmed.
    bool operator==(const ServerEvent&) const = default;
};

struct ServerBatchEvent {
    static constexpr MessageType kType{"SERVER_BATCH_EVENT", Shape::payload, Direction::to_client};
    std::vector<ServerEvent> events{};
    bool operator==(const ServerBatchEvent&) const = default;
};

/// Clients drop tombstones older than this.
struct GcPrune {
    static constexpr MessageType kType{"GC_PRUNE", Shape::payload, Direction::to_client};
    Timestamp older_than{};
    bool operator==(const GcPrune&) const = default;
};

struct MergeRejected {
    static constexpr MessageType kType{"MERGE_REJECTED", Shape::flat, Direction::to_client};
    std::string map_name{};
    std::string key{};
    AnyValue attempted_value{};
    std::string reason{};
    Timestamp timestamp{};
    bool operator==(const MergeRejected&) const = default;
};

}  // namespace topgun::wire
