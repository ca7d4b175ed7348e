// SPDX-License-Identifier: Apache-2.0
// The one thread that runs a hub: what sockets bring goes in by a queue, what the hub says goes
// out.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "intake.hpp"
#include "topgun/storage/server_storage.hpp"
#include "topgun/sync/http.hpp"
#include "topgun/sync/hub.hpp"

namespace topgun::net {

/// Who waits for the answer to a request. Sockets hang on it and must end with the server, whoever
/// else still has the request: an engine that is busy with it, for one. Threads: any.
class OpenRequests {
public:
    std::uint64_t add(sync::HttpRespond respond);
    /// Empty when it was taken before, or everything has ended.
    sync::HttpRespond take(std::uint64_t number);
    /// Drops all, and what comes later.
    void end();

private:
    std::mutex mutex_;
    std::uint64_t last_ = 0;
    bool ended_ = false;
    std::unordered_map<std::uint64_t, sync::HttpRespond> waiting_;
};

/// A thread for what would keep the hub from everybody else. Threads: any.
class Worker {
public:
    Worker();
    ~Worker() { stop(); }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Work is done in the order in which it came; after stop() not at all.
    void run(std::function<void()> work);
    /// Waits for the piece of work that is being done, and drops the rest.
    void stop();

private:
    void loop();

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> waiting_;
    bool stopping_ = false;
    std::thread thread_;
};

/// Threads: all members from any thread.
class HubThread final : public Intake, public DurabilityListener {
public:
    HubThread(std::unique_ptr<sync::Hub> hub, ServerStorage& storage, sync::HttpHandler http);
    ~HubThread() override;

    std::uint64_t open(std::shared_ptr<Link> link) override;
    void receive(std::uint64_t link, sync::Frame frame) override;
    void written(std::uint64_t link, std::size_t bytes) override;
    void lost(std::uint64_t link) override;
    void request(sync::HttpRequest request, sync::HttpRespond respond) override;
    void post(std::function<void(sync::Hub&)> task);
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
        std::optional<sync::Frame> frame;
        std::shared_ptr<Link> opened;
        std::function<void(sync::Hub&)> task;
    };
    struct Peer {
        std::shared_ptr<Link> link;
        std::unique_ptr<sync::Connection> connection;
        // Until the connection wants input: what a peer asks for must not outgrow its queue. Their
        // memory is not reported as consumed, and so bounded like all that waits to be served.
        std::deque<sync::Frame> kept;
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
    void take(Peer& peer, const sync::Frame& frame);
    bool serve_kept(Peer& peer);
    void lose(std::uint64_t link, Peer& peer);
    void touch(std::uint64_t link, Peer& peer);
    void after_round();
    void deliver(Peer& peer);
    void tick();
    void respond_when_durable(sync::HttpReply reply, sync::HttpRespond respond);
    void answer_durable();
    static std::uint64_t steady_ms();

    std::unique_ptr<sync::Hub> hub_;
    ServerStorage& storage_;
    sync::HttpHandler http_;
    // Shared with handlers, of which one may outlive this.
    std::shared_ptr<OpenRequests> requests_ = std::make_shared<OpenRequests>();
    std::atomic<std::uint64_t> next_link_{1};
    std::atomic<bool> settle_posted_{false};

    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<Item> inbox_;
    bool stopping_ = false;
    bool ended_ = false;  // the thread takes nothing any more

    // Of the thread alone.
    std::unordered_map<std::uint64_t, Peer> peers_;  // by link
    std::unordered_map<std::uint64_t, std::uint64_t> by_connection_;
    std::vector<std::uint64_t> touched_;
    std::vector<Waiting> waiting_;  // HTTP replies
    std::uint64_t last_tick_ = 0, last_second_ = 0;
    Worker worker_;
    std::thread thread_;
};

}  // namespace topgun::net
