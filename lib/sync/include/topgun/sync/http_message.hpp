// SPDX-License-Identifier: Apache-2.0
// HTTP requests and replies as values.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "topgun/base/bytes.hpp"

namespace topgun::sync {

struct HttpRequest {
    std::string method;  ///< "GET", as it came.
    std::string path;    ///< Before '?', not decoded.
    std::string query;   ///< After '?', not decoded; empty without one.
    std::string authorization;
    std::string content_type;
    std::string origin;      ///< Of a web page that is not the endpoint's own; empty otherwise.
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

}  // namespace topgun::sync
