// SPDX-License-Identifier: Apache-2.0
// One device, one connection.
#include "world.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

wire::AuthAck enter(Peer& peer, const std::string& user, std::optional<std::string> device = {}) {
    peer.heard();
    return only<wire::AuthAck>(peer.say(wire::Auth{good_token(user), {}, std::move(device)}));
}

}  // namespace

TEST_CASE("a device that connects again ends its older connection", "[sync]") {
    World world(World::with_tokens());
    Peer first(world), other(world), second(world), third(world);
    const auto device = enter(first, "ann").device_token;
    REQUIRE(device);
    enter(other, "ann");
    enter(second, "ann", device);
    REQUIRE(first.link->closed());
    CHECK(first.link->closed()->code == sync::CloseCode::normal);
    CHECK(first.link->closed()->reason == "replaced by a newer connection");
    CHECK_FALSE(other.link->closed());
    // The end of the older one must not make the newer one be forgotten.
    first.link.reset();
    enter(third, "ann", device);
    CHECK(second.link->closed());
    CHECK_FALSE(third.link->closed());
    CHECK(world.hub->counters().taken_over == 2);
    CHECK(world.hub->connections() == 2);
}

TEST_CASE("another principal with the same credential ends nobody", "[sync]") {
    World world(World::with_tokens());
    Peer ann(world), eve(world);
    const auto device = enter(ann, "ann").device_token;
    enter(eve, "eve", device);
    CHECK_FALSE(ann.link->closed());
    CHECK(world.hub->counters().taken_over == 0);
}

TEST_CASE("a device is taken over without authentication, too", "[sync]") {
    World world;
    Peer first(world), second(world), third(world);
    const auto device = only<wire::DeviceAck>(first.say(wire::DeviceHello{})).device_token;
    only<wire::DeviceAck>(second.say(wire::DeviceHello{}));
    only<wire::DeviceAck>(third.say(wire::DeviceHello{device}));
    CHECK(first.link->closed());
    CHECK_FALSE(second.link->closed());
    CHECK_FALSE(third.link->closed());
}

TEST_CASE("what the older connection held is free for the newer one", "[sync]") {
    World world;
    Peer first(world), second(world);
    const auto device = only<wire::DeviceAck>(first.say(wire::DeviceHello{})).device_token;
    only<wire::LockGranted>(first.say(wire::LockRequest{"r1", "door", {}}));
    only<wire::DeviceAck>(second.say(wire::DeviceHello{device}));
    only<wire::LockGranted>(second.say(wire::LockRequest{"r2", "door", {}}));
}
