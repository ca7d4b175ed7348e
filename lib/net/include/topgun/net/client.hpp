// SPDX-License-Identifier: Apache-2.0
// Carries a sync::Client over a WebSocket, and connects again when the line breaks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "topgun/base/error.hpp"
#include "topgun/net/server.hpp"
#include "topgun/sync/client.hpp"

namespace topgun::net {

/// A WebSocket's address.
struct Url {
    bool tls = false;
    std::string host;  ///< Without the brackets of an address of version 6.
    std::uint16_t port = 0;
    std::string path = "/ws";
    bool operator==(const Url&) const = default;
};

/// True for ws:// and wss://, whatever follows.
TOPGUN_API bool is_url(std::string_view text) noexcept;
/// Reads ws://HOST[:PORT][/PATH]; the path is /ws and the port 80 or 443 where there is none.
/// Errors: usage, with what is wrong.
TOPGUN_API Result<Url> parse_url(std::string_view text);

struct CarryOptions {
    /// Authorities in PEM form that may have signed the server's certificate; empty: the system's.
    std::string tls_authorities{};
    std::string tls_certificate{}, tls_key{};  ///< Our own, where the server asks for one.
    std::uint64_t connect_ms = 5'000;          ///< For one attempt, TLS and upgrade included.
    /// Attempts in a row that may fail before it gives up; 0: it never does.
    std::uint64_t attempts = 3;
    /// Asked some ten times a second; true ends the run.
    std::function<bool()> stop{};
    /// Called some ten times a second, where the client may be looked at.
    std::function<void(const sync::Client& client)> progress{};
    LogSink log{};
};

/// Runs a client until it is done: finished, failed, paused, told to stop, or the server cannot be
/// reached. Uses the calling thread and no other.
/// Errors: unreachable after the last attempt, with what it met; cancelled; usage.
TOPGUN_API Status carry(const Url& url, sync::Client& client, const CarryOptions& options);

/// Carries a client for as long as it lives, on a thread of its own. The client is touched through
/// `invoke` alone, so that it may belong to another thread.
class TOPGUN_API Carrier {
public:
    /// Runs a task where the client lives, soon and in order.
    using Invoke = std::function<void(std::function<void()> task)>;

    /// Certificates that cannot be read are logged as an error, and it never connects.
    /// @param client  outlives the carrier. @param invoke  runs tasks in order, for as long as the
    /// carrier lives: its destructor waits for the last one, so it must not run there.
    static std::unique_ptr<Carrier> start(Url url, sync::Client& client, CarryOptions options,
                                          Invoke invoke);
    virtual ~Carrier();
    /// Connected and admitted at the moment.
    virtual bool connected() const = 0;
};

}  // namespace topgun::net
