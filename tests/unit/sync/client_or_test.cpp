// SPDX-License-Identifier: Apache-2.0
// The client and OR-Maps, by the walk.
#include "client_world.hpp"

using namespace topgun;
using namespace topgun::test;
using sync::SyncDirection;

namespace {

const MapId kMap{"m", MapKind::or_map};

std::vector<OwnedOp> adds(std::size_t count, const std::string& node, std::uint64_t millis = kNow) {
    std::vector<OwnedOp> out;
    for (std::size_t i = 0; i < count; ++i) {
        out.push_back(or_add("k" + std::to_string(i % 40), {millis + i, 0, node},
                             string_value(node + std::to_string(i))));
    }
    return out;
}

}  // namespace

TEST_CASE("OR-Maps are pulled and pushed by tag", "[sync][client]") {
    World world;
    fill(world, adds(90, "n1"));
    SyncedClient client(world);
    fill(client.local.shared(), adds(60, "n1"));
    fill(client.local.shared(), adds(30, "n2", kNow + 1'000));
    const auto report = client.run(walk_job(SyncDirection::both));
    CHECK(client.root(kMap) == root_of(world, kMap));
    REQUIRE(report.maps.size() == 1);
    CHECK(report.maps.front().merged == 30);
    CHECK(report.maps.front().pushed == 30);
    CHECK(lines_of(client.local.shared()) == lines_of(world.hub->maps().shared()));
}

TEST_CASE("a tag removed on one side is removed on the other", "[sync][client]") {
    World world;
    fill(world, adds(50, "n1"));
    SyncedClient client(world);
    fill(client.local.shared(), adds(50, "n1"));
    const auto tag = [](std::uint64_t i) { return format_stamp(Stamp{kNow + i, 0, "n1"}); };
    fill(client.local.shared(), {or_remove(tag(3)), or_remove(tag(4))});
    fill(world, {or_remove(tag(10))});
    client.run(walk_job(SyncDirection::both));
    CHECK(client.root(kMap) == root_of(world, kMap));
    const auto& here = std::get<OrMap>(client.local.shared().replica.find(kMap)->crdt);
    const auto& there = std::get<OrMap>(world.hub->maps().shared().replica.find(kMap)->crdt);
    for (const auto i : {3u, 4u, 10u}) {
        CHECK(here.is_removed(tag(i)));
        CHECK(there.is_removed(tag(i)));
    }
    CHECK(there.records() == 47);
}

TEST_CASE("a pull of an OR-Map sends nothing, a push takes nothing", "[sync][client]") {
    World world;
    fill(world, adds(30, "n1"));
    SyncedClient client(world);
    fill(client.local.shared(), adds(30, "n2"));
    const auto server = root_of(world, kMap);
    client.run(walk_job(SyncDirection::pull));
    CHECK(root_of(world, kMap) == server);
    CHECK(client.root(kMap) != server);
    SyncedClient pusher(world);
    fill(pusher.local.shared(), adds(30, "n2"));
    const auto before = pusher.root(kMap);
    pusher.run(walk_job(SyncDirection::push));
    CHECK(pusher.root(kMap) == before);
    CHECK(root_of(world, kMap) == client.root(kMap));
}
