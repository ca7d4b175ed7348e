// SPDX-License-Identifier: Apache-2.0
#include "topgun/sync/connection.hpp"

#include "topgun/wire/batch.hpp"
#include "topgun/wire/vectors.hpp"
#include "world.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

wire::Batch pack(const std::vector<Bytes>& frames) {
    wire::Batch out;
    out.count = 1;  // not to be trusted
    wire::pack_batch(frames, wire::BatchLayout::to_server, out.data.bytes);
    return out;
}

Bytes nested(std::size_t depth) {
    return "\x82\xa4type\xa8TOPIC_XX\xa1v" + Bytes(depth, '\x91') + '\xc0';
}

}  // namespace

TEST_CASE("a token is asked for, checked and acknowledged once", "[sync]") {
    World world(World::with_tokens());
    Peer peer(world);
    only<wire::AuthRequired>(peer.heard());
    CHECK_FALSE(peer.link->authenticated());
    const auto ack = only<wire::AuthAck>(peer.say(wire::Auth{good_token(), {}, {}}));
    CHECK(ack.user_id == "ann");
    CHECK(ack.device_id);
    CHECK(ack.device_token);
    // TopGun's client sends it twice, and would send its queue twice for a second answer.
    CHECK(peer.say(wire::Auth{good_token(), {}, {}}).empty());
    CHECK(peer.say(wire::Auth{"nonsense", {}, {}}).empty());
    REQUIRE(peer.link->principal());
    CHECK(peer.link->principal()->roles == std::vector<std::string>{"user"});
    CHECK_FALSE(peer.link->closed());
}

TEST_CASE("a connection ends with its token, unless a newer one comes", "[sync]") {
    World world(World::with_tokens());
    Peer renewed(world), left(world);
    const auto token = [](const std::string& subject, std::uint64_t expires_s) {
        return make_token(R"({"sub":")" + subject + R"(","exp":)" + std::to_string(expires_s) +
                          '}');
    };
    const auto start = kNow / 1000;
    for (auto* peer : {&renewed, &left}) {
        peer->heard();
        only<wire::AuthAck>(peer->say(wire::Auth{token("ann", start + 100), {}, {}}));
    }
    CHECK(renewed.say(wire::Auth{token("ann", start + 1000), {}, {}}).empty());
    CHECK(left.say(wire::Auth{token("bob", start + 1000), {}, {}}).empty());
    CHECK(left.say(wire::Auth{"nonsense", {}, {}}).empty());
    CHECK(left.link->principal()->id == "ann");
    const auto both_tick = [&](std::uint64_t second) {
        world.time.set(kNow + second * 1000);
        renewed.link->tick(1000);
        left.link->tick(1000);
    };
    // Clocks may differ by a minute.
    both_tick(160);
    CHECK_FALSE(left.link->closed());
    both_tick(161);
    REQUIRE(left.link->closed());
    CHECK(left.link->closed()->code == sync::CloseCode::policy);
    CHECK(left.link->closed()->reason == "token expired");
    CHECK_FALSE(renewed.link->closed());
    both_tick(1061);
    CHECK(renewed.link->closed());
}

TEST_CASE("a bad token is refused with a frame before the close", "[sync]") {
    World world(World::with_tokens());
    Peer peer(world);
    peer.heard();
    must(peer.link->receive(wire::encoded(wire::Auth{"bad", {}, {}})));
    REQUIRE(peer.link->closed());
    CHECK(peer.link->closed()->code == sync::CloseCode::policy);
    const auto fail = only<wire::AuthFail>(peer.heard());
    CHECK(fail.error == "Authentication failed");
    CHECK_FALSE(peer.link->receive(wire::encoded(wire::Ping{1})));
    CHECK(world.hub->connections() == 0);
    CHECK(world.hub->counters().auth_failures == 1);
}

TEST_CASE("nothing is served before authentication, and nothing closes for it", "[sync]") {
    World world(World::with_tokens());
    Peer peer(world);
    peer.heard();
    CHECK(peer.say(wire::DeviceHello{}).empty());
    CHECK(peer.say(wire::Ping{1}).empty());
    CHECK(peer.say(batch_of({put_op("1", "k", "v")})).empty());
    CHECK(peer.say(pack({wire::encoded(put_op("1", "k", "v"))})).empty());
    CHECK(peer.say_bytes(nested(500)).empty());
    CHECK(world.hub->counters().ops == 0);
    CHECK(world.hub->counters().ignored == 4);
    only<wire::AuthAck>(peer.say(wire::Auth{good_token(), {}, {}}));
}

TEST_CASE("without authentication everybody is greeted, with a token or none", "[sync]") {
    World world;
    Peer with(world), without(world);
    CHECK(with.heard().empty());
    const auto ack = only<wire::AuthAck>(with.say(wire::Auth{"whatever", {}, {}}));
    CHECK_FALSE(ack.user_id);
    const auto hello = only<wire::DeviceAck>(without.say(wire::DeviceHello{}));
    CHECK(hello.device_id);
    CHECK(without.say(wire::DeviceHello{}).empty());
}

TEST_CASE("a device is known again by its credential, and by nobody else's", "[sync]") {
    World world(World::with_tokens());
    const auto connect = [&](const std::string& user, std::optional<std::string> device) {
        Peer peer(world);
        peer.heard();
        return only<wire::AuthAck>(peer.say(wire::Auth{good_token(user), {}, std::move(device)}));
    };
    const auto first = connect("ann", {});
    REQUIRE(first.device_token);
    CHECK(first.device_token->size() == 36 + 1 + 64);
    CHECK(first.device_token->starts_with(*first.device_id + "."));
    const auto again = connect("ann", first.device_token);
    CHECK(again.device_id == first.device_id);
    CHECK_FALSE(again.device_token);
    const auto thief = connect("eve", first.device_token);
    CHECK(thief.device_id != first.device_id);
    CHECK(thief.device_token);
    CHECK(connect("ann", "garbage").device_id != first.device_id);
}

TEST_CASE("a ping is echoed with the server's time", "[sync]") {
    World world;
    Peer peer(world);
    const auto pong = only<wire::Pong>(peer.say(wire::Ping{42}));
    CHECK(pong.timestamp == 42);
    CHECK(pong.server_time == kNow);
}

TEST_CASE("frames that are no messages are dropped, counted, and harm nobody", "[sync]") {
    World world;
    Peer peer(world);
    for (const auto& frame :
         {Bytes(), Bytes("\xff\xff"), Bytes("\xc1"), Bytes("\x01"), Bytes("\x90"), nested(257),
          nested(2000), Bytes("\x81\xa4type\xa4PING\x00", 12), Bytes("\xdf\xff\xff\xff\xff")}) {
        CAPTURE(to_hex(frame.substr(0, 20)));
        CHECK(peer.say_bytes(frame).empty());
    }
    CHECK(world.hub->counters().unreadable == 9);
    CHECK(peer.say_bytes(nested(100)).empty());
    CHECK(world.hub->counters().unknown == 1);
    only<wire::Pong>(peer.say(wire::Ping{1}));
}

TEST_CASE("a known message with a wrong field is answered", "[sync]") {
    World world;
    Peer peer(world);
    // {type: "SYNC_INIT"} lacks mapName.
    const auto error = only<wire::ErrorMessage>(peer.say_bytes("\x81\xa4type\xa9SYNC_INIT"));
    CHECK(error.code == 400);
    CHECK(error.message.find("SYNC_INIT") != std::string::npos);
    // {type: "SQL_QUERY", payload: {queryId: "q"}} lacks sql, but can be answered by its id.
    const auto answer = only<wire::SqlQueryResp>(
        peer.say_bytes("\x82\xa4type\xa9SQL_QUERY\xa7payload\x81\xa7queryId\xa1q"));
    CHECK(answer.query_id == "q");
    CHECK(answer.error);
    // An id that is no UTF-8 must not come back in a frame that nobody could read.
    const auto unnamed = only<wire::ErrorMessage>(
        peer.say_bytes("\x82\xa4type\xa9SQL_QUERY\xa7payload\x81\xa7queryId\xa1\xff"));
    CHECK(unnamed.code == 400);
    CHECK(world.hub->counters().malformed == 3);
}

TEST_CASE("a message beyond the limit closes the connection", "[sync]") {
    auto options = World::no_auth();
    options.limits.message_bytes = 100;
    World world(options);
    Peer peer(world);
    must(peer.link->receive(Bytes(101, 'x')));
    REQUIRE(peer.link->closed());
    CHECK(peer.link->closed()->code == sync::CloseCode::too_big);
}

TEST_CASE("a batch runs its frames in order and steps over bad ones", "[sync]") {
    World world;
    Peer peer(world);
    const auto deep = nested(500);
    const auto inner = wire::encoded(pack({wire::encoded(wire::Ping{9})}));
    const auto heard =
        peer.say(pack({wire::encoded(wire::Ping{1}), deep, Bytes(), inner,
                       wire::encoded(put_op("7", "k", "v")), wire::encoded(wire::Ping{2})}));
    const auto pongs = all<wire::Pong>(heard);
    REQUIRE(pongs.size() == 2);
    CHECK(pongs[0].timestamp == 1);
    CHECK(pongs[1].timestamp == 2);
    REQUIRE(all<wire::OpAck>(heard).size() == 1);
    CHECK(all<wire::OpAck>(heard)[0].last_id == "7");
    CHECK(world.hub->counters().ignored == 1);
}

TEST_CASE("what is nested too deeply is answered when its type can be read", "[sync]") {
    World world;
    Peer peer(world);
    const auto deep = [](std::string_view type) {
        Bytes frame = "\x82\xa4type";
        msgpack::Writer(frame).string(type);
        return frame + "\xa7payload" + Bytes(2000, '\x91') + '\xc0';
    };
    CHECK(only<wire::ErrorMessage>(peer.say_bytes(deep("OP_BATCH"))).code == 400);
    CHECK(only<wire::ErrorMessage>(peer.say_bytes(deep("CLIENT_OP"))).code == 400);
    CHECK(peer.say_bytes(deep("NO_SUCH_TYPE")).empty());
    const auto inner = wire::encoded(pack({wire::encoded(wire::Ping{9})}));
    CHECK(only<wire::ErrorMessage>(peer.say(pack({inner}))).code == 400);
}

TEST_CASE("a batch goes on while its answers are taken", "[sync]") {
    auto options = World::no_auth();
    options.limits.queue_bytes = 1000;
    World world(options);
    Peer peer(world);
    std::vector<Bytes> pings;
    for (std::uint64_t i = 0; i < 500; ++i) pings.push_back(wire::encoded(wire::Ping{i}));
    must(peer.link->receive(wire::encoded(pack(pings))));
    CHECK_FALSE(peer.link->wants_input());
    // Those who send on all the same are served in order.
    must(peer.link->receive(wire::encoded(wire::Ping{500})));
    std::uint64_t next = 0;
    while (const auto frame = peer.link->take()) {
        CHECK(peer.link->queued_bytes() <= 1000);
        CHECK(std::get<wire::Pong>(must(wire::decode(*frame))).timestamp == next++);
    }
    CHECK(next == 501);
    CHECK_FALSE(peer.link->closed());
    CHECK(peer.link->wants_input());
}

TEST_CASE("a torn batch gives the frames that are whole", "[sync]") {
    World world;
    Peer peer(world);
    auto batch = pack({wire::encoded(wire::Ping{1}), wire::encoded(wire::Ping{2})});
    batch.data.bytes.pop_back();
    CHECK(only<wire::Pong>(peer.say(batch)).timestamp == 1);
}

TEST_CASE("too many frames in a batch are refused, and soon the rate is", "[sync]") {
    World world;
    Peer peer(world);
    const auto flood = pack(std::vector<Bytes>(40'001));
    CHECK(only<wire::ErrorMessage>(peer.say(flood)).code == 413);
    CHECK(only<wire::ErrorMessage>(peer.say(flood)).code == 429);
    CHECK(world.hub->counters().rate_limited == 1);
    // Everything else is still served; the host is asked to read no further for a while.
    only<wire::Pong>(peer.say(wire::Ping{1}));
    CHECK_FALSE(peer.link->wants_input());
    peer.link->tick(0);
    peer.link->tick(1000);
    CHECK(peer.link->wants_input());
}

TEST_CASE("deadlines close those who do not authenticate, and those who fall silent", "[sync]") {
    World world(World::with_tokens());
    Peer late(world), quiet(world), pinging(world);
    for (auto* peer : {&quiet, &pinging}) {
        peer->heard();
        only<wire::AuthAck>(peer->say(wire::Auth{good_token(), {}, {}}));
    }
    for (std::uint64_t now = 5'000; now <= 70'000; now += 1'000) {
        if (now % 30'000 == 0 && !pinging.link->closed()) pinging.say(wire::Ping{now});
        for (auto* peer : {&late, &quiet, &pinging}) peer->link->tick(now);
        CHECK(late.link->closed().has_value() == (now >= 15'000));
        CHECK(quiet.link->closed().has_value() == (now >= 65'000));
    }
    CHECK(late.link->closed()->reason == "authentication timeout");
    CHECK(quiet.link->closed()->reason == "idle timeout");
    CHECK_FALSE(pinging.link->closed());
    CHECK(world.hub->counters().timeouts == 2);
}

TEST_CASE("a peer that takes nothing is closed rather than served with gaps", "[sync]") {
    auto options = World::no_auth();
    options.limits.queue_bytes = 1000;
    World world(options);
    Peer peer(world);
    std::size_t sent = 0;
    while (!peer.link->closed() && sent < 1000) {
        must(peer.link->receive(wire::encoded(wire::Ping{sent++})));
        CHECK(peer.link->queued_bytes() < 1100);
        if (peer.link->queued_bytes() > 500) CHECK_FALSE(peer.link->wants_input());
    }
    REQUIRE(peer.link->closed());
    CHECK(peer.link->closed()->code == sync::CloseCode::try_again);
    CHECK(peer.heard().empty());
    CHECK(world.hub->counters().slow_consumers == 1);
}

TEST_CASE("what is not served yet is answered as the request expects", "[sync]") {
    World world;
    Peer peer(world);
    wire::SqlQuery sql;
    sql.query_id = "q1";
    sql.sql = "SELECT 1";
    const auto rows = only<wire::SqlQueryResp>(peer.say(sql));
    CHECK(rows.query_id == "q1");
    CHECK(rows.code == "FEATURE_DISABLED");
    REQUIRE(rows.error);
    CHECK(rows.error->find("SQL is not available") != std::string::npos);
}

TEST_CASE("every type of message is answered or meant to be silent, and none breaks", "[sync]") {
    World world;
    Random random(seed(11));
    for (std::size_t type = 0; type < wire::kMessageTypes; ++type) {
        for (const auto fill : {wire::Fill::minimal, wire::Fill::full, wire::Fill::random}) {
            Peer peer(world);
            const auto message = wire::example_message(type, fill, random);
            CAPTURE(wire::type_name(message));
            Bytes frame;
            wire::encode(message, frame);
            const auto heard = peer.say_bytes(frame);
            const auto direction = wire::message_types()[type].direction;
            if (direction == wire::Direction::to_client) CHECK(heard.empty());
        }
    }
}
