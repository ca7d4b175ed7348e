// SPDX-License-Identifier: Apache-2.0
// The bodies of POST /sync: one request and one response, maps without `type`.
#pragma once

#include "topgun/base/error.hpp"
#include "topgun/wire/codec.hpp"
#include "topgun/wire/messages_ops.hpp"

namespace topgun::wire {

struct HttpSyncMap {
    std::string map_name{};
    Timestamp last_sync_timestamp{};
    bool operator==(const HttpSyncMap&) const = default;
};

/// An absent filter, which TypeScript clients send, is read as nil: everything matches.
struct HttpQuery {
    std::string query_id{};
    std::string map_name{};
    AnyValue filter{};
    std::optional<std::uint32_t> limit{};
    std::optional<std::uint32_t> offset{};
    std::optional<std::string> cursor{};
    bool operator==(const HttpQuery&) const = default;
};

struct HttpSearch {
    std::string search_id{};
    std::string map_name{};
    std::string query{};
    std::optional<AnyValue> options{};
    bool operator==(const HttpSearch&) const = default;
};

struct HttpSyncRequest {
    std::string client_id{};
    Timestamp client_hlc{};
    std::optional<std::vector<ClientOp>> operations{};
    std::optional<std::vector<HttpSyncMap>> sync_maps{};
    std::optional<std::vector<HttpQuery>> queries{};
    std::optional<std::vector<HttpSearch>> searches{};
    bool operator==(const HttpSyncRequest&) const = default;
};

struct HttpAck {
    std::string last_id{};
    std::optional<std::vector<OpResult>> results{};
    bool operator==(const HttpAck&) const = default;
};

struct HttpDeltaRecord {
    std::string key{};
    LwwMapRecord record{};
    DeltaType event_type = DeltaType::put;
    bool operator==(const HttpDeltaRecord&) const = default;
};

struct HttpMapDelta {
    std::string map_name{};
    std::vector<HttpDeltaRecord> records{};
    Timestamp server_sync_timestamp{};
    bool operator==(const HttpMapDelta&) const = default;
};

/// Bare values, sorted by key.
struct HttpQueryResult {
    std::string query_id{};
    std::vector<AnyValue> results{};
    std::optional<bool> has_more{};
    std::optional<std::string> next_cursor{};
    bool operator==(const HttpQueryResult&) const = default;
};

struct HttpSearchResult {
    std::string search_id{};
    std::vector<AnyValue> results{};
    std::optional<std::uint32_t> total_count{};
    bool operator==(const HttpSearchResult&) const = default;
};

struct HttpError {
    std::uint32_t code = 0;
    std::string message{};
    std::optional<std::string> context{};
    bool operator==(const HttpError&) const = default;
};

struct HttpSyncResponse {
    Timestamp server_hlc{};
    std::optional<HttpAck> ack{};
    std::optional<std::vector<HttpMapDelta>> deltas{};
    std::optional<std::vector<HttpQueryResult>> query_results{};
    std::optional<std::vector<HttpSearchResult>> search_results{};
    std::optional<std::vector<HttpError>> errors{};
    bool operator==(const HttpSyncResponse&) const = default;
};

/// As decode() for frames. An empty body is a request that asks for nothing.
TOPGUN_API Result<HttpSyncRequest> decode_http_sync_request(BytesView body,
                                                            const DecodeOptions& options = {});
TOPGUN_API Result<HttpSyncResponse> decode_http_sync_response(BytesView body,
                                                              const DecodeOptions& options = {});
/// As encode() for messages: appends.
TOPGUN_API void encode(const HttpSyncRequest& request, Bytes& out);
TOPGUN_API void encode(const HttpSyncResponse& response, Bytes& out);

}  // namespace topgun::wire
