// SPDX-License-Identifier: Apache-2.0
// Between sockets and the hub: what sessions know of it. Their templates take minutes to compile,
// so this names nothing that often changes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "topgun/sync/frame.hpp"
#include "topgun/sync/http_message.hpp"

namespace topgun::net {

/// Why and how a WebSocket is closed.
struct Ending {
    std::uint16_t code = 1000;
    std::string reason;
};

/// What the hub has for one socket after a round.
struct Delivery {
    std::vector<std::shared_ptr<const Bytes>> frames;  ///< Shared by those who get the same.
    std::size_t consumed = 0;  ///< Memory of frames from the socket that have been served.
    bool wants_input = true;
    std::optional<Ending> ending;  ///< After the frames.
};

/// The socket's end. deliver() is called on the hub's thread and must not wait.
class Link {
public:
    virtual ~Link();
    virtual void deliver(Delivery delivery) = 0;
};

/// The hub's end. Threads: all members from any thread.
class Intake {
public:
    // What is counted here is told at half of it: a note for each frame would wake a thread for
    // each, and cost more than the frame.
    /// Bytes handed to a socket and not yet written; the rest waits in the hub's bounded queue.
    static constexpr std::size_t kWindow = std::size_t{256} << 10;
    /// Memory of frames that the hub has not served yet; beyond it a socket is not read.
    static constexpr std::size_t kUnserved = std::size_t{1} << 20;

    virtual ~Intake();
    /// A new peer. @return the number by which the socket is known here.
    virtual std::uint64_t open(std::shared_ptr<Link> link) = 0;
    virtual void receive(std::uint64_t link, sync::Frame frame) = 0;
    /// Of the frames delivered, so many bytes have left.
    virtual void written(std::uint64_t link, std::size_t bytes) = 0;
    /// The socket has gone.
    virtual void lost(std::uint64_t link) = 0;
    /// @param respond  called once what the reply acknowledges is durable, on the hub's thread.
    virtual void request(sync::HttpRequest request, sync::HttpRespond respond) = 0;
};

}  // namespace topgun::net
