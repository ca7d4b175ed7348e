// SPDX-License-Identifier: Apache-2.0
// HTTP without sockets: requests and replies as values, and POST /sync as a function.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/sync/hub.hpp"

namespace topgun::sync {

struct HttpRequest {
    std::string method;  ///< "GET", as it came.
    std::string path;    ///< Before '?', not decoded.
    std::string query;   ///< After '?', not decoded; empty without one.
    std::string authorization;
    std::string content_type;
    std::string origin;
    std::string request_id;  ///< Of the peer, or made by the host; goes back in the reply.
    Bytes body;
};

struct HttpReply {
    unsigned status = 200;
    std::string content_type;  ///< "application/msgpack", or "application/json" for errors.
    Bytes body;
    /// To be sent no sooner than the storage's durable() has reached this: it acknowledges writes.
    std::uint64_t sequence = 0;
    std::vector<std::pair<std::string, std::string>> headers{};
    /// When not empty, the body is this file's content; whoever sends it removes it afterwards.
    std::string file{};
};

using HttpRespond = std::function<void(HttpReply reply)>;

/// Answers requests. Called on the hub's thread; `respond` is called once, on that thread too,
/// during the call or later.
using HttpHandler =
    std::function<void(Hub& hub, const HttpRequest& request, HttpRespond respond)>;

/// Applies the request's ops and gives, for each map asked for, all its records if it has changed
/// since the time that the request names, and what its searches find. Queries are answered with an
/// error entry.
/// @param authorization  the header's value, "Bearer ..."; empty when there is none.
/// @param body  at most Limits::message_bytes, otherwise 413.
/// Threads: the hub's.
TOPGUN_API HttpReply answer_http_sync(Hub& hub, std::string_view authorization, BytesView body);

}  // namespace topgun::sync
