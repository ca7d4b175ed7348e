// SPDX-License-Identifier: Apache-2.0
// Messages of live queries and SQL.
#pragma once

#include "topgun/wire/records.hpp"

namespace topgun::wire {

/// A second one with the same id replaces the first.
struct QuerySub {
    static constexpr MessageType kType{"QUERY_SUB", Shape::payload, Direction::to_server};
    std::string query_id{};
    std::string map_name{};
    Query query{};
    std::optional<std::vector<std::string>> fields{};
    bool operator==(const QuerySub&) const = default;
};

struct QueryUnsub {
    static constexpr MessageType kType{"QUERY_UNSUB", Shape::payload, Direction::to_server};
    std::string query_id{};
    bool operator==(const QueryUnsub&) const = default;
};

/// Replaces the client's whole result set.
struct QueryResp {
    static constexpr MessageType kType{"QUERY_RESP", Shape::payload, Direction::to_client};
    std::string query_id{};
    std::vector<KeyedValue> results{};
    std::optional<std::string> next_cursor{};
    std::optional<bool> has_more{};
    std::optional<CursorStatus> cursor_status{};
    std::optional<std::uint32_t> merkle_root_hash{};
    std::optional<std::string> error{};
    std::optional<std::string> code{};
    bool operator==(const QueryResp&) const = default;
};

/// One change of a result set; the value is nil when a row leaves.
struct QueryUpdate {
    static constexpr MessageType kType{"QUERY_UPDATE", Shape::payload, Direction::to_client};
    std::string query_id{};
    std::string key{};
    AnyValue value{};
    ChangeType change_type = ChangeType::enter;
    bool operator==(const QueryUpdate&) const = default;
};

struct QuerySyncInit {
    static constexpr MessageType kType{"QUERY_SYNC_INIT", Shape::payload, Direction::to_server};
    std::string query_id{};
    std::uint32_t root_hash = 0;
    bool operator==(const QuerySyncInit&) const = default;
};

struct SqlQuery {
    static constexpr MessageType kType{"SQL_QUERY", Shape::payload, Direction::to_server};
    std::string sql{};
    std::string query_id{};
    bool operator==(const SqlQuery&) const = default;
};

/// Each row is an array in the order of `columns`.
struct SqlQueryResp {
    static constexpr MessageType kType{"SQL_QUERY_RESP", Shape::payload, Direction::to_client};
    std::string query_id{};
    std::vector<std::string> columns{};
    std::vector<AnyArray> rows{};
    std::optional<std::string> error{};
    std::optional<std::string> code{};
    bool operator==(const SqlQueryResp&) const = default;
};

/// Sent by TypeScript clients for predicates with full-text words. TopGun's server does not know
/// it, and no reply exists.
struct HybridQuerySubscribe {
    static constexpr MessageType kType{"HYBRID_QUERY_SUBSCRIBE", Shape::payload,
                                       Direction::to_server};
    std::string subscription_id{};
    std::string map_name{};
    std::optional<PredicateNode> predicate{};
    std::optional<AnyMap> where{};
    std::optional<SortObject> sort{};
    std::optional<std::uint32_t> limit{};
    std::optional<std::string> cursor{};
    bool operator==(const HybridQuerySubscribe&) const = default;
};

struct HybridQueryUnsubscribe {
    static constexpr MessageType kType{"HYBRID_QUERY_UNSUBSCRIBE", Shape::payload,
                                       Direction::to_server};
    std::string subscription_id{};
    bool operator==(const HybridQueryUnsubscribe&) const = default;
};

}  // namespace topgun::wire
