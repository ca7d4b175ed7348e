// SPDX-License-Identifier: Apache-2.0
#include "topgun/sync/http.hpp"

#include "topgun/wire/http.hpp"
#include "world.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

wire::HttpSyncRequest request() {
    wire::HttpSyncRequest out;
    out.client_id = "c1";
    out.client_hlc = {kNow, 0, "c1"};
    return out;
}

Bytes body_of(const wire::HttpSyncRequest& message) {
    Bytes out;
    wire::encode(message, out);
    return out;
}

wire::HttpSyncResponse read(const sync::HttpReply& reply) {
    CAPTURE(reply.body);
    REQUIRE(reply.status == 200);
    CHECK(reply.content_type == "application/msgpack");
    return must(wire::decode_http_sync_response(reply.body, {true}));
}

}  // namespace

TEST_CASE("ops by HTTP are stored, acknowledged and told to connections", "[sync]") {
    World world;
    Peer reader(world);
    reader.say(wire::SyncInit{"m", {}});
    auto message = request();
    message.operations = {put_op("1", "a", "x"), put_op("2", "b", "y")};
    message.operations->at(0).map_name = "a:b";
    const auto reply = sync::answer_http_sync(*world.hub, "", body_of(message));
    const auto response = read(reply);
    CHECK(reply.sequence > 0);
    REQUIRE(response.ack);
    CHECK(response.ack->last_id == "2");
    REQUIRE(response.errors);
    CHECK(response.errors->at(0).context == "1");
    CHECK(response.server_hlc.millis == kNow);
    CHECK(all<wire::ServerEvent>(reader.heard()).size() == 1);
}

TEST_CASE("a map is sent by HTTP until it has not changed since", "[sync]") {
    World world;
    Peer writer(world);
    writer.say(batch_of({put_op("1", "a", "x"), remove_op("2", "b")}));
    auto message = request();
    message.sync_maps.emplace().push_back(wire::HttpSyncMap{"m", {}});
    const auto first = read(sync::answer_http_sync(*world.hub, "", body_of(message)));
    REQUIRE(first.deltas);
    REQUIRE(first.deltas->size() == 1);
    CHECK(first.deltas->at(0).records.size() == 2);
    CHECK_FALSE(first.ack);
    message.sync_maps->at(0).last_sync_timestamp = first.deltas->at(0).server_sync_timestamp;
    const auto second = read(sync::answer_http_sync(*world.hub, "", body_of(message)));
    CHECK(second.deltas->at(0).records.empty());
    // A late write with an old stamp is a change all the same.
    writer.say(put_op("3", "c", "x", kNow - 1'000'000));
    const auto third = read(sync::answer_http_sync(*world.hub, "", body_of(message)));
    CHECK(third.deltas->at(0).records.size() == 3);
}

TEST_CASE("HTTP asks for a token where connections do", "[sync]") {
    auto options = World::with_tokens();
    World world(options);
    const auto body = body_of(request());
    CHECK(sync::answer_http_sync(*world.hub, "", body).status == 401);
    CHECK(sync::answer_http_sync(*world.hub, "Bearer ", body).status == 401);
    const auto bad = sync::answer_http_sync(*world.hub, "Bearer x", body);
    CHECK(bad.status == 401);
    CHECK(bad.body == R"({"code":401,"message":"Authentication failed"})");
    CHECK(sync::answer_http_sync(*world.hub, "Bearer " + good_token(), body).status == 200);
    options.anonymous_http = true;
    World open(options);
    CHECK(sync::answer_http_sync(*open.hub, "", body).status == 200);
}

TEST_CASE("bodies that cannot be read are refused", "[sync]") {
    World world;
    CHECK(sync::answer_http_sync(*world.hub, "", "\xff\xff").status == 400);
    CHECK(sync::answer_http_sync(*world.hub, "", Bytes(2000, '\x91') + '\xc0').status == 400);
    CHECK(sync::answer_http_sync(*world.hub, "", Bytes((2u << 20) + 1, 'x')).status == 413);
    read(sync::answer_http_sync(*world.hub, "", ""));
}
