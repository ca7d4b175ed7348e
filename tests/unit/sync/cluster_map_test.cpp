// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

using namespace topgun;
using namespace topgun::test;

TEST_CASE("a client without a partition map gets one of a single node", "[sync]") {
    auto options = World::no_auth();
    options.advertised_url = "ws://localhost:8080/ws";
    World world(options);
    Peer peer(world);
    const auto map = only<wire::PartitionMap>(peer.say(wire::PartitionMapRequest{0}));
    CHECK(map.version == 1);
    CHECK(map.partition_count == 271);
    REQUIRE(map.nodes.size() == 1);
    CHECK(map.nodes[0].node_id == "server");
    CHECK(map.nodes[0].endpoints.websocket == "ws://localhost:8080/ws");
    CHECK(map.nodes[0].status == wire::NodeStatus::active);
    REQUIRE(map.partitions.size() == 271);
    for (std::uint32_t id = 0; id < 271; ++id) {
        CHECK(map.partitions[id] == wire::PartitionInfo{id, "server", {}});
    }
    CHECK(map.generated_at == kNow);
    world.time.advance(5);
    CHECK(only<wire::PartitionMap>(peer.say(wire::PartitionMapRequest{})) == map);
}

TEST_CASE("a client that has the partition map hears nothing", "[sync]") {
    World world;
    Peer peer(world);
    CHECK(peer.say(wire::PartitionMapRequest{1}).empty());
    CHECK(peer.say(wire::PartitionMapRequest{7}).empty());
    CHECK(only<wire::PartitionMap>(peer.say(wire::PartitionMapRequest{})).nodes.size() == 1);
}
