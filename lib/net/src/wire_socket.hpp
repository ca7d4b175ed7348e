// SPDX-License-Identifier: Apache-2.0
// A client's WebSocket: connects, reads and writes whole messages, in plain or over TLS.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "beast.hpp"
#include "topgun/net/client.hpp"

namespace topgun::net {

struct SocketEvents {
    std::function<void()> opened;
    std::function<void(Bytes frame)> received;
    /// Once, last of all: it could not be opened, or it has gone.
    std::function<void(std::string reason)> closed;
    std::function<void(std::size_t bytes)> written;
};

/// Threads: that of its io_context. Events are called from there.
class WireSocket {
public:
    virtual ~WireSocket();
    virtual void send(Bytes frame) = 0;
    virtual void close() = 0;
    /// Stops reading until told otherwise.
    virtual void pause(bool paused) = 0;
};

/// Begins to connect. @param tls  null without TLS; outlives the socket.
std::shared_ptr<WireSocket> open_socket(asio::io_context& io, const Url& url,
                                        asio::ssl::context* tls, std::uint64_t connect_ms,
                                        std::size_t message_bytes, SocketEvents events);

/// Errors: bad_input, naming the file.
Result<std::unique_ptr<asio::ssl::context>> client_tls(const CarryOptions& options);

}  // namespace topgun::net
