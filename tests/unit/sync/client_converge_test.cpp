// SPDX-License-Identifier: Apache-2.0
// Random histories on both sides, cut links, both methods: equal states at the end.
#include "client_world.hpp"

using namespace topgun;
using namespace topgun::test;
using sync::SyncDirection;
using sync::SyncMethod;

namespace {

// Lines without removed tags: the walk tells of those that matter, and of no others.
std::vector<std::string> records_of(SharedReplica& shared) {
    std::vector<std::string> out;
    for (auto& line : lines_of(shared)) {
        if (line.find("removed") == std::string::npos) out.push_back(std::move(line));
    }
    return out;
}

void run_with_cuts(SyncedClient& client, World& world, Random& random) {
    for (int cut = 0; cut < 12 && !client.over(); ++cut) {
        client.connect();
        const auto frames = random.below(25);
        for (std::uint64_t i = 0; i < frames && !client.over(); ++i) {
            switch (random.below(8)) {
                case 0:
                    world.storage.release();
                    world.hub->settle();
                    break;
                case 1: client.pass_time(100); break;
                case 2:
                case 3:
                case 4: client.step_up(); break;
                default: client.step_down();
            }
        }
        client.disconnect();
    }
    if (client.over()) return;
    client.connect();
    client.settle(60'000);
    client.disconnect();
}

}  // namespace

// Goal:   whatever two replicas wrote apart from each other, a sync makes them one, however often
//         the link is cut, and by whatever method.
// Method: random ops of all kinds on few keys on both sides, equal stamps with other content among
//         them; then one job, with cuts at random frames; roots and contents are compared.
TEST_CASE("two replicas converge over a link that is cut", "[sync][client][property]") {
    const auto start = seed(20261123);
    CAPTURE(start);
    for (std::uint64_t round = 0; round < 60; ++round) {
        CAPTURE(round);
        Random random(start + round);
        const bool walk = round % 2 == 0;
        World world;
        world.storage.held = true;
        sync::ClientOptions options;
        options.batch_ops = 7;
        options.requests_in_flight = 5;
        SyncedClient client(world, std::move(options));
        OpShape shape;
        shape.maps = {"m", "other"};
        shape.keys = 40;
        // The walk has no way for values with extensions.
        shape.small_values = walk;
        shape.tags = 20;
        // TopGun's walk knows no contents under equal stamps, and the endpoint no counters by it.
        shape.counter = !walk;
        if (walk) shape.millis = 50'000;
        const auto common = random_ops(random, random.below(80), shape);
        fill(world, common);
        fill(client.local.shared(), common);
        fill(world, random_ops(random, random.below(120), shape));
        fill(client.local.shared(), random_ops(random, random.below(120), shape));
        sync::SyncJob job;
        if (walk) {
            job.method = SyncMethod::walk;
            job.maps = {{"m", MapKind::lww},
                        {"m", MapKind::or_map},
                        {"other", MapKind::lww},
                        {"other", MapKind::or_map}};
        }
        client.client.start(std::move(job));
        run_with_cuts(client, world, random);
        INFO(client.client.report().error.value_or("no error"));
        REQUIRE(client.client.state() == sync::ClientState::finished);
        auto& there = world.hub->maps().shared();
        if (walk) {
            CHECK(differences(records_of(client.local.shared()), records_of(there)) == kNone);
        } else {
            CHECK(differences(lines_of(client.local.shared()), lines_of(there)) == kNone);
        }
        for (const auto& map : client.client.report().maps) {
            CAPTURE(map.map.name, map.error);
            CHECK(map.done);
            CHECK(client.root(map.map) == root_of(world, map.map));
        }
    }
}

TEST_CASE("a pull and a push one after the other converge, too", "[sync][client][property]") {
    const auto start = seed(20261124);
    CAPTURE(start);
    for (std::uint64_t round = 0; round < 20; ++round) {
        CAPTURE(round);
        Random random(start + round);
        World world;
        SyncedClient client(world);
        OpShape shape;
        shape.keys = 30;
        fill(world, random_ops(random, 100, shape));
        fill(client.local.shared(), random_ops(random, 100, shape));
        sync::SyncJob job;
        job.direction = random.chance(0.5) ? SyncDirection::pull : SyncDirection::push;
        const auto other =
            job.direction == SyncDirection::pull ? SyncDirection::push : SyncDirection::pull;
        client.run(job);
        sync::Client second({}, client.local);
        sync::SyncJob back;
        back.direction = other;
        second.start(back);
        const auto link = world.hub->connect();
        second.connected(1);
        for (bool moved = true; moved;) {
            moved = false;
            while (const auto frame = second.take()) {
                must(link->receive(*frame));
                moved = true;
            }
            while (const auto frame = link->take()) {
                second.receive(*frame);
                moved = true;
            }
        }
        REQUIRE(second.state() == sync::ClientState::finished);
        CHECK(differences(lines_of(client.local.shared()), lines_of(world.hub->maps().shared())) ==
              kNone);
    }
}
