// SPDX-License-Identifier: Apache-2.0
// What example messages say, by the name of the field.
#pragma once

#include <string_view>

namespace topgun::wire::detail {

// Texts for fields, separated by '|'. A word after '@' names a form that is made up.
struct TextChoice {
    std::string_view field;
    std::string_view choices;
};
inline constexpr TextChoice kTexts[] = {
    {"mapName", "todos|orders|sensors|rooms|articles"},
    {"key", "todo-1|todo-42|order/2024/17|sensor 3|room:west|caf\u00e9"},
    {"keys", "todo-1|todo-42|order/2024/17|sensor 3"},
    {"afterKey", "todo-41|order/2024/16"},
    {"nodeId", "node-1|node-2|node-3|edge-07"},
    {"ownerNodeId", "node-1|node-2|node-3"},
    {"backupNodeIds", "node-2|node-3"},
    {"coordinatorNodeId", "node-1"},
    {"sourceNodeId", "node-2|node-3"},
    {"previousOwner", "node-1|node-2"},
    {"newOwner", "node-3|node-4"},
    {"publisherId", "client-7|client-12"},
    {"clientId", "client-7|client-12"},
    {"userId", "user-17|user-204"},
    {"requestId", "@request"},
    {"queryId", "@uuid"},
    {"subscriptionId", "@uuid"},
    {"searchId", "@request"},
    {"id", "@decimal"},
    {"opId", "@decimal"},
    {"lastId", "@decimal"},
    {"sequence", "@decimal"},
    {"fromSequence", "@decimal"},
    {"deviceId", "@uuid"},
    {"deviceToken", "@device"},
    {"token", "@token"},
    {"tag", "@stamp"},
    {"orTag", "@stamp"},
    {"tombstones", "@stamp"},
    {"path", "@path"},
    {"cursor", "@cursor"},
    {"nextCursor", "@cursor"},
    {"opType", "PUT|REMOVE|OR_ADD|OR_REMOVE"},
    {"op", "eq|neq|gt|gte|lt|lte|like"},
    {"func", "count|sum|min|max|avg"},
    {"field", "title|priority|createdAt|price"},
    {"fields", "title|priority|createdAt"},
    {"attribute", "title|priority|createdAt|price"},
    {"groupBy", "category|city"},
    {"columns", "title|priority|price"},
    {"valueRef", "limits.priority"},
    {"query", "water plants|blue chair"},
    {"queryText", "water plants|blue chair"},
    {"searchQuery", "water plants"},
    {"matchedTerms", "water|plants|blue|chair"},
    {"sql",
     "SELECT title, priority FROM todos WHERE done = false ORDER BY priority|"
     "SELECT count(*) FROM orders GROUP BY city"},
    {"topic", "chat/room-1|alerts|sensors:west"},
    {"name", "page-views|nightly-report|stock"},
    {"code", "QUERY_SNAPSHOT_OVERFLOW|FEATURE_DISABLED"},
    {"error", "access denied for map orders|no index for the map"},
    {"message", "rate limit exceeded, slow down|access denied for map orders"},
    {"reason", "value is larger than the limit|retention changed"},
    {"context", "orders"},
    {"resolverName", "keep-longest"},
    {"keyPattern", "todo-*"},
    {"indexName", "by-embedding"},
    {"websocket", "ws://10.0.0.1:8080|ws://10.0.0.2:8080"},
    {"http", "http://10.0.0.1:8080"},
    {"boost", "title|body"},
    {"methodScores", "exact|fullText|semantic"},
    {"results", "todo-1|todo-42|sensor 3"},
    {"buckets", "0|1|4|7|9|a|c|f"},
    {"bucketHashes", "0|1|4|7|9|a|c|f"},
    {"state", "node-1|node-2|node-3"},
    {"sort", "createdAt|price|title"},
    {"querySort", "createdAt|price|title"},
};

// Legal, and easily mishandled.
inline constexpr std::string_view kOddTexts[] = {"",
                                                 " ",
                                                 ":",
                                                 "a:b",
                                                 "\"quoted\"",
                                                 "back\\slash",
                                                 "line\nbreak",
                                                 "\u00e9t\u00e9",
                                                 "\U0001f600",
                                                 "\U0001f468\u200d\U0001f469",
                                                 "0",
                                                 "__proto__",
                                                 "$bin",
                                                 "\uffff",
                                                 "\u0001"};

}  // namespace topgun::wire::detail
