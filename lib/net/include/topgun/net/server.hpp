// SPDX-License-Identifier: Apache-2.0
// An endpoint on the network: WebSocket and HTTP on one port, carried to a sync::Hub.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/sync/http.hpp"
#include "topgun/sync/hub.hpp"

namespace topgun::net {

/// Files in PEM form.
struct TlsFiles {
    std::string certificate;  ///< With its chain.
    std::string key;
    /// When set, peers must show a certificate that one of these authorities signed.
    std::string client_authorities;
};

enum class LogLevel : std::uint8_t { debug, info, warning, error };

/// One line of a log. Borrowed for the call.
struct LogEvent {
    LogLevel level = LogLevel::info;
    std::string_view message;
    std::vector<std::pair<std::string_view, std::string>> fields{};
};

/// Called from any thread, also from several at once. May be empty.
using LogSink = std::function<void(const LogEvent& event)>;

struct ServerOptions {
    std::string address = "127.0.0.1";  ///< Numeric, version 4 or 6.
    std::uint16_t port = 8080;          ///< 0: any free one.
    std::size_t threads = 0;            ///< That carry bytes; 0: one for each core, at most 4.
    std::optional<TlsFiles> tls{};
    std::size_t connections = 10'000;         ///< Sockets at a time; further ones are closed.
    std::size_t connections_per_address = 0;  ///< The same for one peer's address; 0: no limit.
    bool compress = false;             ///< Agrees to permessage-deflate when a peer offers it.
    std::uint64_t header_ms = 10'000;  ///< For a request's head, TLS handshake included.
    std::uint64_t body_ms = 30'000;    ///< For the rest of a request, and for taking its reply.
    std::size_t body_bytes = std::size_t{2} << 20;
    /// Of web pages that may connect where no token is needed, beside the endpoint's own and those
    /// of this machine; "*" for all. With tokens, pages of any origin may connect.
    std::vector<std::string> page_origins{};
    std::uint64_t drain_ms = 5'000;  ///< How long stop() waits for peers to go.
    sync::HttpHandler http{};        ///< Empty: POST /sync alone.
    LogSink log{};
};

/// What the transport counts; the hub has its own.
struct TransportCounters {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;  ///< Beyond the limits of connections.
    std::uint64_t tls_failures = 0;
    std::uint64_t http_requests = 0;
    std::uint64_t text_frames = 0;  ///< Ignored: the protocol is binary.
    std::uint64_t open = 0;         ///< Sockets at the moment.
};

/// Carries frames between sockets and a hub. One thread runs the hub; others read and write
/// sockets, each connection in order. Peers that send faster than they are served are not read
/// from; peers that do not read are closed by the hub's limit.
/// Threads: all members may be called from any thread but those of the server itself.
class TOPGUN_API Server {
public:
    /// Listens, and serves from then on. @param storage  outlives the server, which listens to its
    /// durability. Errors: usage for an address that is none, io when it cannot be listened on,
    /// bad_input for certificates; those of Hub::create().
    static Result<std::unique_ptr<Server>> start(ServerOptions options, sync::HubOptions hub,
                                                 ServerStorage& storage,
                                                 const TimeSource& time = system_time());
    virtual ~Server();

    virtual std::uint16_t port() const = 0;
    /// Runs `task` on the hub's thread, soon. Not after stop() has returned.
    virtual void post(std::function<void(sync::Hub&)> task) = 0;
    virtual TransportCounters transport() const = 0;
    /// True from the moment stop() is called: the endpoint takes nobody new.
    virtual bool draining() const = 0;
    /// Stops listening, makes what was written durable, acknowledges it, closes all connections
    /// with 1001 and waits for them, for drain_ms at most. Errors: those of the storage's flush.
    virtual Status stop() = 0;
};

}  // namespace topgun::net
