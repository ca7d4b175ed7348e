// SPDX-License-Identifier: Apache-2.0
// The one thread that runs a hub: what sockets bring goes in by a queue, what the hub says goes out.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "topgun/storage/server_storage.hpp"
#include "topgun/sync/http.hpp"
#include "topgun/sync/hub.hpp"

namespace topgun::net {

/// What the hub has for one socket after a round.
struct Delivery {
    std::vector<Bytes> frames;
    std::size_t consumed = 0;  ///< Bytes of frames from the socket that have been served.
    bool wants_input = true;
    std::optional<sync::Closing> closing;  ///< After the frames.
};

/// The socket's end. deliver() is called on the hub's thread and must not wait.
class Link {
public:
    virtual ~Link();
    virtual void deliver(Delivery delivery) = 0;
};

/// Threads: all members from any thread.
class HubThread final : public DurabilityListener {
public:
    /// Bytes handed to a socket and not yet written; the rest waits in the hub's bounded queue.
    static constexpr std::size_t kWindow = std::size_t{256} << 10;

    HubThread(std::unique_ptr<sync::Hub> hub, ServerStorage& storage);
    ~HubThread() override;

    /// A new peer. @return the number by which the socket is known here.
    std::uint64_t open(std::shared_ptr<Link> link);
    void receive(std::uint64_t link, Bytes frame);
    /// Of the frames delivered, so many bytes have left.
    void written(std::uint64_t link, std::size_t bytes);
    /// The socket has gone.
    void lost(std::uint64_t link);
    void post(std::function<void(sync::Hub&)> task);
    /// Gives the reply once what it acknowledges is durable. @pre on the hub's thread.
    void respond_when_durable(sync::HttpReply reply, sync::HttpRespond respond);
    /// Makes durable what was written, answers it, and closes every connection. Waits.
    Status drain();
    /// Ends the thread after what was posted before. Nothing is delivered afterwards.
    void stop();

    void on_durable(std::uint64_t sequence) override;
    void on_failed(const Error& error) override;

private:
    struct Item {
        enum class Kind { open, frame, written, lost, task } kind = Kind::task;
        std::uint64_t link = 0;
        std::size_t bytes = 0;
        Bytes frame;
        std::shared_ptr<Link> opened;
        std::function<void(sync::Hub&)> task;
    };
    struct Peer {
        std::shared_ptr<Link> link;
        std::unique_ptr<sync::Connection> connection;
        std::size_t in_flight = 0;  // bytes delivered, not yet written
        std::size_t consumed = 0;   // not yet reported
        bool reading = true;        // what the socket was told last
        bool touched = false;
        bool told_end = false;
    };
    struct Waiting {
        sync::HttpReply reply;
        sync::HttpRespond respond;
    };

    void push(Item item);
    void run();
    void serve(Item& item);
    void touch(std::uint64_t link, Peer& peer);
    void after_round();
    void deliver(Peer& peer);
    void tick();
    void answer_durable();
    static std::uint64_t steady_ms();

    std::unique_ptr<sync::Hub> hub_;
    ServerStorage& storage_;
    std::atomic<std::uint64_t> next_link_{1};
    std::atomic<bool> settle_posted_{false};

    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<Item> inbox_;
    bool stopping_ = false;

    // Of the thread alone.
    std::unordered_map<std::uint64_t, Peer> peers_;             // by link
    std::unordered_map<std::uint64_t, std::uint64_t> by_connection_;
    std::vector<std::uint64_t> touched_;
    std::vector<Waiting> waiting_;  // HTTP replies
    std::uint64_t last_tick_ = 0, last_second_ = 0;
    std::thread thread_;
};

}  // namespace topgun::net
