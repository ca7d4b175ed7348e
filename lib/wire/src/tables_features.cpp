// SPDX-License-Identifier: Apache-2.0
// Fields of queries, search, topics, locks, counters, processors, the journal and clusters.
#include "tables.hpp"

namespace topgun::wire::detail {

TOPGUN_WIRE_RECORD(QuerySub, F("queryId", query_id), F("mapName", map_name), F("query", query),
                   F("fields", fields));
TOPGUN_WIRE_RECORD(QueryUnsub, F("queryId", query_id));
TOPGUN_WIRE_RECORD(QueryResp, F("queryId", query_id), F("results", results),
                   F("nextCursor", next_cursor), F("hasMore", has_more),
                   F("cursorStatus", cursor_status), F("merkleRootHash", merkle_root_hash),
                   F("error", error), F("code", code));
TOPGUN_WIRE_RECORD(QueryUpdate, F("queryId", query_id), F("key", key),
                   F("value", value, Rule::nil_if_absent), F("changeType", change_type));
TOPGUN_WIRE_RECORD(QuerySyncInit, F("queryId", query_id), F("rootHash", root_hash));
TOPGUN_WIRE_RECORD(SqlQuery, F("sql", sql), F("queryId", query_id));
TOPGUN_WIRE_RECORD(SqlQueryResp, F("queryId", query_id), F("columns", columns), F("rows", rows),
                   F("error", error), F("code", code));
TOPGUN_WIRE_RECORD(HybridQuerySubscribe, F("subscriptionId", subscription_id),
                   F("mapName", map_name), F("predicate", predicate), F("where", where),
                   F("sort", sort), F("limit", limit), F("cursor", cursor));
TOPGUN_WIRE_RECORD(HybridQueryUnsubscribe, F("subscriptionId", subscription_id));

TOPGUN_WIRE_RECORD(Search, F("requestId", request_id), F("mapName", map_name), F("query", query),
                   F("options", options));
TOPGUN_WIRE_RECORD(SearchHit, F("key", key), F("value", value), F("score", score),
                   F("matchedTerms", matched_terms));
TOPGUN_WIRE_RECORD(SearchResp, F("requestId", request_id), F("results", results),
                   F("totalCount", total_count), F("error", error));
TOPGUN_WIRE_RECORD(SearchSub, F("subscriptionId", subscription_id), F("mapName", map_name),
                   F("query", query), F("options", options));
TOPGUN_WIRE_RECORD(SearchUpdate, F("subscriptionId", subscription_id), F("key", key),
                   F("value", value, Rule::nil_if_absent), F("score", score),
                   F("matchedTerms", matched_terms), F("changeType", change_type));
TOPGUN_WIRE_RECORD(SearchUnsub, F("subscriptionId", subscription_id));
TOPGUN_WIRE_RECORD(VectorSearchOptions, F("includeValue", include_value),
                   F("includeVectors", include_vectors), F("minScore", min_score),
                   F("filter", filter));
TOPGUN_WIRE_RECORD(VectorSearch, F("id", id), F("mapName", map_name), F("indexName", index_name),
                   F("queryVector", query_vector), F("k", k), F("efSearch", ef_search),
                   F("options", options));
TOPGUN_WIRE_RECORD(VectorHit, F("key", key), F("score", score), F("value", value),
                   F("vector", vector));
TOPGUN_WIRE_RECORD(VectorSearchResp, F("id", id), F("results", results),
                   F("totalCandidates", total_candidates), F("searchTimeMs", search_time_ms),
                   F("error", error));
TOPGUN_WIRE_RECORD(HybridSearch, F("requestId", request_id), F("mapName", map_name),
                   F("queryText", query_text), F("methods", methods), F("k", k),
                   F("queryVector", query_vector), F("predicate", predicate),
                   F("includeValue", include_value), F("minScore", min_score));
TOPGUN_WIRE_RECORD(HybridHit, F("key", key), F("score", score), F("methodScores", method_scores),
                   F("value", value));
TOPGUN_WIRE_RECORD(HybridSearchResp, F("requestId", request_id), F("results", results),
                   F("searchTimeMs", search_time_ms), F("error", error));
TOPGUN_WIRE_RECORD(HybridSearchSub, F("subscriptionId", subscription_id), F("mapName", map_name),
                   F("queryText", query_text), F("methods", methods), F("k", k),
                   F("queryVector", query_vector), F("predicate", predicate),
                   F("includeValue", include_value), F("minScore", min_score));
TOPGUN_WIRE_RECORD(HybridSearchUpdate, F("subscriptionId", subscription_id), F("key", key),
                   F("score", score), F("methodScores", method_scores), F("value", value),
                   F("changeType", change_type));
TOPGUN_WIRE_RECORD(HybridSearchUnsub, F("subscriptionId", subscription_id));

TOPGUN_WIRE_RECORD(TopicSub, F("topic", topic));
TOPGUN_WIRE_RECORD(TopicUnsub, F("topic", topic));
TOPGUN_WIRE_RECORD(TopicPub, F("topic", topic), F("data", data, Rule::nil_if_absent));
TOPGUN_WIRE_RECORD(TopicMessage, F("topic", topic), F("data", data, Rule::nil_if_absent),
                   F("publisherId", publisher_id), F("timestamp", timestamp));
TOPGUN_WIRE_RECORD(LockRequest, F("requestId", request_id), F("name", name), F("ttl", ttl));
TOPGUN_WIRE_RECORD(LockRelease, F("requestId", request_id), F("name", name),
                   F("fencingToken", fencing_token));
TOPGUN_WIRE_RECORD(LockGranted, F("requestId", request_id), F("name", name),
                   F("fencingToken", fencing_token));
TOPGUN_WIRE_RECORD(LockReleased, F("requestId", request_id), F("name", name), F("success", success));
TOPGUN_WIRE_RECORD(CounterRequest, F("name", name));
TOPGUN_WIRE_RECORD(CounterSync, F("name", name), F("state", state));
TOPGUN_WIRE_RECORD(CounterResponse, F("name", name), F("state", state));
TOPGUN_WIRE_RECORD(CounterUpdate, F("name", name), F("state", state));

TOPGUN_WIRE_RECORD(EntryProcessor, F("name", name), F("code", code), F("args", args));
TOPGUN_WIRE_RECORD(EntryProcess, F("requestId", request_id), F("mapName", map_name), F("key", key),
                   F("processor", processor));
TOPGUN_WIRE_RECORD(EntryProcessBatch, F("requestId", request_id), F("mapName", map_name),
                   F("keys", keys), F("processor", processor));
TOPGUN_WIRE_RECORD(EntryProcessResponse, F("requestId", request_id), F("success", success),
                   F("result", result), F("newValue", new_value), F("error", error));
TOPGUN_WIRE_RECORD(EntryProcessResult, F("success", success), F("result", result),
                   F("newValue", new_value), F("error", error));
TOPGUN_WIRE_RECORD(EntryProcessBatchResponse, F("requestId", request_id), F("results", results));
TOPGUN_WIRE_RECORD(ConflictResolver, F("name", name), F("code", code), F("priority", priority),
                   F("keyPattern", key_pattern));
TOPGUN_WIRE_RECORD(RegisterResolver, F("requestId", request_id), F("mapName", map_name),
                   F("resolver", resolver));
TOPGUN_WIRE_RECORD(RegisterResolverResponse, F("requestId", request_id), F("success", success),
                   F("error", error));
TOPGUN_WIRE_RECORD(UnregisterResolver, F("requestId", request_id), F("mapName", map_name),
                   F("resolverName", resolver_name));
TOPGUN_WIRE_RECORD(UnregisterResolverResponse, F("requestId", request_id), F("success", success),
                   F("error", error));
TOPGUN_WIRE_RECORD(ListResolvers, F("requestId", request_id), F("mapName", map_name));
TOPGUN_WIRE_RECORD(ResolverInfo, F("mapName", map_name), F("name", name), F("priority", priority),
                   F("keyPattern", key_pattern));
TOPGUN_WIRE_RECORD(ListResolversResponse, F("requestId", request_id), F("resolvers", resolvers));
TOPGUN_WIRE_RECORD(JournalSubscribe, F("requestId", request_id), F("fromSequence", from_sequence),
                   F("mapName", map_name), F("types", types));
TOPGUN_WIRE_RECORD(JournalUnsubscribe, F("subscriptionId", subscription_id));
TOPGUN_WIRE_RECORD(JournalEvent, F("sequence", sequence), F("type", type), F("mapName", map_name),
                   F("key", key), F("value", value), F("previousValue", previous_value),
                   F("timestamp", timestamp), F("nodeId", node_id), F("metadata", metadata));
TOPGUN_WIRE_RECORD(JournalRead, F("requestId", request_id), F("fromSequence", from_sequence),
                   F("limit", limit), F("mapName", map_name));
TOPGUN_WIRE_RECORD(JournalReadResponse, F("requestId", request_id), F("events", events),
                   F("hasMore", has_more));

TOPGUN_WIRE_RECORD(PartitionMapRequest, F("currentVersion", current_version));
TOPGUN_WIRE_RECORD(NodeEndpoints, F("websocket", websocket), F("http", http));
TOPGUN_WIRE_RECORD(NodeInfo, F("nodeId", node_id), F("endpoints", endpoints), F("status", status));
TOPGUN_WIRE_RECORD(PartitionInfo, F("partitionId", partition_id), F("ownerNodeId", owner_node_id),
                   F("backupNodeIds", backup_node_ids));
TOPGUN_WIRE_RECORD(PartitionMap, F("version", version), F("partitionCount", partition_count),
                   F("nodes", nodes), F("partitions", partitions), F("generatedAt", generated_at));
TOPGUN_WIRE_RECORD(PartitionChange, F("partitionId", partition_id),
                   F("previousOwner", previous_owner), F("newOwner", new_owner),
                   F("reason", reason));
TOPGUN_WIRE_RECORD(PartitionMapDelta, F("version", version), F("previousVersion", previous_version),
                   F("changes", changes), F("timestamp", timestamp));
TOPGUN_WIRE_RECORD(ClusterSubRegister, F("subscriptionId", subscription_id),
                   F("coordinatorNodeId", coordinator_node_id), F("mapName", map_name),
                   F("type", type), F("searchQuery", search_query),
                   F("searchOptions", search_options), F("queryPredicate", query_predicate),
                   F("querySort", query_sort));
TOPGUN_WIRE_RECORD(ClusterSubResult, F("key", key), F("value", value), F("score", score),
                   F("matchedTerms", matched_terms));
TOPGUN_WIRE_RECORD(ClusterSubAck, F("subscriptionId", subscription_id), F("nodeId", node_id),
                   F("success", success), F("error", error), F("initialResults", initial_results),
                   F("totalHits", total_hits));
TOPGUN_WIRE_RECORD(ClusterSubUpdate, F("subscriptionId", subscription_id),
                   F("sourceNodeId", source_node_id), F("key", key),
                   F("value", value, Rule::nil_if_absent), F("score", score),
                   F("matchedTerms", matched_terms), F("changeType", change_type),
                   F("timestamp", timestamp));
TOPGUN_WIRE_RECORD(ClusterSubUnregister, F("subscriptionId", subscription_id));
TOPGUN_WIRE_RECORD(ClusterSearchOptions, F("limit", limit), F("minScore", min_score),
                   F("boost", boost), F("includeMatchedTerms", include_matched_terms),
                   F("afterScore", after_score), F("afterKey", after_key));
TOPGUN_WIRE_RECORD(ClusterSearchReq, F("requestId", request_id), F("mapName", map_name),
                   F("query", query), F("options", options), F("timeoutMs", timeout_ms));
TOPGUN_WIRE_RECORD(ClusterSearchHit, F("key", key), F("value", value), F("score", score),
                   F("matchedTerms", matched_terms));
TOPGUN_WIRE_RECORD(ClusterSearchResp, F("requestId", request_id), F("nodeId", node_id),
                   F("results", results), F("totalHits", total_hits),
                   F("executionTimeMs", execution_time_ms), F("error", error));
TOPGUN_WIRE_RECORD(ClusterSearchSubscribe, F("subscriptionId", subscription_id),
                   F("mapName", map_name), F("query", query), F("options", options));
TOPGUN_WIRE_RECORD(ClusterSearchUnsubscribe, F("subscriptionId", subscription_id));
TOPGUN_WIRE_RECORD(ClusterSearchUpdate, F("subscriptionId", subscription_id), F("nodeId", node_id),
                   F("key", key), F("value", value, Rule::nil_if_absent), F("score", score),
                   F("matchedTerms", matched_terms), F("changeType", change_type));

}  // namespace topgun::wire::detail
