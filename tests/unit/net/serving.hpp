// SPDX-License-Identifier: Apache-2.0
// A server over memory on a free port, which every test may set up in its own way.
#pragma once

#include <future>

#include "socket.hpp"
#include "topgun/net/server.hpp"
#include "world.hpp"

namespace topgun::test {

inline net::ServerOptions quick() {
    net::ServerOptions out;
    out.port = 0;
    out.threads = 2;
    out.drain_ms = 2'000;
    return out;
}

struct Serving {
    explicit Serving(net::ServerOptions options = quick(), sync::HubOptions hub = World::no_auth())
        : server(must(net::Server::start(std::move(options), std::move(hub), storage, time))),
          port(server->port()) {}

    /// What `ask` gives on the hub's thread.
    template <typename F>
    auto on_hub(F ask) {
        std::promise<decltype(ask(std::declval<sync::Hub&>()))> answer;
        server->post([&](sync::Hub& hub) { answer.set_value(ask(hub)); });
        return answer.get_future().get();
    }

    ManualTime time{kNow};
    HeldStorage storage;
    std::unique_ptr<net::Server> server;
    std::uint16_t port;
};

inline std::uint64_t elapsed_ms(std::chrono::steady_clock::time_point since) {
    const auto passed = std::chrono::steady_clock::now() - since;
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(passed).count());
}

}  // namespace topgun::test
