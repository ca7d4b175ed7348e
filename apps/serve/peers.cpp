// SPDX-License-Identifier: Apache-2.0
#include "peers.hpp"

#include <chrono>
#include <future>
#include <mutex>
#include <optional>

namespace topgun::cli {
namespace {

using Clock = std::chrono::steady_clock;
// A refused token may be accepted after the other side was configured anew.
constexpr std::chrono::seconds kRestart{30};

// What the hub's thread sees of a link, for the thread that watches it.
class Watch {
public:
    void note(const sync::Client& client) {
        const auto state = client.state();
        if (state == sync::ClientState::failed && !failed_.load()) {
            const std::lock_guard lock(mutex_);
            reason_ = client.report().error.value_or("no reason given");
            failed_ = true;
        }
        up_ = state == sync::ClientState::working || state == sync::ClientState::following;
    }
    bool up() const noexcept { return up_; }
    /// Why it cannot go on; empty when it can.
    std::string failure() const {
        const std::lock_guard lock(mutex_);
        return reason_;
    }

private:
    std::atomic<bool> up_{false}, failed_{false};
    mutable std::mutex mutex_;
    std::string reason_;
};

// Runs a task on the hub's thread, and waits for it.
void on_hub(net::Server& server, const std::function<void(sync::Hub&)>& task) {
    std::promise<void> done;
    server.post([&](sync::Hub& hub) {
        task(hub);
        done.set_value();
    });
    done.get_future().wait();
}

}  // namespace

struct Peers::Peer {
    PeersOptions::Target target;
    std::shared_ptr<Watch> watch;
    std::unique_ptr<sync::PeerLink> link;  // belongs to the hub's thread
    std::unique_ptr<net::Carrier> carrier;
    bool up = false;
    std::optional<Clock::time_point> restart_at;
};

Peers::Peers(PeersOptions options, Logger& logger)
    : options_(std::move(options)), logger_(logger) {}

Peers::~Peers() {
    stop();
}

void Peers::start(net::Server& server) {
    server_ = &server;
    for (const auto& target : options_.targets) {
        peers_.push_back(std::make_unique<Peer>());
        peers_.back()->target = target;
        begin(*peers_.back());
    }
}

void Peers::begin(Peer& peer) {
    peer.restart_at.reset();
    peer.watch = std::make_shared<Watch>();
    on_hub(*server_, [&](sync::Hub& hub) {
        sync::PeerOptions options;
        options.token = options_.token;
        options.resync_ms = options_.resync_ms;
        peer.link = std::make_unique<sync::PeerLink>(hub, std::move(options));
    });
    net::CarryOptions carrying;
    carrying.tls_authorities = options_.tls_authorities;
    carrying.progress = [watch = peer.watch](const sync::Client& client) { watch->note(client); };
    carrying.log = [this](const net::LogEvent& event) { logger_.log(event); };
    peer.carrier =
        net::Carrier::start(peer.target.url, peer.link->client(), std::move(carrying),
                            [server = server_](std::function<void()> task) {
                                server->post([task = std::move(task)](sync::Hub&) { task(); });
                            });
}

void Peers::end(Peer& peer) {
    // The carrier's last task runs on the hub's thread, and so does the end of the link.
    peer.carrier.reset();
    if (peer.link) {
        on_hub(*server_, [&](sync::Hub&) { peer.link.reset(); });
    }
    if (std::exchange(peer.up, false)) --connected_;
}

void Peers::follow(Peer& peer) {
    const bool up = peer.watch->up();
    if (up == peer.up) return;
    peer.up = up;
    if (up) {
        ++connected_;
        logger_.info("peer connected", {{"peer", peer.target.name}});
    } else {
        --connected_;
        logger_.warning("peer lost", {{"peer", peer.target.name}});
    }
}

void Peers::tick() {
    for (auto& peer : peers_) {
        if (!peer->restart_at) {
            const auto failure = peer->watch->failure();
            if (failure.empty()) {
                follow(*peer);
                continue;
            }
            logger_.error("peer given up for now",
                          {{"peer", peer->target.name}, {"reason", failure}});
            end(*peer);
            peer->restart_at = Clock::now() + kRestart;
        } else if (Clock::now() >= *peer->restart_at) {
            begin(*peer);
        }
    }
}

void Peers::stop() {
    for (auto& peer : peers_) end(*peer);
    peers_.clear();
}

}  // namespace topgun::cli
