// SPDX-License-Identifier: Apache-2.0
// Structures that several messages share, and the facts that hold for every message type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/clock/timestamp.hpp"
#include "topgun/wire/enums.hpp"
#include "topgun/wire/types.hpp"

namespace topgun::wire {

/// Where a message keeps its fields.
enum class Shape : std::uint8_t {
    flat,              ///< Beside `type`.
    payload,           ///< In a map under `payload`.
    optional_payload,  ///< As payload, but left out when there is nothing in it.
    event,             ///< In a map under `event`.
};

/// Who sends a message.
enum class Direction : std::uint8_t { to_server, to_client, both, between_nodes };

/// What is fixed for a message type. Every message struct has one as `kType`.
struct MessageType {
    std::string_view name;  ///< "OP_BATCH"
    Shape shape = Shape::flat;
    Direction direction = Direction::both;
};

// In all structs below: a std::optional is left out when empty, and read as empty from nil too;
// whole numbers in std::uint64_t are at most kMaxWhole; `millis`-like fields are milliseconds,
// since the Unix epoch where they name a moment.

/// A last-writer-wins record. A nil value is a tombstone; an absent one is read as nil.
struct LwwMapRecord {
    AnyValue value{};
    Timestamp timestamp{};
    std::optional<std::uint64_t> ttl_ms{};
    bool operator==(const LwwMapRecord&) const = default;
};

/// One tagged record of an OR-Map; the tag is the text form of the timestamp.
struct OrMapRecord {
    AnyValue value{};
    Timestamp timestamp{};
    std::string tag{};
    std::optional<std::uint64_t> ttl_ms{};
    bool operator==(const OrMapRecord&) const = default;
};

/// One key of an OR-Map: its live records, and tags that are removed (of any key of the map).
struct OrMapEntry {
    std::string key{};
    std::vector<OrMapRecord> records{};
    std::vector<std::string> tombstones{};
    bool operator==(const OrMapEntry&) const = default;
};

/// Result of one op in an acknowledgement.
struct OpResult {
    std::string op_id{};
    bool success = false;
    WriteConcern achieved_level = WriteConcern::fire_and_forget;
    std::optional<std::string> error{};
    bool operator==(const OpResult&) const = default;
};

struct SortField {
    std::string field{};
    SortDirection direction = SortDirection::asc;
    bool operator==(const SortField&) const = default;
};

/// Sort keys, most significant first. Written as an array of {field, direction}; read also from
/// the object {"field":"asc"}, whose order in the bytes is kept.
struct SortOrder {
    std::vector<SortField> fields{};
    bool operator==(const SortOrder&) const = default;
};

/// The same, written as the object {"field":"asc"} in the order of `fields`. Both forms are read.
struct SortObject {
    std::vector<SortField> fields{};
    bool operator==(const SortObject&) const = default;
};

/// A node of a predicate tree. `op` is an open list: peers know different words (see
/// is_server_predicate_op()), and an unknown one deserves an answer rather than a dropped frame.
struct PredicateNode {
    std::string op{};
    std::optional<std::string> attribute{};
    std::optional<AnyValue> value{};
    std::optional<std::vector<PredicateNode>> children{};
    std::optional<std::string> value_ref{};
    bool operator==(const PredicateNode&) const = default;
};

/// `func` is count, sum, min, max or avg; open for the same reason as PredicateNode::op.
struct Aggregation {
    std::string func{};
    std::optional<std::string> field{};
    bool operator==(const Aggregation&) const = default;
};

/// `where`, a map from fields to values that must be equal, wins over `predicate`.
struct Query {
    std::optional<AnyMap> where{};
    std::optional<PredicateNode> predicate{};
    std::optional<SortOrder> sort{};
    std::optional<std::uint32_t> limit{};
    std::optional<std::string> cursor{};
    std::optional<std::vector<std::string>> group_by{};
    std::optional<std::vector<Aggregation>> aggregations{};
    /// TypeScript clients repeat the projection of QUERY_SUB here; no schema has it.
    std::optional<std::vector<std::string>> fields{};
    bool operator==(const Query&) const = default;
};

/// A key with its value, as query results list them.
struct KeyedValue {
    std::string key{};
    AnyValue value{};
    bool operator==(const KeyedValue&) const = default;
};

struct SearchOptions {
    std::optional<std::uint32_t> limit{};
    std::optional<double> min_score{};
    std::optional<TextMap<double>> boost{};
    bool operator==(const SearchOptions&) const = default;
};

/// A positive-negative counter: per node, the sum of its increments and of its decrements.
/// Read from {p, n} as well as from {positive, negative}, taking the greater entry of each node
/// where both stand; always written with all four names, because peers read one pair or the other.
struct CounterState {
    TextMap<double> p{};
    TextMap<double> n{};
    bool operator==(const CounterState&) const = default;
};

}  // namespace topgun::wire
