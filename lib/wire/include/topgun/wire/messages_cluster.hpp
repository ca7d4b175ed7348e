// SPDX-License-Identifier: Apache-2.0
// Messages of clusters: the partition map, and what nodes say to each other about searches.
#pragma once

#include "topgun/wire/records.hpp"

namespace topgun::wire {

struct PartitionMapRequest {
    static constexpr MessageType kType{"PARTITION_MAP_REQUEST", Shape::optional_payload,
                                       Direction::to_server};
    std::optional<std::uint32_t> current_version{};
    bool operator==(const PartitionMapRequest&) const = default;
};

struct NodeEndpoints {
    std::string websocket{};  ///< Must equal the URL that a client was given.
    std::optional<std::string> http{};
    bool operator==(const NodeEndpoints&) const = default;
};

struct NodeInfo {
    std::string node_id{};
    NodeEndpoints endpoints{};
    NodeStatus status = NodeStatus::active;
    bool operator==(const NodeInfo&) const = default;
};

struct PartitionInfo {
    std::uint32_t partition_id = 0;
    std::string owner_node_id{};
    std::vector<std::string> backup_node_ids{};
    bool operator==(const PartitionInfo&) const = default;
};

struct PartitionMap {
    static constexpr MessageType kType{"PARTITION_MAP", Shape::payload, Direction::to_client};
    std::uint32_t version = 0;
    std::uint32_t partition_count = 0;
    std::vector<NodeInfo> nodes{};
    std::vector<PartitionInfo> partitions{};
    std::uint64_t generated_at = 0;
    bool operator==(const PartitionMap&) const = default;
};

struct PartitionChange {
    std::uint32_t partition_id = 0;
    std::string previous_owner{};
    std::string new_owner{};
    PartitionMove reason = PartitionMove::rebalance;
    bool operator==(const PartitionChange&) const = default;
};

/// Read by TypeScript's cluster router; TopGun's server does not know it.
struct PartitionMapDelta {
    static constexpr MessageType kType{"PARTITION_MAP_DELTA", Shape::payload, Direction::to_client};
    std::uint32_t version = 0;
    std::uint32_t previous_version = 0;
    std::vector<PartitionChange> changes{};
    std::uint64_t timestamp = 0;
    bool operator==(const PartitionMapDelta&) const = default;
};

struct ClusterSubRegister {
    static constexpr MessageType kType{"CLUSTER_SUB_REGISTER", Shape::payload,
                                       Direction::between_nodes};
    std::string subscription_id{};
    std::string coordinator_node_id{};
    std::string map_name{};
    ClusterSubType type = ClusterSubType::search;
    std::optional<std::string> search_query{};
    std::optional<SearchOptions> search_options{};
    std::optional<AnyValue> query_predicate{};
    std::optional<SortObject> query_sort{};
    bool operator==(const ClusterSubRegister&) const = default;
};

struct ClusterSubResult {
    std::string key{};
    AnyValue value{};
    std::optional<double> score{};
    std::optional<std::vector<std::string>> matched_terms{};
    bool operator==(const ClusterSubResult&) const = default;
};

struct ClusterSubAck {
    static constexpr MessageType kType{"CLUSTER_SUB_ACK", Shape::payload, Direction::between_nodes};
    std::string subscription_id{};
    std::string node_id{};
    bool success = false;
    std::optional<std::string> error{};
    std::optional<std::vector<ClusterSubResult>> initial_results{};
    std::optional<std::uint64_t> total_hits{};
    bool operator==(const ClusterSubAck&) const = default;
};

struct ClusterSubUpdate {
    static constexpr MessageType kType{"CLUSTER_SUB_UPDATE", Shape::payload,
                                       Direction::between_nodes};
    std::string subscription_id{};
    std::string source_node_id{};
    std::string key{};
    AnyValue value{};
    std::optional<double> score{};
    std::optional<std::vector<std::string>> matched_terms{};
    ChangeType change_type = ChangeType::enter;
    std::uint64_t timestamp = 0;
    bool operator==(const ClusterSubUpdate&) const = default;
};

struct ClusterSubUnregister {
    static constexpr MessageType kType{"CLUSTER_SUB_UNREGISTER", Shape::payload,
                                       Direction::between_nodes};
    std::string subscription_id{};
    bool operator==(const ClusterSubUnregister&) const = default;
};

struct ClusterSearchOptions {
    std::uint32_t limit = 0;  ///< 1 to 1000.
    std::optional<double> min_score{};
    std::optional<TextMap<double>> boost{};
    std::optional<bool> include_matched_terms{};
    std::optional<double> after_score{};
    std::optional<std::string> after_key{};
    bool operator==(const ClusterSearchOptions&) const = default;
};

struct ClusterSearchReq {
    static constexpr MessageType kType{"CLUSTER_SEARCH_REQ", Shape::payload,
                                       Direction::between_nodes};
    std::string request_id{};
    std::string map_name{};
    std::string query{};
    ClusterSearchOptions options{};
    std::optional<std::uint64_t> timeout_ms{};
    bool operator==(const ClusterSearchReq&) const = default;
};

struct ClusterSearchHit {
    std::string key{};
    AnyValue value{};
    double score = 0;
    std::optional<std::vector<std::string>> matched_terms{};
    bool operator==(const ClusterSearchHit&) const = default;
};

struct ClusterSearchResp {
    static constexpr MessageType kType{"CLUSTER_SEARCH_RESP", Shape::payload,
                                       Direction::between_nodes};
    std::string request_id{};
    std::string node_id{};
    std::vector<ClusterSearchHit> results{};
    std::uint64_t total_hits = 0;
    std::uint64_t execution_time_ms = 0;
    std::optional<std::string> error{};
    bool operator==(const ClusterSearchResp&) const = default;
};

struct ClusterSearchSubscribe {
    static constexpr MessageType kType{"CLUSTER_SEARCH_SUBSCRIBE", Shape::payload,
                                       Direction::between_nodes};
    std::string subscription_id{};
    std::string map_name{};
    std::string query{};
    std::optional<SearchOptions> options{};
    bool operator==(const ClusterSearchSubscribe&) const = default;
};

struct ClusterSearchUnsubscribe {
    static constexpr MessageType kType{"CLUSTER_SEARCH_UNSUBSCRIBE", Shape::payload,
                                       Direction::between_nodes};
    std::string subscription_id{};
    bool operator==(const ClusterSearchUnsubscribe&) const = default;
};

struct ClusterSearchUpdate {
    static constexpr MessageType kType{"CLUSTER_SEARCH_UPDATE", Shape::payload,
                                       Direction::between_nodes};
    std::string subscription_id{};
    std::string node_id{};
    std::string key{};
    AnyValue value{};
    double score = 0;
    std::optional<std::vector<std::string>> matched_terms{};
    ChangeType change_type = ChangeType::enter;
    bool operator==(const ClusterSearchUpdate&) const = default;
};

}  // namespace topgun::wire
