// SPDX-License-Identifier: Apache-2.0
// The other endpoints that this one is kept equal to.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "logger.hpp"
#include "topgun/net/client.hpp"
#include "topgun/net/server.hpp"
#include "topgun/sync/peer_link.hpp"

namespace topgun::cli {

struct PeersOptions {
    struct Target {
        std::string name;  ///< As it was given.
        net::Url url;
    };
    std::vector<Target> targets;
    std::string token;
    std::string tls_authorities;
    std::uint64_t resync_ms = 5'000;
};

/// Threads: the one that makes it, but for what says otherwise.
class Peers {
public:
    Peers(PeersOptions options, Logger& logger);
    ~Peers();
    Peers(const Peers&) = delete;
    Peers& operator=(const Peers&) = delete;

    /// Begins to connect. @param server  runs until stop().
    void start(net::Server& server);
    /// Notes who came and went, and tries again with those that had to give up. To be called some
    /// ten times a second.
    void tick();
    void stop();

    /// From any thread, as connected().
    std::size_t size() const noexcept { return options_.targets.size(); }
    /// How many are in touch.
    std::size_t connected() const noexcept { return connected_; }

private:
    struct Peer;
    void begin(Peer& peer);
    void end(Peer& peer);
    void follow(Peer& peer);

    PeersOptions options_;
    Logger& logger_;
    net::Server* server_ = nullptr;
    std::vector<std::unique_ptr<Peer>> peers_;
    std::atomic<std::size_t> connected_{0};
};

}  // namespace topgun::cli
