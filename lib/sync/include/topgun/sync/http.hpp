// SPDX-License-Identifier: Apache-2.0
// POST /sync as a function: for clients without a WebSocket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "topgun/base/bytes.hpp"
#include "topgun/sync/hub.hpp"

namespace topgun::sync {

struct HttpReply {
    unsigned status = 200;
    std::string content_type;  ///< "application/msgpack", or "application/json" for errors.
    Bytes body;
    /// To be sent no sooner than the storage's durable() has reached this: it acknowledges writes.
    std::uint64_t sequence = 0;
};

/// Applies the request's ops and gives, for each map asked for, all its records if it has changed
/// since the time that the request names, and what its searches find. Queries are answered with an
/// error entry.
/// @param authorization  the header's value, "Bearer ..."; empty when there is none.
/// @param body  at most Limits::message_bytes, otherwise 413.
/// Threads: the hub's.
TOPGUN_API HttpReply answer_http_sync(Hub& hub, std::string_view authorization, BytesView body);

}  // namespace topgun::sync
