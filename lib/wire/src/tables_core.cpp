// SPDX-License-Identifier: Apache-2.0
// Fields of shared records, of connecting, of ops, of the Merkle walk, and of HTTP bodies.
#include "tables.hpp"

namespace topgun::wire::detail {

TOPGUN_WIRE_RECORD(Timestamp, F("millis", millis), F("counter", counter), F("nodeId", node_id));
TOPGUN_WIRE_RECORD(LwwMapRecord, F("value", value, Rule::nil_if_absent), F("timestamp", timestamp),
                   F("ttlMs", ttl_ms));
TOPGUN_WIRE_RECORD(OrMapRecord, F("value", value), F("timestamp", timestamp), F("tag", tag),
                   F("ttlMs", ttl_ms));
TOPGUN_WIRE_RECORD(OrMapEntry, F("key", key), F("records", records), F("tombstones", tombstones));
TOPGUN_WIRE_RECORD(OpResult, F("opId", op_id), F("success", success),
                   F("achievedLevel", achieved_level), F("error", error));
TOPGUN_WIRE_RECORD(SortField, F("field", field), F("direction", direction));
TOPGUN_WIRE_RECORD(PredicateNode, F("op", op), F("attribute", attribute), F("value", value),
                   F("children", children), F("valueRef", value_ref));
TOPGUN_WIRE_RECORD(Aggregation, F("func", func), F("field", field));
TOPGUN_WIRE_RECORD(Query, F("where", where), F("predicate", predicate), F("sort", sort),
                   F("limit", limit), F("cursor", cursor), F("groupBy", group_by),
                   F("aggregations", aggregations), F("fields", fields));
TOPGUN_WIRE_RECORD(KeyedValue, F("key", key), F("value", value));
TOPGUN_WIRE_RECORD(SearchOptions, F("limit", limit), F("minScore", min_score), F("boost", boost));

TOPGUN_WIRE_RECORD(AuthRequired);
TOPGUN_WIRE_RECORD(Auth, F("token", token), F("protocolVersion", protocol_version),
                   F("deviceToken", device_token));
TOPGUN_WIRE_RECORD(AuthAck, F("protocolVersion", protocol_version), F("userId", user_id),
                   F("deviceId", device_id), F("deviceToken", device_token));
TOPGUN_WIRE_RECORD(AuthFail, F("error", error), F("code", code));
TOPGUN_WIRE_RECORD(DeviceHello, F("deviceToken", device_token));
TOPGUN_WIRE_RECORD(DeviceAck, F("deviceId", device_id), F("deviceToken", device_token));
TOPGUN_WIRE_RECORD(Ping, F("timestamp", timestamp));
TOPGUN_WIRE_RECORD(Pong, F("timestamp", timestamp), F("serverTime", server_time));
TOPGUN_WIRE_RECORD(Batch, F("count", count), F("data", data));
TOPGUN_WIRE_RECORD(ErrorMessage, F("code", code), F("message", message), F("details", details));

TOPGUN_WIRE_RECORD(ClientOp, F("id", id), F("mapName", map_name), F("key", key),
                   F("opType", op_type), F("record", record), F("orRecord", or_record),
                   F("orTag", or_tag), F("writeConcern", write_concern), F("timeout", timeout),
                   F("timestamp", timestamp), F("synced", synced));
TOPGUN_WIRE_RECORD(ClientOpBatch, F("ops", ops), F("writeConcern", write_concern),
                   F("timeout", timeout));
TOPGUN_WIRE_RECORD(OpAck, F("lastId", last_id), F("achievedLevel", achieved_level),
                   F("results", results));
TOPGUN_WIRE_RECORD(OpRejected, F("opId", op_id), F("reason", reason), F("code", code));
TOPGUN_WIRE_RECORD(ServerEvent, F("mapName", map_name), F("eventType", event_type), F("key", key),
                   F("record", record), F("orRecord", or_record), F("orTag", or_tag),
                   F("epoch", epoch));
TOPGUN_WIRE_RECORD(ServerBatchEvent, F("events", events));
TOPGUN_WIRE_RECORD(GcPrune, F("olderThan", older_than));
TOPGUN_WIRE_RECORD(MergeRejected, F("mapName", map_name), F("key", key),
                   F("attemptedValue", attempted_value), F("reason", reason),
                   F("timestamp", timestamp));

TOPGUN_WIRE_RECORD(SyncInit, F("mapName", map_name), F("lastSyncTimestamp", last_sync_timestamp));
TOPGUN_WIRE_RECORD(SyncRespRoot, F("mapName", map_name), F("rootHash", root_hash),
                   F("timestamp", timestamp));
TOPGUN_WIRE_RECORD(MerkleReqBucket, F("mapName", map_name), F("path", path));
TOPGUN_WIRE_RECORD(SyncRespBuckets, F("mapName", map_name), F("path", path), F("buckets", buckets));
TOPGUN_WIRE_RECORD(LeafRecord, F("key", key), F("record", record));
TOPGUN_WIRE_RECORD(SyncRespLeaf, F("mapName", map_name), F("path", path), F("records", records));
TOPGUN_WIRE_RECORD(SyncResetRequired, F("mapName", map_name), F("reason", reason));
TOPGUN_WIRE_RECORD(OrMapSyncInit, F("mapName", map_name), F("rootHash", root_hash),
                   F("bucketHashes", bucket_hashes), F("lastSyncTimestamp", last_sync_timestamp),
                   F("claimedEpoch", claimed_epoch));
TOPGUN_WIRE_RECORD(OrMapSyncRespRoot, F("mapName", map_name), F("rootHash", root_hash),
                   F("timestamp", timestamp), F("coveringEpoch", covering_epoch),
                   F("fullResync", full_resync, Rule::omit_if_false));
TOPGUN_WIRE_RECORD(OrMapMerkleReqBucket, F("mapName", map_name), F("path", path));
TOPGUN_WIRE_RECORD(OrMapSyncRespBuckets, F("mapName", map_name), F("path", path),
                   F("buckets", buckets));
TOPGUN_WIRE_RECORD(OrMapSyncRespLeaf, F("mapName", map_name), F("path", path),
                   F("entries", entries), F("coveringEpoch", covering_epoch));
TOPGUN_WIRE_RECORD(OrMapDiffRequest, F("mapName", map_name), F("keys", keys));
TOPGUN_WIRE_RECORD(OrMapDiffResponse, F("mapName", map_name), F("entries", entries),
                   F("coveringEpoch", covering_epoch));
TOPGUN_WIRE_RECORD(OrMapPushDiff, F("mapName", map_name), F("entries", entries));
TOPGUN_WIRE_RECORD(ClientApplyAck, F("cursor", cursor));

TOPGUN_WIRE_RECORD(HttpSyncMap, F("mapName", map_name),
                   F("lastSyncTimestamp", last_sync_timestamp));
TOPGUN_WIRE_RECORD(HttpQuery, F("queryId", query_id), F("mapName", map_name),
                   F("filter", filter, Rule::nil_if_absent), F("limit", limit),
                   F("offset", offset), F("cursor", cursor));
TOPGUN_WIRE_RECORD(HttpSearch, F("searchId", search_id), F("mapName", map_name), F("query", query),
                   F("options", options));
TOPGUN_WIRE_RECORD(HttpSyncRequest, F("clientId", client_id), F("clientHlc", client_hlc),
                   F("operations", operations), F("syncMaps", sync_maps), F("queries", queries),
                   F("searches", searches));
TOPGUN_WIRE_RECORD(HttpAck, F("lastId", last_id), F("results", results));
TOPGUN_WIRE_RECORD(HttpDeltaRecord, F("key", key), F("record", record), F("eventType", event_type));
TOPGUN_WIRE_RECORD(HttpMapDelta, F("mapName", map_name), F("records", records),
                   F("serverSyncTimestamp", server_sync_timestamp));
TOPGUN_WIRE_RECORD(HttpQueryResult, F("queryId", query_id), F("results", results),
                   F("hasMore", has_more), F("nextCursor", next_cursor));
TOPGUN_WIRE_RECORD(HttpSearchResult, F("searchId", search_id), F("results", results),
                   F("totalCount", total_count));
TOPGUN_WIRE_RECORD(HttpError, F("code", code), F("message", message), F("context", context));
TOPGUN_WIRE_RECORD(HttpSyncResponse, F("serverHlc", server_hlc), F("ack", ack),
                   F("deltas", deltas), F("queryResults", query_results),
                   F("searchResults", search_results), F("errors", errors));

}  // namespace topgun::wire::detail
