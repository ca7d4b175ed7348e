// SPDX-License-Identifier: Apache-2.0
// A server's life: how it begins, how many it takes, and how it ends.
#include "serving.hpp"

using namespace topgun;
using namespace topgun::test;

TEST_CASE("an address that is none and a port that is taken are errors", "[net]") {
    Serving world;
    MemoryStorage storage;
    auto options = quick();
    options.address = "localhost";
    const auto named = net::Server::start(options, World::no_auth(), storage);
    REQUIRE_FALSE(named);
    CHECK(named.error().code() == Errc::usage);
    options = quick();
    options.port = world.port;
    const auto taken = net::Server::start(options, World::no_auth(), storage);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code() == Errc::io);
    CHECK_THAT(taken.error().text(), Catch::Contains(std::to_string(world.port)));
}

TEST_CASE("sockets beyond the limit are closed, and there is room again when one goes", "[net]") {
    auto options = quick();
    options.connections = 2;
    Serving world(options);
    auto first = std::make_unique<WebSocket>(world.port);
    WebSocket second(world.port);
    Socket third(world.port);
    CHECK(third.ends());
    CHECK(world.server->transport().refused == 1);
    first.reset();
    REQUIRE(eventually([&] { return world.server->transport().open == 1; }));
    WebSocket fourth(world.port);
    fourth.say(wire::Ping{4});
    CHECK(fourth.hear<wire::Pong>().timestamp == 4);
    CHECK(world.server->transport().accepted == 3);
}

TEST_CASE("one address has a limit of its own", "[net]") {
    auto options = quick();
    options.connections_per_address = 1;
    Serving world(options);
    WebSocket first(world.port);
    Socket second(world.port);
    CHECK(second.ends());
    CHECK(world.server->transport().refused == 1);
}

TEST_CASE("stop closes WebSockets with 1001 and ends idle HTTP, in time", "[net]") {
    Serving world;
    WebSocket polite(world.port), silent(world.port);
    Socket idle(world.port), kept(world.port);
    REQUIRE(kept.send(get("/nothing")));
    CHECK(read_answer(kept).status == 404);
    REQUIRE(eventually([&] { return world.server->transport().open == 4; }));
    CHECK_FALSE(world.server->draining());
    const auto began = std::chrono::steady_clock::now();
    auto stopping = std::async(std::launch::async, [&] { return world.server->stop(); });
    CHECK(polite.close_code() == 1001);
    must(stopping.get());
    CHECK(elapsed_ms(began) < 2'000 + 1'500);
    CHECK(world.server->draining());
    CHECK(world.server->transport().open == 0);
    CHECK(idle.ends());
    CHECK(kept.ends());
    CHECK(silent.socket.ends());
    must(world.server->stop());
}

TEST_CASE("with nobody there, stop does not wait", "[net]") {
    Serving world;
    { WebSocket(world.port).say(wire::Ping{1}); }
    REQUIRE(eventually([&] { return world.server->transport().open == 0; }));
    const auto began = std::chrono::steady_clock::now();
    must(world.server->stop());
    CHECK(elapsed_ms(began) < 1'000);
}

TEST_CASE("what was written before stop is acknowledged before the close", "[net]") {
    Serving world;
    world.storage.held = true;
    WebSocket peer(world.port);
    peer.say(batch_of({put_op("1", "a", "x")}));
    REQUIRE(eventually(
        [&] { return world.on_hub([](sync::Hub& hub) { return hub.unsettled(); }) > 0; }));
    world.on_hub([&](sync::Hub&) {
        world.storage.release();
        return 0;
    });
    auto stopping = std::async(std::launch::async, [&] { return world.server->stop(); });
    CHECK(peer.hear<wire::OpAck>().last_id == "1");
    CHECK(peer.close_code() == 1001);
    must(stopping.get());
}

TEST_CASE("the port can be bound again at once", "[net]") {
    auto first = std::make_unique<Serving>();
    const auto port = first->port;
    WebSocket peer(port);
    must(first->server->stop());
    auto options = quick();
    options.port = port;
    Serving second(options);
    WebSocket again(port);
    again.say(wire::Ping{2});
    CHECK(again.hear<wire::Pong>().timestamp == 2);
}

TEST_CASE("servers start and stop under traffic, again and again", "[net]") {
    Random random(seed(5));
    for (int round = 0; round < 10; ++round) {
        auto options = quick();
        options.drain_ms = random.below(2) == 0 ? 0 : 100;
        Serving world(options);
        std::vector<std::unique_ptr<WebSocket>> peers;
        for (int i = 0; i < 4; ++i) {
            peers.push_back(std::make_unique<WebSocket>(world.port));
            for (int j = 0; j < 20; ++j) {
                const auto id = std::to_string(i * 100 + j);
                peers.back()->say(batch_of({put_op(id, id, "v")}));
            }
        }
        Socket half(world.port);
        half.send("GET / HT");
        ::usleep(static_cast<unsigned>(random.below(3000)));
        if (random.below(2) == 0) must(world.server->stop());
        world.server.reset();
        for (auto& peer : peers) CHECK(peer->socket.ends());
    }
}
