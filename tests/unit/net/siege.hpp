// SPDX-License-Identifier: Apache-2.0
// A server with something to lose, and a peer that must be served whatever others do.
#pragma once

#include <algorithm>
#include <atomic>
#include <iterator>
#include <thread>

#include "serving.hpp"

namespace topgun::test {

/// One frame, of which more is to come.
inline std::string unfinished(int opcode, std::string_view data) {
    auto out = frame_of(opcode, data);
    out[0] = static_cast<char>(out[0] & 0x7f);
    return out;
}

inline constexpr int kMore = 0, kPingFrame = 9;  ///< A continuation; a ping of WebSocket's own.

class Siege {
public:
    /// @param tls  for a server that speaks TLS only.
    explicit Siege(net::ServerOptions options = quick(), sync::HubOptions hub = World::no_auth(),
                   SSL_CTX* tls = nullptr)
        : world(std::move(options), std::move(hub)), witness_(world.port, "/ws", 0, tls) {
        world.on_hub([](sync::Hub& to) {
            const auto add = [&](const OwnedOp& op) {
                const Op view = op.view();
                must(to.apply({&view, 1}, {}, 0));
            };
            for (const auto* key : {"a", "b", "c"}) add(put(key, {kNow, 0, "n"}, int_value(1)));
            add(or_add("k", {kNow, 1, "n"}, string_value("x")));
            add(counter("n", 3, 1));
            return 0;
        });
        if (world.on_hub([](sync::Hub& of) { return of.options().auth; }) ==
            sync::AuthMode::token) {
            witness_.hear<wire::AuthRequired>();
            witness_.say(wire::Auth{good_token("witness"), {}, {}});
            witness_.hear<wire::AuthAck>();
        }
        remember();
        thread_ = std::thread([this] { watch(); });
    }
    ~Siege() { end(); }
    Siege(const Siege&) = delete;
    Siege& operator=(const Siege&) = delete;

    /// What is there now is what must be there in the end.
    void remember() { before_ = state(); }
    /// The witness was served before, and is served now; the state is what it was; nobody else is
    /// left.
    void check() {
        const auto seen = served_.load();
        CHECK(eventually([&] { return served_ > seen || lost_; }));
        CHECK_FALSE(lost_);
        CHECK(slowest_ms_ < kPatience / 2);
        CHECK(difference(before_, state()) == std::vector<std::string>{});
        CHECK(eventually([&] { return world.server->transport().open == 1; }));
        CHECK(eventually(
            [&] { return world.on_hub([](sync::Hub& of) { return of.connections(); }) == 1; }));
    }
    std::uint64_t served() const { return served_; }

    Serving world;

private:
    // Everything, and the roots by which others would judge it. Numbers that it gives out for locks
    // are the endpoint's own, and rise with each.
    std::vector<std::string> state() {
        return world.on_hub([](sync::Hub& of) {
            std::vector<std::string> out;
            const auto live = read_live(of.maps().shared());
            for (const auto& map : live->maps()) {
                if (map.name == "__topgun_numbers") continue;
                for (auto& line : lines_of(*live, map)) out.push_back(map.name + ' ' + line);
                if (map.kind == MapKind::counter) continue;
                out.push_back(map.name + " root " +
                              std::to_string(current_trie(of.maps().shared(), map).root()));
            }
            return out;
        });
    }
    static std::vector<std::string> difference(std::vector<std::string> a,
                                               std::vector<std::string> b) {
        std::sort(a.begin(), a.end());
        std::sort(b.begin(), b.end());
        std::vector<std::string> out;
        std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(),
                                      std::back_inserter(out));
        return out;
    }
    // No checks of Catch's here: it has but one thread.
    void watch() {
        for (std::uint64_t i = 1; !done_; ++i) {
            const auto began = std::chrono::steady_clock::now();
            if (!witness_.socket.send(frame_of(kBinary, wire::encoded(wire::Ping{i})))) break;
            const auto got = witness_.frame();
            if (!got) break;
            const auto heard = wire::decode(got->second, {true});
            const auto* pong = heard ? std::get_if<wire::Pong>(&*heard) : nullptr;
            if (pong == nullptr || pong->timestamp != i) break;
            slowest_ms_ = std::max(slowest_ms_.load(), elapsed_ms(began));
            ++served_;
            ::usleep(2000);
        }
        lost_ = !done_;
    }
    void end() {
        done_ = true;
        if (thread_.joinable()) thread_.join();
    }

    WebSocket witness_;
    std::vector<std::string> before_;
    std::atomic<std::uint64_t> served_{0}, slowest_ms_{0};
    std::atomic<bool> done_{false}, lost_{false};
    std::thread thread_;
};

/// True when a peer is still served; what was said to it before is passed over.
inline bool is_served(WebSocket& peer) {
    constexpr std::uint64_t kMark = 424'242;
    if (!peer.socket.send(frame_of(kBinary, wire::encoded(wire::Ping{kMark})))) return false;
    while (const auto got = peer.frame()) {
        if (got->first == kCloseFrame) return false;
        if (got->first != kBinary) continue;
        const auto heard = wire::decode(got->second, {true});
        if (!heard) return false;
        const auto* pong = std::get_if<wire::Pong>(&*heard);
        if (pong != nullptr && pong->timestamp == kMark) return true;
    }
    return false;
}

}  // namespace topgun::test
