// SPDX-License-Identifier: Apache-2.0
// Many WebSockets on one thread, as raw messages: for load generators, probes and tests, which
// sync::Client would do too much for.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/net/client.hpp"

namespace topgun::net {

struct ChannelOptions {
    /// As in CarryOptions.
    std::string tls_authorities{}, tls_certificate{}, tls_key{};
    std::uint64_t connect_ms = 5'000;                    ///< For TCP, TLS and the upgrade, each.
    std::size_t message_bytes = std::size_t{256} << 20;  ///< A larger one ends the channel.
};

/// What a channel tells, on the thread that runs its loop.
struct ChannelEvents {
    std::function<void()> opened{};
    /// One binary message, valid for the call.
    std::function<void(BytesView message)> received{};
    /// Once, last of all: it could not be opened, or it has gone.
    std::function<void(std::string reason)> closed{};
};

/// One WebSocket. Lives on after its owner has let go of it, until it is closed.
/// Threads: that of its loop.
class TOPGUN_API Channel {
public:
    virtual ~Channel();
    /// Sends one binary message after those before it. The queue has no bound of its own: whoever
    /// sends awaits answers.
    virtual void send(Bytes message) = 0;
    /// Sends what is queued, then closes.
    virtual void close() = 0;
};

/// Runs channels, and timers beside them.
/// Threads: one, that calls run(); before it, the one that made the loop.
class TOPGUN_API ChannelLoop {
public:
    /// Errors: bad_input for certificates, naming the file; only looked at when `tls` is true.
    static Result<std::unique_ptr<ChannelLoop>> create(const ChannelOptions& options, bool tls);
    virtual ~ChannelLoop();

    /// Begins to connect. @pre the loop was made for TLS where the URL asks for it.
    /// @param reads  false for a peer that takes nothing that is sent to it, until it is closed.
    virtual std::shared_ptr<Channel> open(const Url& url, ChannelEvents events,
                                          bool reads = true) = 0;
    /// Calls `task` once, unless the loop ends before.
    virtual void after(std::chrono::nanoseconds delay, std::function<void()> task) = 0;
    /// Until stop().
    virtual void run() = 0;
    /// run() returns soon; it may be called again.
    virtual void stop() = 0;
};

}  // namespace topgun::net
