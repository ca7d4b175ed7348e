// SPDX-License-Identifier: Apache-2.0
// WebSockets as peers meet them.
#include "serving.hpp"

using namespace topgun;
using namespace topgun::test;

TEST_CASE("WebSockets are opened on /ws and /, and nowhere else", "[net]") {
    Serving world;
    for (const auto* path : {"/ws", "/", "/ws?token=x", "/?a=b"}) {
        CAPTURE(path);
        WebSocket peer(world.port, path);
        peer.say(wire::Ping{1});
        CHECK(peer.hear<wire::Pong>().timestamp == 1);
    }
    for (const auto* path : {"/wss", "/sync", "/ws/"}) {
        CAPTURE(path);
        Socket peer(world.port);
        REQUIRE(peer.send(upgrade(path)));
        CHECK(read_answer(peer).status == 404);
        CHECK(peer.ends());
    }
}

TEST_CASE("frames are answered in the order in which they came", "[net]") {
    Serving world;
    WebSocket peer(world.port);
    std::string all;
    for (std::uint64_t i = 0; i < 200; ++i) all += frame_of(kBinary, wire::encoded(wire::Ping{i}));
    REQUIRE(peer.socket.send(all));
    for (std::uint64_t i = 0; i < 200; ++i) REQUIRE(peer.hear<wire::Pong>().timestamp == i);
}

TEST_CASE("what one peer writes another hears, and the writer is acknowledged", "[net]") {
    Serving world;
    WebSocket writer(world.port), reader(world.port);
    reader.say(wire::SyncInit{"m", {}});
    reader.hear<wire::SyncRespRoot>();
    writer.say(batch_of({put_op("7", "a", "x")}));
    CHECK(writer.hear<wire::OpAck>().last_id == "7");
    CHECK(reader.hear<wire::ServerEvent>().key == "a");
}

TEST_CASE("a refused token closes with 1008, after it was said why", "[net]") {
    Serving world(quick(), World::with_tokens());
    WebSocket peer(world.port);
    peer.hear<wire::AuthRequired>();
    peer.say(wire::Auth{"bad", {}, {}});
    CHECK(peer.hear<wire::AuthFail>().error == "Authentication failed");
    CHECK(peer.close_code() == 1008);
    WebSocket welcome(world.port);
    welcome.hear<wire::AuthRequired>();
    welcome.say(wire::Auth{good_token(), {}, {}});
    CHECK(welcome.hear<wire::AuthAck>().user_id == "ann");
}

TEST_CASE("a message over the limit closes with 1009", "[net]") {
    auto hub = World::no_auth();
    hub.limits.message_bytes = 1000;
    Serving world(quick(), hub);
    WebSocket peer(world.port);
    REQUIRE(peer.socket.send(frame_of(kBinary, Bytes(1001, 'x'))));
    CHECK(peer.close_code() == 1009);
    CHECK(eventually([&] { return world.server->transport().open == 0; }));
    // Announced alone: nobody waits for so much.
    WebSocket boast(world.port);
    REQUIRE(boast.socket.send(std::string("\x82\xff\0\0\x7f\xff\xff\xff\xff\xff\0\0\0\0", 14)));
    CHECK(boast.close_code() == 1009);
}

TEST_CASE("text is passed over and counted", "[net]") {
    Serving world;
    WebSocket peer(world.port);
    REQUIRE(peer.socket.send(frame_of(kText, R"({"type":"PING"})") + frame_of(kText, "x")));
    peer.say(wire::Ping{5});
    CHECK(peer.hear<wire::Pong>().timestamp == 5);
    CHECK(world.server->transport().text_frames == 2);
    CHECK(world.on_hub([](sync::Hub& hub) { return hub.counters().frames_in; }) == 1);
}

TEST_CASE("a peer that breaks the WebSocket's rules is closed with 1002", "[net]") {
    Serving world;
    WebSocket peer(world.port);
    REQUIRE(peer.socket.send(std::string("\x82\x01x", 3)));  // not masked
    CHECK(peer.close_code() == 1002);
}

TEST_CASE("a peer that never reads is closed, and slows nobody", "[net]") {
    auto hub = World::no_auth();
    hub.limits.queue_bytes = 64 << 10;
    Serving world(quick(), hub);
    WebSocket lazy(world.port, "/ws", 4096), reader(world.port), writer(world.port);
    for (auto* one : {&lazy, &reader}) one->say(wire::SyncInit{"m", {}});
    reader.hear<wire::SyncRespRoot>();
    const auto counted = [&](sync::Hub& counting) { return counting.counters().slow_consumers; };
    const std::string big(32 << 10, 'v');
    int written = 0;
    for (; written < 2000 && world.on_hub(counted) == 0; ++written) {
        const auto id = std::to_string(written);
        writer.say(batch_of({put_op(id, "k" + id, big)}));
        REQUIRE(writer.hear<wire::OpAck>().last_id == id);
        REQUIRE(reader.hear<wire::ServerEvent>().key == "k" + id);
    }
    CAPTURE(written);
    CHECK(world.on_hub(counted) == 1);
    // It does not even take the close: cut off after two seconds.
    CHECK(eventually([&] { return world.server->transport().open == 2; }));
    CHECK(lazy.socket.ends());
}

TEST_CASE("a peer that goes without a word leaves nothing behind", "[net]") {
    Serving world;
    {
        WebSocket peer(world.port);
        peer.say(wire::SyncInit{"m", {}});
        Socket half(world.port);
        REQUIRE(half.send("GET /ws HT"));
        REQUIRE(eventually([&] { return world.server->transport().open == 2; }));
    }
    CHECK(eventually([&] { return world.server->transport().open == 0; }));
    CHECK(eventually(
        [&] { return world.on_hub([](sync::Hub& hub) { return hub.connections(); }) == 0; }));
}

TEST_CASE("an acknowledgement waits for the disk", "[net]") {
    Serving world;
    world.storage.held = true;
    WebSocket peer(world.port);
    peer.say(batch_of({put_op("1", "a", "x")}));
    peer.say(wire::Ping{9});
    CHECK(peer.hear<wire::Pong>().timestamp == 9);
    world.on_hub([&](sync::Hub& hub) {
        world.storage.release();
        hub.settle();
        return 0;
    });
    CHECK(peer.hear<wire::OpAck>().last_id == "1");
}

TEST_CASE("ops are taken in the order in which they came, also around what is no message",
          "[net]") {
    Serving world;
    WebSocket peer(world.port);
    constexpr int kRounds = 100;
    std::string all;
    for (int i = 0; i < kRounds; ++i) {
        const auto id = std::to_string(2 * i);
        const auto millis = kNow + static_cast<std::uint64_t>(i);
        all += frame_of(kBinary, wire::encoded(batch_of({put_op(id, "k", "v" + id, millis)})));
        all += frame_of(kBinary, i % 2 == 0 ? Bytes("noise") : wire::encoded(wire::Ping{7}));
        auto bad = put_op(std::to_string(2 * i + 1), "KEY", "w", millis);
        auto cut = wire::encoded(batch_of({bad}));
        cut.replace(cut.find("\xa3KEY"), 4, "\x05");
        all += frame_of(kBinary, cut);
    }
    REQUIRE(peer.socket.send(all));
    for (int i = 0; i < kRounds; ++i) {
        CAPTURE(i);
        // The op, what stands between, the refusal of what cannot be read and its acknowledgement.
        REQUIRE(peer.hear<wire::OpAck>().last_id == std::to_string(2 * i));
        if (i % 2 != 0) REQUIRE(peer.hear<wire::Pong>().timestamp == 7);
        REQUIRE(peer.hear<wire::OpRejected>().op_id == std::to_string(2 * i + 1));
        REQUIRE(peer.hear<wire::OpAck>().last_id == std::to_string(2 * i + 1));
    }
    const auto counters = world.on_hub([](sync::Hub& hub) { return hub.counters(); });
    CHECK(counters.ops_applied == kRounds);
    CHECK(counters.unreadable == kRounds / 2);
}

TEST_CASE("peers that go with batches on the way leave nothing behind", "[net]") {
    Serving world;
    const std::string value(1000, 'v');
    for (int round = 0; round < 20; ++round) {
        std::vector<wire::ClientOp> ops;
        for (int i = 0; i < 100; ++i) {
            ops.push_back(put_op(std::to_string(i), "k" + std::to_string(i), value));
        }
        WebSocket peer(world.port);
        std::string all;
        for (int i = 0; i < 5; ++i) all += frame_of(kBinary, wire::encoded(batch_of(ops)));
        // Half of them in the middle of a frame.
        if (round % 2 == 0) all.resize(all.size() - 500);
        REQUIRE(peer.socket.send(all));
    }
    CHECK(eventually([&] { return world.server->transport().open == 0; }));
    CHECK(eventually(
        [&] { return world.on_hub([](sync::Hub& hub) { return hub.connections(); }) == 0; }));
    WebSocket after(world.port);
    auto op = put_op("1", "k", "x");
    op.map_name = "another";
    after.say(op);
    CHECK(after.hear<wire::OpAck>().last_id == "1");
}
