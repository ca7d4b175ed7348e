// SPDX-License-Identifier: Apache-2.0
// Live endpoints as sources and sinks: a seam, because sockets and TLS are loaded only when asked
// for.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "topgun/source/source.hpp"

namespace topgun {

/// True for ws:// and wss://.
TOPGUN_API bool is_endpoint(std::string_view path) noexcept;

/// Threads: each call by itself; calls may run concurrently.
class TOPGUN_API RemoteAccess {
public:
    virtual ~RemoteAccess();
    /// The state of an endpoint: all that it has, or only what differs from ReadOptions::resembles.
    /// The token is that of the variable TOPGUN_TOKEN, or in the file of TOPGUN_TOKEN_FILE.
    /// Errors: unreachable, usage, those of the endpoint.
    virtual Result<Source> open(const std::string& url, const ReadOptions& options) = 0;
    /// Sends what an endpoint lacks of a state.
    virtual Result<WriteReport> write(const StateReader& state, const std::string& url) = 0;
    /// Sends ops in order; finish() returns when the endpoint has acknowledged all.
    virtual Result<std::unique_ptr<OpWriter>> writer(const std::string& url) = 0;
};

/// Loads libtopgun-net, which stands beside this library, once. Errors: not_found when it is not
/// installed.
TOPGUN_API Result<RemoteAccess*> remote_access();

}  // namespace topgun
