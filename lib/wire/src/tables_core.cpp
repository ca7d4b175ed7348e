// SPDX-License-Identifier: Apache-2.0
// Fields of shared records, of connecting, of ops, of the Merkle walk, and of HTTP bodies.
#include "tables.hpp"

namespace topgun::wire::detail {

TOPGUN_WIRE_RECORD(Timestamp, TOPGUN_FIELD("millis", millis), TOPGUN_FIELD("counter", counter),
                   TOPGUN_FIELD("nodeId", node_id));
TOPGUN_WIRE_RECORD(LwwMapRecord, TOPGUN_FIELD("value", value, Rule::nil_if_absent),
                   TOPGUN_FIELD("timestamp", timestamp), TOPGUN_FIELD("ttlMs", ttl_ms));
TOPGUN_WIRE_RECORD(OrMapRecord, TOPGUN_FIELD("value", value), TOPGUN_FIELD("timestamp", timestamp),
                   TOPGUN_FIELD("tag", tag), TOPGUN_FIELD("ttlMs", ttl_ms));
TOPGUN_WIRE_RECORD(Stamp, TOPGUN_FIELD("millis", millis), TOPGUN_FIELD("counter", counter),
                   TOPGUN_FIELD("nodeId", node));
TOPGUN_WIRE_RECORD(LwwRecordView, TOPGUN_FIELD("value", value, Rule::nil_if_absent),
                   TOPGUN_FIELD("timestamp", timestamp), TOPGUN_FIELD("ttlMs", ttl_ms));
TOPGUN_WIRE_RECORD(OrRecordView, TOPGUN_FIELD("value", value), TOPGUN_FIELD("timestamp", timestamp),
                   TOPGUN_FIELD("tag", tag), TOPGUN_FIELD("ttlMs", ttl_ms));
TOPGUN_WIRE_RECORD(OrMapEntry, TOPGUN_FIELD("key", key), TOPGUN_FIELD("records", records),
                   TOPGUN_FIELD("tombstones", tombstones));
TOPGUN_WIRE_RECORD(OpResult, TOPGUN_FIELD("opId", op_id), TOPGUN_FIELD("success", success),
                   TOPGUN_FIELD("achievedLevel", achieved_level), TOPGUN_FIELD("error", error));
TOPGUN_WIRE_RECORD(SortField, TOPGUN_FIELD("field", field), TOPGUN_FIELD("direction", direction));
TOPGUN_WIRE_RECORD(PredicateNode, TOPGUN_FIELD("op", op), TOPGUN_FIELD("attribute", attribute),
                   TOPGUN_FIELD("value", value), TOPGUN_FIELD("children", children),
                   TOPGUN_FIELD("valueRef", value_ref));
TOPGUN_WIRE_RECORD(Aggregation, TOPGUN_FIELD("func", func), TOPGUN_FIELD("field", field));
TOPGUN_WIRE_RECORD(Query, TOPGUN_FIELD("where", where), TOPGUN_FIELD("predicate", predicate),
                   TOPGUN_FIELD("sort", sort), TOPGUN_FIELD("limit", limit),
                   TOPGUN_FIELD("cursor", cursor), TOPGUN_FIELD("groupBy", group_by),
                   TOPGUN_FIELD("aggregations", aggregations),
                   TOPGUN_FIELD("fields", fields, Rule::if_readable));
TOPGUN_WIRE_RECORD(KeyedValue, TOPGUN_FIELD("key", key), TOPGUN_FIELD("value", value));
TOPGUN_WIRE_RECORD(SearchOptions, TOPGUN_FIELD("limit", limit), TOPGUN_FIELD("minScore", min_score),
                   TOPGUN_FIELD("boost", boost));

TOPGUN_WIRE_RECORD(AuthRequired);
TOPGUN_WIRE_RECORD(Auth, TOPGUN_FIELD("token", token),
                   TOPGUN_FIELD("protocolVersion", protocol_version),
                   TOPGUN_FIELD("deviceToken", device_token),
                   TOPGUN_FIELD("reconcile", reconcile, Rule::if_readable));
TOPGUN_WIRE_RECORD(AuthAck, TOPGUN_FIELD("protocolVersion", protocol_version),
                   TOPGUN_FIELD("userId", user_id), TOPGUN_FIELD("deviceId", device_id),
                   TOPGUN_FIELD("deviceToken", device_token),
                   TOPGUN_FIELD("reconcile", reconcile, Rule::if_readable));
TOPGUN_WIRE_RECORD(AuthFail, TOPGUN_FIELD("error", error), TOPGUN_FIELD("code", code));
TOPGUN_WIRE_RECORD(DeviceHello, TOPGUN_FIELD("deviceToken", device_token),
                   TOPGUN_FIELD("reconcile", reconcile, Rule::if_readable));
TOPGUN_WIRE_RECORD(DeviceAck, TOPGUN_FIELD("deviceId", device_id),
                   TOPGUN_FIELD("deviceToken", device_token),
                   TOPGUN_FIELD("reconcile", reconcile, Rule::if_readable));
TOPGUN_WIRE_RECORD(Ping, TOPGUN_FIELD("timestamp", timestamp));
TOPGUN_WIRE_RECORD(Pong, TOPGUN_FIELD("timestamp", timestamp),
                   TOPGUN_FIELD("serverTime", server_time));
TOPGUN_WIRE_RECORD(Batch, TOPGUN_FIELD("count", count), TOPGUN_FIELD("data", data));
TOPGUN_WIRE_RECORD(ErrorMessage, TOPGUN_FIELD("code", code), TOPGUN_FIELD("message", message),
                   TOPGUN_FIELD("details", details));

// ClientOp and its view are read by the same table.
#define TOPGUN_CLIENT_OP(Struct)                                                                   \
    TOPGUN_WIRE_RECORD(Struct, TOPGUN_FIELD("id", id), TOPGUN_FIELD("mapName", map_name),          \
                       TOPGUN_FIELD("key", key), TOPGUN_FIELD("opType", op_type),                  \
                       TOPGUN_FIELD("record", record), TOPGUN_FIELD("orRecord", or_record),        \
                       TOPGUN_FIELD("orTag", or_tag), TOPGUN_FIELD("writeConcern", write_concern), \
                       TOPGUN_FIELD("timeout", timeout),                                           \
                       TOPGUN_FIELD("timestamp", timestamp, Rule::if_readable),                    \
                       TOPGUN_FIELD("synced", synced, Rule::if_readable))
TOPGUN_CLIENT_OP(ClientOp);
TOPGUN_CLIENT_OP(ClientOpView);
#undef TOPGUN_CLIENT_OP
TOPGUN_WIRE_RECORD(ClientOpBatch, TOPGUN_FIELD("ops", ops),
                   TOPGUN_FIELD("writeConcern", write_concern), TOPGUN_FIELD("timeout", timeout));
TOPGUN_WIRE_RECORD(ClientOps, TOPGUN_FIELD("ops", ops), TOPGUN_FIELD("writeConcern", write_concern),
                   TOPGUN_FIELD("timeout", timeout));
TOPGUN_WIRE_RECORD(OpAck, TOPGUN_FIELD("lastId", last_id),
                   TOPGUN_FIELD("achievedLevel", achieved_level), TOPGUN_FIELD("results", results));
TOPGUN_WIRE_RECORD(OpRejected, TOPGUN_FIELD("opId", op_id), TOPGUN_FIELD("reason", reason),
                   TOPGUN_FIELD("code", code));
TOPGUN_WIRE_RECORD(ServerEvent, TOPGUN_FIELD("mapName", map_name),
                   TOPGUN_FIELD("eventType", event_type), TOPGUN_FIELD("key", key),
                   TOPGUN_FIELD("record", record), TOPGUN_FIELD("orRecord", or_record),
                   TOPGUN_FIELD("orTag", or_tag), TOPGUN_FIELD("epoch", epoch, Rule::if_readable));
TOPGUN_WIRE_RECORD(ServerBatchEvent, TOPGUN_FIELD("events", events));
TOPGUN_WIRE_RECORD(GcPrune, TOPGUN_FIELD("olderThan", older_than));
TOPGUN_WIRE_RECORD(MergeRejected, TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("key", key),
                   TOPGUN_FIELD("attemptedValue", attempted_value), TOPGUN_FIELD("reason", reason),
                   TOPGUN_FIELD("timestamp", timestamp));

TOPGUN_WIRE_RECORD(SyncInit, TOPGUN_FIELD("mapName", map_name),
                   TOPGUN_FIELD("lastSyncTimestamp", last_sync_timestamp));
TOPGUN_WIRE_RECORD(SyncRespRoot, TOPGUN_FIELD("mapName", map_name),
                   TOPGUN_FIELD("rootHash", root_hash), TOPGUN_FIELD("timestamp", timestamp));
TOPGUN_WIRE_RECORD(MerkleReqBucket, TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("path", path));
TOPGUN_WIRE_RECORD(SyncRespBuckets, TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("path", path),
                   TOPGUN_FIELD("buckets", buckets));
TOPGUN_WIRE_RECORD(LeafRecord, TOPGUN_FIELD("key", key), TOPGUN_FIELD("record", record));
TOPGUN_WIRE_RECORD(SyncRespLeaf, TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("path", path),
                   TOPGUN_FIELD("records", records));
TOPGUN_WIRE_RECORD(SyncResetRequired, TOPGUN_FIELD("mapName", map_name),
                   TOPGUN_FIELD("reason", reason));
TOPGUN_WIRE_RECORD(OrMapSyncInit, TOPGUN_FIELD("mapName", map_name),
                   TOPGUN_FIELD("rootHash", root_hash), TOPGUN_FIELD("bucketHashes", bucket_hashes),
                   TOPGUN_FIELD("lastSyncTimestamp", last_sync_timestamp),
                   TOPGUN_FIELD("claimedEpoch", claimed_epoch));
TOPGUN_WIRE_RECORD(OrMapSyncRespRoot, TOPGUN_FIELD("mapName", map_name),
                   TOPGUN_FIELD("rootHash", root_hash), TOPGUN_FIELD("timestamp", timestamp),
                   TOPGUN_FIELD("coveringEpoch", covering_epoch),
                   TOPGUN_FIELD("fullResync", full_resync, Rule::omit_if_false));
TOPGUN_WIRE_RECORD(OrMapMerkleReqBucket, TOPGUN_FIELD("mapName", map_name),
                   TOPGUN_FIELD("path", path));
TOPGUN_WIRE_RECORD(OrMapSyncRespBuckets, TOPGUN_FIELD("mapName", map_name),
                   TOPGUN_FIELD("path", path), TOPGUN_FIELD("buckets", buckets));
TOPGUN_WIRE_RECORD(OrMapSyncRespLeaf, TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("path", path),
                   TOPGUN_FIELD("entries", entries), TOPGUN_FIELD("coveringEpoch", covering_epoch));
TOPGUN_WIRE_RECORD(OrMapDiffRequest, TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("keys", keys));
TOPGUN_WIRE_RECORD(OrMapDiffResponse, TOPGUN_FIELD("mapName", map_name),
                   TOPGUN_FIELD("entries", entries), TOPGUN_FIELD("coveringEpoch", covering_epoch));
TOPGUN_WIRE_RECORD(OrMapPushDiff, TOPGUN_FIELD("mapName", map_name),
                   TOPGUN_FIELD("entries", entries));
TOPGUN_WIRE_RECORD(ClientApplyAck, TOPGUN_FIELD("cursor", cursor));

TOPGUN_WIRE_RECORD(HttpSyncMap, TOPGUN_FIELD("mapName", map_name),
                   TOPGUN_FIELD("lastSyncTimestamp", last_sync_timestamp));
TOPGUN_WIRE_RECORD(HttpQuery, TOPGUN_FIELD("queryId", query_id), TOPGUN_FIELD("mapName", map_name),
                   TOPGUN_FIELD("filter", filter, Rule::nil_if_absent),
                   TOPGUN_FIELD("limit", limit), TOPGUN_FIELD("offset", offset),
                   TOPGUN_FIELD("cursor", cursor));
TOPGUN_WIRE_RECORD(HttpSearch, TOPGUN_FIELD("searchId", search_id),
                   TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("query", query),
                   TOPGUN_FIELD("options", options));
TOPGUN_WIRE_RECORD(HttpSyncRequest, TOPGUN_FIELD("clientId", client_id),
                   TOPGUN_FIELD("clientHlc", client_hlc), TOPGUN_FIELD("operations", operations),
                   TOPGUN_FIELD("syncMaps", sync_maps), TOPGUN_FIELD("queries", queries),
                   TOPGUN_FIELD("searches", searches));
TOPGUN_WIRE_RECORD(HttpAck, TOPGUN_FIELD("lastId", last_id), TOPGUN_FIELD("results", results));
TOPGUN_WIRE_RECORD(HttpDeltaRecord, TOPGUN_FIELD("key", key), TOPGUN_FIELD("record", record),
                   TOPGUN_FIELD("eventType", event_type));
TOPGUN_WIRE_RECORD(HttpMapDelta, TOPGUN_FIELD("mapName", map_name),
                   TOPGUN_FIELD("records", records),
                   TOPGUN_FIELD("serverSyncTimestamp", server_sync_timestamp));
TOPGUN_WIRE_RECORD(HttpQueryResult, TOPGUN_FIELD("queryId", query_id),
                   TOPGUN_FIELD("results", results), TOPGUN_FIELD("hasMore", has_more),
                   TOPGUN_FIELD("nextCursor", next_cursor));
TOPGUN_WIRE_RECORD(HttpSearchResult, TOPGUN_FIELD("searchId", search_id),
                   TOPGUN_FIELD("results", results), TOPGUN_FIELD("totalCount", total_count));
TOPGUN_WIRE_RECORD(HttpError, TOPGUN_FIELD("code", code), TOPGUN_FIELD("message", message),
                   TOPGUN_FIELD("context", context));
TOPGUN_WIRE_RECORD(HttpSyncResponse, TOPGUN_FIELD("serverHlc", server_hlc),
                   TOPGUN_FIELD("ack", ack), TOPGUN_FIELD("deltas", deltas),
                   TOPGUN_FIELD("queryResults", query_results),
                   TOPGUN_FIELD("searchResults", search_results), TOPGUN_FIELD("errors", errors));

}  // namespace topgun::wire::detail
