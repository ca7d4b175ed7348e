// SPDX-License-Identifier: Apache-2.0
// Fields of queries, search, topics, locks, counters, processors, the journal and clusters.
#include "tables.hpp"

namespace topgun::wire::detail {

TOPGUN_WIRE_RECORD(QuerySub, TOPGUN_FIELD("queryId", query_id), TOPGUN_FIELD("mapName", map_name),
                   TOPGUN_FIELD("query", query), TOPGUN_FIELD("fields", fields));
TOPGUN_WIRE_RECORD(QueryUnsub, TOPGUN_FIELD("queryId", query_id));
TOPGUN_WIRE_RECORD(QueryResp, TOPGUN_FIELD("queryId", query_id), TOPGUN_FIELD("results", results),
                   TOPGUN_FIELD("nextCursor", next_cursor), TOPGUN_FIELD("hasMore", has_more),
                   TOPGUN_FIELD("cursorStatus", cursor_status),
                   TOPGUN_FIELD("merkleRootHash", merkle_root_hash), TOPGUN_FIELD("error", error),
                   TOPGUN_FIELD("code", code));
TOPGUN_WIRE_RECORD(QueryUpdate, TOPGUN_FIELD("queryId", query_id), TOPGUN_FIELD("key", key),
                   TOPGUN_FIELD("value", value, Rule::nil_if_absent),
                   TOPGUN_FIELD("changeType", change_type));
TOPGUN_WIRE_RECORD(QuerySyncInit, TOPGUN_FIELD("queryId", query_id),
                   TOPGUN_FIELD("rootHash", root_hash));
TOPGUN_WIRE_RECORD(SqlQuery, TOPGUN_FIELD("sql", sql), TOPGUN_FIELD("queryId", query_id));
TOPGUN_WIRE_RECORD(SqlQueryResp, TOPGUN_FIELD("queryId", query_id),
                   TOPGUN_FIELD("columns", columns), TOPGUN_FIELD("rows", rows),
                   TOPGUN_FIELD("error", error), TOPGUN_FIELD("code", code));
TOPGUN_WIRE_RECORD(HybridQuerySubscribe, TOPGUN_FIELD("subscriptionId", subscription_id),
                   TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("predicate", predicate),
                   TOPGUN_FIELD("where", where), TOPGUN_FIELD("sort", sort),
                   TOPGUN_FIELD("limit", limit), TOPGUN_FIELD("cursor", cursor));
TOPGUN_WIRE_RECORD(HybridQueryUnsubscribe, TOPGUN_FIELD("subscriptionId", subscription_id));

TOPGUN_WIRE_RECORD(Search, TOPGUN_FIELD("requestId", request_id), TOPGUN_FIELD("mapName", map_name),
                   TOPGUN_FIELD("query", query), TOPGUN_FIELD("options", options));
TOPGUN_WIRE_RECORD(SearchHit, TOPGUN_FIELD("key", key), TOPGUN_FIELD("value", value),
                   TOPGUN_FIELD("score", score), TOPGUN_FIELD("matchedTerms", matched_terms));
TOPGUN_WIRE_RECORD(SearchResp, TOPGUN_FIELD("requestId", request_id),
                   TOPGUN_FIELD("results", results), TOPGUN_FIELD("totalCount", total_count),
                   TOPGUN_FIELD("error", error));
TOPGUN_WIRE_RECORD(SearchSub, TOPGUN_FIELD("subscriptionId", subscription_id),
                   TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("query", query),
                   TOPGUN_FIELD("options", options));
TOPGUN_WIRE_RECORD(SearchUpdate, TOPGUN_FIELD("subscriptionId", subscription_id),
                   TOPGUN_FIELD("key", key), TOPGUN_FIELD("value", value, Rule::nil_if_absent),
                   TOPGUN_FIELD("score", score), TOPGUN_FIELD("matchedTerms", matched_terms),
                   TOPGUN_FIELD("changeType", change_type));
TOPGUN_WIRE_RECORD(SearchUnsub, TOPGUN_FIELD("subscriptionId", subscription_id));
TOPGUN_WIRE_RECORD(VectorSearchOptions, TOPGUN_FIELD("includeValue", include_value),
                   TOPGUN_FIELD("includeVectors", include_vectors),
                   TOPGUN_FIELD("minScore", min_score), TOPGUN_FIELD("filter", filter));
TOPGUN_WIRE_RECORD(VectorSearch, TOPGUN_FIELD("id", id), TOPGUN_FIELD("mapName", map_name),
                   TOPGUN_FIELD("indexName", index_name), TOPGUN_FIELD("queryVector", query_vector),
                   TOPGUN_FIELD("k", k), TOPGUN_FIELD("efSearch", ef_search),
                   TOPGUN_FIELD("options", options));
TOPGUN_WIRE_RECORD(VectorHit, TOPGUN_FIELD("key", key), TOPGUN_FIELD("score", score),
                   TOPGUN_FIELD("value", value), TOPGUN_FIELD("vector", vector));
TOPGUN_WIRE_RECORD(VectorSearchResp, TOPGUN_FIELD("id", id), TOPGUN_FIELD("results", results),
                   TOPGUN_FIELD("totalCandidates", total_candidates),
                   TOPGUN_FIELD("searchTimeMs", search_time_ms), TOPGUN_FIELD("error", error));
TOPGUN_WIRE_RECORD(HybridSearch, TOPGUN_FIELD("requestId", request_id),
                   TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("queryText", query_text),
                   TOPGUN_FIELD("methods", methods), TOPGUN_FIELD("k", k),
                   TOPGUN_FIELD("queryVector", query_vector), TOPGUN_FIELD("predicate", predicate),
                   TOPGUN_FIELD("includeValue", include_value),
                   TOPGUN_FIELD("minScore", min_score));
TOPGUN_WIRE_RECORD(HybridHit, TOPGUN_FIELD("key", key), TOPGUN_FIELD("score", score),
                   TOPGUN_FIELD("methodScores", method_scores), TOPGUN_FIELD("value", value));
TOPGUN_WIRE_RECORD(HybridSearchResp, TOPGUN_FIELD("requestId", request_id),
                   TOPGUN_FIELD("results", results), TOPGUN_FIELD("searchTimeMs", search_time_ms),
                   TOPGUN_FIELD("error", error));
TOPGUN_WIRE_RECORD(HybridSearchSub, TOPGUN_FIELD("subscriptionId", subscription_id),
                   TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("queryText", query_text),
                   TOPGUN_FIELD("methods", methods), TOPGUN_FIELD("k", k),
                   TOPGUN_FIELD("queryVector", query_vector), TOPGUN_FIELD("predicate", predicate),
                   TOPGUN_FIELD("includeValue", include_value),
                   TOPGUN_FIELD("minScore", min_score));
TOPGUN_WIRE_RECORD(HybridSearchUpdate, TOPGUN_FIELD("subscriptionId", subscription_id),
                   TOPGUN_FIELD("key", key), TOPGUN_FIELD("score", score),
                   TOPGUN_FIELD("methodScores", method_scores), TOPGUN_FIELD("value", value),
                   TOPGUN_FIELD("changeType", change_type));
TOPGUN_WIRE_RECORD(HybridSearchUnsub, TOPGUN_FIELD("subscriptionId", subscription_id));

TOPGUN_WIRE_RECORD(TopicSub, TOPGUN_FIELD("topic", topic));
TOPGUN_WIRE_RECORD(TopicUnsub, TOPGUN_FIELD("topic", topic));
TOPGUN_WIRE_RECORD(TopicPub, TOPGUN_FIELD("topic", topic),
                   TOPGUN_FIELD("data", data, Rule::nil_if_absent));
TOPGUN_WIRE_RECORD(TopicMessage, TOPGUN_FIELD("topic", topic),
                   TOPGUN_FIELD("data", data, Rule::nil_if_absent),
                   TOPGUN_FIELD("publisherId", publisher_id), TOPGUN_FIELD("timestamp", timestamp));
TOPGUN_WIRE_RECORD(LockRequest, TOPGUN_FIELD("requestId", request_id), TOPGUN_FIELD("name", name),
                   TOPGUN_FIELD("ttl", ttl));
TOPGUN_WIRE_RECORD(LockRelease, TOPGUN_FIELD("requestId", request_id), TOPGUN_FIELD("name", name),
                   TOPGUN_FIELD("fencingToken", fencing_token));
TOPGUN_WIRE_RECORD(LockGranted, TOPGUN_FIELD("requestId", request_id), TOPGUN_FIELD("name", name),
                   TOPGUN_FIELD("fencingToken", fencing_token));
TOPGUN_WIRE_RECORD(LockReleased, TOPGUN_FIELD("requestId", request_id), TOPGUN_FIELD("name", name),
                   TOPGUN_FIELD("success", success));
TOPGUN_WIRE_RECORD(CounterRequest, TOPGUN_FIELD("name", name));
TOPGUN_WIRE_RECORD(CounterSync, TOPGUN_FIELD("name", name), TOPGUN_FIELD("state", state));
TOPGUN_WIRE_RECORD(CounterResponse, TOPGUN_FIELD("name", name), TOPGUN_FIELD("state", state));
TOPGUN_WIRE_RECORD(CounterUpdate, TOPGUN_FIELD("name", name), TOPGUN_FIELD("state", state));

TOPGUN_WIRE_RECORD(EntryProcessor, TOPGUN_FIELD("name", name), TOPGUN_FIELD("code", code),
                   TOPGUN_FIELD("args", args));
TOPGUN_WIRE_RECORD(EntryProcess, TOPGUN_FIELD("requestId", request_id),
                   TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("key", key),
                   TOPGUN_FIELD("processor", processor));
TOPGUN_WIRE_RECORD(EntryProcessBatch, TOPGUN_FIELD("requestId", request_id),
                   TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("keys", keys),
                   TOPGUN_FIELD("processor", processor));
TOPGUN_WIRE_RECORD(EntryProcessResponse, TOPGUN_FIELD("requestId", request_id),
                   TOPGUN_FIELD("success", success), TOPGUN_FIELD("result", result),
                   TOPGUN_FIELD("newValue", new_value), TOPGUN_FIELD("error", error));
TOPGUN_WIRE_RECORD(EntryProcessResult, TOPGUN_FIELD("success", success),
                   TOPGUN_FIELD("result", result), TOPGUN_FIELD("newValue", new_value),
                   TOPGUN_FIELD("error", error));
TOPGUN_WIRE_RECORD(EntryProcessBatchResponse, TOPGUN_FIELD("requestId", request_id),
                   TOPGUN_FIELD("results", results));
TOPGUN_WIRE_RECORD(ConflictResolver, TOPGUN_FIELD("name", name), TOPGUN_FIELD("code", code),
                   TOPGUN_FIELD("priority", priority), TOPGUN_FIELD("keyPattern", key_pattern));
TOPGUN_WIRE_RECORD(RegisterResolver, TOPGUN_FIELD("requestId", request_id),
                   TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("resolver", resolver));
TOPGUN_WIRE_RECORD(RegisterResolverResponse, TOPGUN_FIELD("requestId", request_id),
                   TOPGUN_FIELD("success", success), TOPGUN_FIELD("error", error));
TOPGUN_WIRE_RECORD(UnregisterResolver, TOPGUN_FIELD("requestId", request_id),
                   TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("resolverName", resolver_name));
TOPGUN_WIRE_RECORD(UnregisterResolverResponse, TOPGUN_FIELD("requestId", request_id),
                   TOPGUN_FIELD("success", success), TOPGUN_FIELD("error", error));
TOPGUN_WIRE_RECORD(ListResolvers, TOPGUN_FIELD("requestId", request_id),
                   TOPGUN_FIELD("mapName", map_name));
TOPGUN_WIRE_RECORD(ResolverInfo, TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("name", name),
                   TOPGUN_FIELD("priority", priority), TOPGUN_FIELD("keyPattern", key_pattern));
TOPGUN_WIRE_RECORD(ListResolversResponse, TOPGUN_FIELD("requestId", request_id),
                   TOPGUN_FIELD("resolvers", resolvers));
TOPGUN_WIRE_RECORD(JournalSubscribe, TOPGUN_FIELD("requestId", request_id),
                   TOPGUN_FIELD("fromSequence", from_sequence), TOPGUN_FIELD("mapName", map_name),
                   TOPGUN_FIELD("types", types));
TOPGUN_WIRE_RECORD(JournalUnsubscribe, TOPGUN_FIELD("subscriptionId", subscription_id));
TOPGUN_WIRE_RECORD(JournalEvent, TOPGUN_FIELD("sequence", sequence), TOPGUN_FIELD("type", type),
                   TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("key", key),
                   TOPGUN_FIELD("value", value), TOPGUN_FIELD("previousValue", previous_value),
                   TOPGUN_FIELD("timestamp", timestamp), TOPGUN_FIELD("nodeId", node_id),
                   TOPGUN_FIELD("metadata", metadata));
TOPGUN_WIRE_RECORD(JournalRead, TOPGUN_FIELD("requestId", request_id),
                   TOPGUN_FIELD("fromSequence", from_sequence), TOPGUN_FIELD("limit", limit),
                   TOPGUN_FIELD("mapName", map_name));
TOPGUN_WIRE_RECORD(JournalReadResponse, TOPGUN_FIELD("requestId", request_id),
                   TOPGUN_FIELD("events", events), TOPGUN_FIELD("hasMore", has_more));

TOPGUN_WIRE_RECORD(PartitionMapRequest, TOPGUN_FIELD("currentVersion", current_version));
TOPGUN_WIRE_RECORD(NodeEndpoints, TOPGUN_FIELD("websocket", websocket), TOPGUN_FIELD("http", http));
TOPGUN_WIRE_RECORD(NodeInfo, TOPGUN_FIELD("nodeId", node_id), TOPGUN_FIELD("endpoints", endpoints),
                   TOPGUN_FIELD("status", status));
TOPGUN_WIRE_RECORD(PartitionInfo, TOPGUN_FIELD("partitionId", partition_id),
                   TOPGUN_FIELD("ownerNodeId", owner_node_id),
                   TOPGUN_FIELD("backupNodeIds", backup_node_ids));
TOPGUN_WIRE_RECORD(PartitionMap, TOPGUN_FIELD("version", version),
                   TOPGUN_FIELD("partitionCount", partition_count), TOPGUN_FIELD("nodes", nodes),
                   TOPGUN_FIELD("partitions", partitions),
                   TOPGUN_FIELD("generatedAt", generated_at));
TOPGUN_WIRE_RECORD(PartitionChange, TOPGUN_FIELD("partitionId", partition_id),
                   TOPGUN_FIELD("previousOwner", previous_owner),
                   TOPGUN_FIELD("newOwner", new_owner), TOPGUN_FIELD("reason", reason));
TOPGUN_WIRE_RECORD(PartitionMapDelta, TOPGUN_FIELD("version", version),
                   TOPGUN_FIELD("previousVersion", previous_version),
                   TOPGUN_FIELD("changes", changes), TOPGUN_FIELD("timestamp", timestamp));
TOPGUN_WIRE_RECORD(ClusterSubRegister, TOPGUN_FIELD("subscriptionId", subscription_id),
                   TOPGUN_FIELD("coordinatorNodeId", coordinator_node_id),
                   TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("type", type),
                   TOPGUN_FIELD("searchQuery", search_query),
                   TOPGUN_FIELD("searchOptions", search_options),
                   TOPGUN_FIELD("queryPredicate", query_predicate),
                   TOPGUN_FIELD("querySort", query_sort));
TOPGUN_WIRE_RECORD(ClusterSubResult, TOPGUN_FIELD("key", key), TOPGUN_FIELD("value", value),
                   TOPGUN_FIELD("score", score), TOPGUN_FIELD("matchedTerms", matched_terms));
TOPGUN_WIRE_RECORD(ClusterSubAck, TOPGUN_FIELD("subscriptionId", subscription_id),
                   TOPGUN_FIELD("nodeId", node_id), TOPGUN_FIELD("success", success),
                   TOPGUN_FIELD("error", error), TOPGUN_FIELD("initialResults", initial_results),
                   TOPGUN_FIELD("totalHits", total_hits));
TOPGUN_WIRE_RECORD(ClusterSubUpdate, TOPGUN_FIELD("subscriptionId", subscription_id),
                   TOPGUN_FIELD("sourceNodeId", source_node_id), TOPGUN_FIELD("key", key),
                   TOPGUN_FIELD("value", value, Rule::nil_if_absent), TOPGUN_FIELD("score", score),
                   TOPGUN_FIELD("matchedTerms", matched_terms),
                   TOPGUN_FIELD("changeType", change_type), TOPGUN_FIELD("timestamp", timestamp));
TOPGUN_WIRE_RECORD(ClusterSubUnregister, TOPGUN_FIELD("subscriptionId", subscription_id));
TOPGUN_WIRE_RECORD(ClusterSearchOptions, TOPGUN_FIELD("limit", limit),
                   TOPGUN_FIELD("minScore", min_score), TOPGUN_FIELD("boost", boost),
                   TOPGUN_FIELD("includeMatchedTerms", include_matched_terms),
                   TOPGUN_FIELD("afterScore", after_score), TOPGUN_FIELD("afterKey", after_key));
TOPGUN_WIRE_RECORD(ClusterSearchReq, TOPGUN_FIELD("requestId", request_id),
                   TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("query", query),
                   TOPGUN_FIELD("options", options), TOPGUN_FIELD("timeoutMs", timeout_ms));
TOPGUN_WIRE_RECORD(ClusterSearchHit, TOPGUN_FIELD("key", key), TOPGUN_FIELD("value", value),
                   TOPGUN_FIELD("score", score), TOPGUN_FIELD("matchedTerms", matched_terms));
TOPGUN_WIRE_RECORD(ClusterSearchResp, TOPGUN_FIELD("requestId", request_id),
                   TOPGUN_FIELD("nodeId", node_id), TOPGUN_FIELD("results", results),
                   TOPGUN_FIELD("totalHits", total_hits),
                   TOPGUN_FIELD("executionTimeMs", execution_time_ms),
                   TOPGUN_FIELD("error", error));
TOPGUN_WIRE_RECORD(ClusterSearchSubscribe, TOPGUN_FIELD("subscriptionId", subscription_id),
                   TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("query", query),
                   TOPGUN_FIELD("options", options));
TOPGUN_WIRE_RECORD(ClusterSearchUnsubscribe, TOPGUN_FIELD("subscriptionId", subscription_id));
TOPGUN_WIRE_RECORD(ClusterSearchUpdate, TOPGUN_FIELD("subscriptionId", subscription_id),
                   TOPGUN_FIELD("nodeId", node_id), TOPGUN_FIELD("key", key),
                   TOPGUN_FIELD("value", value, Rule::nil_if_absent), TOPGUN_FIELD("score", score),
                   TOPGUN_FIELD("matchedTerms", matched_terms),
                   TOPGUN_FIELD("changeType", change_type));

}  // namespace topgun::wire::detail
