// SPDX-License-Identifier: Apache-2.0
// Messages that are read ahead of their connection's turn.
#include "topgun/sync/frame.hpp"

#include "events.hpp"
#include "topgun/value/msgpack.hpp"
#include "world.hpp"

using namespace topgun;
using namespace topgun::test;
using sync::Frame;

namespace {

// A batch of which the op called "bad" has a number for a key.
Bytes batch_with_bad_op() {
    auto batch =
        batch_of({put_op("1", "a", "x"), put_op("bad", "KEY", "y"), put_op("3", "c", "z")});
    auto out = wire::encoded(batch);
    const auto key = out.find("\xa3KEY");
    REQUIRE(key != Bytes::npos);
    return out.replace(key, 4, "\x05");
}

std::vector<wire::Message> say(Peer& peer, Bytes bytes) {
    must(peer.link->receive(Frame(std::move(bytes))));
    return peer.heard();
}

}  // namespace

TEST_CASE("ops are read ahead, everything else is left to the connection", "[sync][frame]") {
    const Frame batch(wire::encoded(batch_of({put_op("1", "a", "x"), put_op("2", "b", "y")})));
    REQUIRE(batch.ops() != nullptr);
    CHECK(batch.ops()->ops.size() == 2);
    CHECK(batch.memory() >= batch.bytes().size() + 2 * sizeof(wire::ClientOpView));
    const Frame single(wire::encoded(put_op("1", "a", "x")));
    REQUIRE(single.ops() != nullptr);
    CHECK(single.ops()->ops.size() == 1);

    const Frame ping(wire::encoded(wire::Ping{1}));
    CHECK(ping.ops() == nullptr);
    CHECK(ping.memory() == ping.bytes().size());
    CHECK(Frame(batch_with_bad_op()).ops() == nullptr);
    CHECK(Frame("no message").ops() == nullptr);
    CHECK(Frame("").ops() == nullptr);
    const std::string huge(Frame::kReadAhead, 'v');
    CHECK(Frame(wire::encoded(put_op("1", "a", huge))).ops() == nullptr);
    // Of two types the last one counts.
    auto twice = wire::encoded(batch_of({}));
    twice[0] = '\x83';
    twice += "\xa4type\xa4PING";
    CHECK(Frame(twice).ops() == nullptr);
}

TEST_CASE("a frame read ahead does what the same bytes do", "[sync][frame]") {
    const std::vector<Bytes> frames{
        wire::encoded(batch_of({put_op("1", "a", "x"), or_add_op("2", "b", "y")})),
        wire::encoded(batch_of({})),
        wire::encoded(put_op("3", "a", "z", kNow + 1)),
        batch_with_bad_op(),
        wire::encoded(remove_op("4", "a", kNow + 2)),
        wire::encoded(put_op("5", "big", std::string(Frame::kReadAhead, 'v'))),
        wire::encoded(wire::Ping{7}),
        "noise",
    };
    World ahead, plain;
    Peer a(ahead), b(plain);
    for (const auto& frame : frames) {
        CAPTURE(to_hex(BytesView(frame).substr(0, 40)));
        const auto here = say(a, frame);
        const auto there = b.say_bytes(frame);
        REQUIRE(here.size() == there.size());
        for (std::size_t i = 0; i < here.size(); ++i) CHECK(wire::same(here[i], there[i]));
    }
    CHECK(ahead.hub->counters().frames_in == frames.size());
    CHECK(ahead.hub->counters().bytes_in == plain.hub->counters().bytes_in);
    CHECK(ahead.hub->counters().malformed == 1);
    CHECK(ahead.hub->counters().unreadable == 1);
}

TEST_CASE("a message that cannot be read keeps its place between good ones", "[sync][frame]") {
    World world;
    Peer peer(world);
    world.storage.held = true;
    CHECK(say(peer, wire::encoded(put_op("10", "a", "x"))).empty());
    CHECK(say(peer, batch_with_bad_op()).empty());
    CHECK(say(peer, wire::encoded(put_op("12", "a", "y", kNow + 1))).empty());
    world.storage.release();
    world.hub->settle();
    const auto heard = peer.heard();
    REQUIRE(heard.size() == 4);
    CHECK(std::get<wire::OpAck>(heard[0]).last_id == "10");
    CHECK(std::get<wire::OpRejected>(heard[1]).op_id == "bad");
    CHECK(std::get<wire::OpAck>(heard[2]).last_id == "3");
    CHECK(std::get<wire::OpAck>(heard[3]).last_id == "12");
}

TEST_CASE("what was read ahead is checked as everything is", "[sync][frame]") {
    auto options = World::with_tokens();
    options.limits.message_bytes = 4096;
    World world(options);
    Peer peer(world);
    only<wire::AuthRequired>(peer.heard());
    CHECK(say(peer, wire::encoded(put_op("1", "a", "x"))).empty());
    CHECK(world.hub->counters().ignored == 1);
    CHECK(world.hub->counters().ops == 0);
    only<wire::AuthAck>(peer.say(wire::Auth{good_token(), {}, {}, {}}));
    only<wire::OpAck>(say(peer, wire::encoded(put_op("1", "a", "x"))));
    CHECK(say(peer, wire::encoded(put_op("2", "a", std::string(4096, 'v')))).empty());
    REQUIRE(peer.link->closed());
    CHECK(peer.link->closed()->code == sync::CloseCode::too_big);
    CHECK_FALSE(peer.link->receive(Frame(wire::encoded(put_op("3", "a", "x")))));
    CHECK(world.hub->counters().ops == 1);
}

TEST_CASE("ops read ahead count against the rate", "[sync][frame]") {
    auto options = World::no_auth();
    options.limits.frames_per_s = 1;
    options.limits.burst_frames = 2;
    World world(options);
    Peer peer(world);
    for (const auto* id : {"1", "2"}) {
        CHECK(peer.link->wants_input());
        only<wire::OpAck>(say(peer, wire::encoded(put_op(id, "a", "x"))));
    }
    only<wire::OpAck>(say(peer, wire::encoded(put_op("3", "a", "x"))));
    CHECK_FALSE(peer.link->wants_input());
}
