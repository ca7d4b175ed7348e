// SPDX-License-Identifier: Apache-2.0
// HTTP without sockets: requests and replies as values, and POST /sync as a function.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "topgun/base/bytes.hpp"
#include "topgun/sync/http_message.hpp"
#include "topgun/sync/hub.hpp"

namespace topgun::sync {

/// Answers requests. Called on the hub's thread; `respond` is called once, on that thread too,
/// during the call or later.
using HttpHandler = std::function<void(Hub& hub, const HttpRequest& request, HttpRespond respond)>;

/// Applies the request's ops and gives, for each map asked for, all its records if it has changed
/// since the time that the request names, and what its searches find. Queries are answered with an
/// error entry.
/// @param authorization  the header's value, "Bearer ..."; empty when there is none.
/// @param body  at most Limits::message_bytes, otherwise 413.
/// @param respond  called once, on the hub's thread, during the call or later: what is large is
/// read apart. Threads: the hub's.
TOPGUN_API void answer_http_sync(Hub& hub, std::string_view authorization, BytesView body,
                                 HttpRespond respond);
/// The same for a hub that runs everything at once. @pre nobody has called Hub::run_apart_by().
TOPGUN_API HttpReply answer_http_sync(Hub& hub, std::string_view authorization, BytesView body);

}  // namespace topgun::sync
