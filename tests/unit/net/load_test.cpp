// SPDX-License-Identifier: Apache-2.0
// Many at once, one who does not read, and one who was told not to hurry.
#include <sys/resource.h>

#include <fstream>

#include "client_world.hpp"
#include "serving.hpp"
#include "topgun/net/client.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

std::uint64_t resident_kib() {
    std::ifstream in("/proc/self/status");
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("VmRSS:")) return std::stoull(line.substr(6));
    }
    FAIL("no VmRSS");
    return 0;
}

// Passes over what else there is to hear.
void await_ack(WebSocket& peer, const std::string& id) {
    for (;;) {
        const auto message = peer.hear();
        const auto* ack = std::get_if<wire::OpAck>(&message);
        if (ack != nullptr && ack->last_id == id) return;
    }
}

// Both ends of each connection are this process's.
void allow_files(rlim_t wanted) {
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = std::max(limit.rlim_cur, std::min(wanted, limit.rlim_max));
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    REQUIRE(limit.rlim_cur >= wanted);
}

}  // namespace

TEST_CASE("a client's rate holds on a real line, at every moment", "[net][load]") {
    Serving world;
    constexpr std::uint64_t kRate = 300'000;
    sync::MemoryReplica local;
    std::vector<OwnedOp> ops;
    for (int i = 0; i < 600; ++i) {
        ops.push_back(put("k" + std::to_string(i), {kNow, 0, "c"}, string_value(Bytes(1000, 'v'))));
    }
    test::fill(local.shared(), ops);
    sync::ClientOptions limited;
    limited.rate_bytes = kRate;
    sync::Client client(limited, local);
    client.start({});
    const auto began = std::chrono::steady_clock::now();
    std::uint64_t looks = 0, excess = 0;
    net::CarryOptions options;
    options.progress = [&](const sync::Client& now) {
        const auto traffic = now.report().traffic;
        // What a second may hold, and the message that goes beyond it.
        const auto allowed = kRate * (elapsed_ms(began) + 1'000) / 1'000 + 200'000;
        if (traffic.bytes_in + traffic.bytes_out > allowed) ++excess;
        ++looks;
    };
    must(net::carry({false, "127.0.0.1", world.port, "/ws"}, client, options));
    CHECK(client.report().traffic.bytes_out > 600'000);
    CHECK(excess == 0);
    CHECK(looks > 5);
    CHECK(elapsed_ms(began) >= 500);
}

TEST_CASE("one who never reads is closed while twenty busy ones go on", "[net][load]") {
    auto hub = World::no_auth();
    hub.limits.queue_bytes = 1 << 20;
    Serving world(quick(), hub);
    WebSocket lazy(world.port, "/ws", 4096);
    lazy.say(wire::TopicSub{"news"});
    std::vector<std::unique_ptr<WebSocket>> busy;
    for (int i = 0; i < 20; ++i) busy.push_back(std::make_unique<WebSocket>(world.port));
    wire::TopicPub news;
    news.topic = "news";
    news.data = text_value(std::string(64 << 10, 'n'));
    const auto published = frame_of(kBinary, wire::encoded(news));
    const auto before = resident_kib();
    // 120 megabytes for one who takes a few.
    std::size_t acknowledged = 0;
    constexpr int kRounds = 100;
    for (int round = 0; round < kRounds; ++round) {
        for (auto& peer : busy) {
            peer->say(batch_of({put_op(std::to_string(round), "k", "v", kNow + round)}));
            REQUIRE(peer->socket.send(published));
        }
        for (auto& peer : busy) {
            await_ack(*peer, std::to_string(round));
            ++acknowledged;
        }
    }
    CHECK(acknowledged == kRounds * busy.size());
    CHECK(world.on_hub([](sync::Hub& of) { return of.counters().slow_consumers; }) == 1);
    CHECK(resident_kib() - std::min(resident_kib(), before) < 60'000);
    CHECK(eventually([&] { return world.server->transport().open == busy.size(); }));
    CHECK(lazy.socket.ends());
}

TEST_CASE("a thousand idle ones and fifty busy ones are served", "[net][load]") {
    allow_files(3'000);
    Serving world;
    std::vector<std::unique_ptr<WebSocket>> idle, busy;
    for (int i = 0; i < 1000; ++i) idle.push_back(std::make_unique<WebSocket>(world.port));
    for (int i = 0; i < 50; ++i) busy.push_back(std::make_unique<WebSocket>(world.port));
    constexpr int kRounds = 20, kOps = 10;
    for (int round = 0; round < kRounds; ++round) {
        for (std::size_t i = 0; i < busy.size(); ++i) {
            std::vector<wire::ClientOp> ops;
            for (int op = 0; op < kOps; ++op) {
                const auto id = std::to_string(round * kOps + op);
                ops.push_back(put_op(id, id, "v"));
                ops.back().map_name = "m" + std::to_string(i);
            }
            busy[i]->say(batch_of(std::move(ops)));
        }
        for (auto& peer : busy) await_ack(*peer, std::to_string(round * kOps + kOps - 1));
    }
    CHECK(world.on_hub([](sync::Hub& of) { return of.counters().ops_applied; }) ==
          kRounds * kOps * busy.size());
    for (std::size_t i = 0; i < idle.size(); i += 100) {
        idle[i]->say(wire::Ping{i});
        CHECK(idle[i]->hear<wire::Pong>().timestamp == i);
    }
    CHECK(world.server->transport().open == 1050);
    idle.clear();
    busy.clear();
    CHECK(eventually([&] { return world.server->transport().open == 0; }));
}
