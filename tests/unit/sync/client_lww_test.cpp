// SPDX-License-Identifier: Apache-2.0
// The client and LWW maps, by the walk.
#include "client_world.hpp"

using namespace topgun;
using namespace topgun::test;
using sync::SyncDirection;

namespace {

const MapId kMap{"m", MapKind::lww};

sync::MapReport map_report(const sync::ClientReport& report, const MapId& id = kMap) {
    for (const auto& map : report.maps) {
        if (map.map == id) return map;
    }
    FAIL("no report of the map");
    return {};
}

}  // namespace

TEST_CASE("a pull brings what the server has, tombstones included", "[sync][client]") {
    World world;
    fill(world, many_puts(300));
    fill(world, {remove("k7", {kNow + 1, 0, "n2"}), remove("gone", {kNow, 0, "n2"})});
    SyncedClient client(world);
    const auto report = client.run(walk_job(SyncDirection::pull, {kMap}));
    CHECK(client.root(kMap) == root_of(world, kMap));
    const auto map = map_report(report);
    CHECK(map.done);
    CHECK(map.received == 301);
    CHECK(map.merged == 301);
    CHECK(map.pushed == 0);
    CHECK(report.server == sync::ServerKind::own);
    // Root, three levels, leaves.
    CHECK(report.traffic.round_trips == 5);
}

TEST_CASE("a push sends what the server lacks or has older", "[sync][client]") {
    World world;
    fill(world, many_puts(50));
    SyncedClient client(world);
    auto ops = many_puts(20, kNow + 5);
    ops.push_back(put("mine", {kNow, 0, "n1"}, int_value(1), 5000));
    ops.push_back(remove("k30", {kNow + 5, 0, "n1"}));
    ops.push_back(put("k40", {kNow - 5, 0, "n1"}, int_value(1)));
    fill(client.local.shared(), ops);
    const auto before = client.root(kMap);
    const auto report = client.run(walk_job(SyncDirection::push));
    CHECK(map_report(report).pushed == 22);
    CHECK(map_report(report).merged == 0);
    CHECK(client.root(kMap) == before);
    // The server has everything now; the client lacks what it did not ask for.
    SyncedClient second(world);
    fill(second.local.shared(), ops);
    CHECK(map_report(second.run(walk_job(SyncDirection::both))).pushed == 0);
    CHECK(second.root(kMap) == root_of(world, kMap));
    CHECK(lines_of(second.local.shared()) == lines_of(world.hub->maps().shared()));
}

TEST_CASE("equal maps cost one round trip", "[sync][client]") {
    World world;
    fill(world, many_puts(500));
    SyncedClient client(world);
    fill(client.local.shared(), many_puts(500));
    const auto report = client.run(walk_job(SyncDirection::both));
    CHECK(map_report(report).equal);
    CHECK(report.traffic.round_trips == 1);
    CHECK(report.traffic.messages_out == 2);  // the greeting, and the question for the root
}

TEST_CASE("a comparison changes nothing and names every difference", "[sync][client]") {
    World world;
    fill(world, many_puts(100));
    fill(world, {put("theirs", {kNow, 0, "n1"}, int_value(1)),
                 put("k1", {kNow + 9, 0, "n1"}, int_value(1))});
    sync::ClientOptions options;
    std::vector<std::string> told;
    options.on_difference = [&](const sync::DifferingRow& row) {
        told.push_back(std::to_string(static_cast<int>(row.kind)) + " " +
                       std::string((row.local != nullptr ? row.local : row.remote)->key));
    };
    SyncedClient client(world, std::move(options));
    fill(client.local.shared(), many_puts(100));
    fill(client.local.shared(), {put("ours", {kNow, 0, "n1"}, int_value(1)),
                                 put("k2", {kNow + 9, 0, "n1"}, int_value(1))});
    const auto before = lines_of(client.local.shared());
    const auto server_before = lines_of(world.hub->maps().shared());
    const auto report = client.run(walk_job(SyncDirection::compare));
    std::sort(told.begin(), told.end());
    CHECK(told == std::vector<std::string>{"0 ours", "1 theirs", "2 k2", "3 k1"});
    CHECK(map_report(report).differing == 4);
    CHECK(lines_of(client.local.shared()) == before);
    CHECK(lines_of(world.hub->maps().shared()) == server_before);
}

TEST_CASE("a leaf that comes in parts is taken whole", "[sync][client]") {
    auto options = World::no_auth();
    options.limits.leaf_bytes = 300'000;
    World world(std::move(options));
    // All keys of one leaf: their hashes begin with the same three digits.
    std::vector<OwnedOp> ops;
    for (std::size_t i = 0; ops.size() < 20; ++i) {
        const auto key = "key" + std::to_string(i);
        if (fnv1a(key) >> 20 != 0x374) continue;
        ops.push_back(put(key, {kNow, 0, "n1"}, string_value(std::string(50'000, 'x'))));
    }
    fill(world, ops);
    SyncedClient client(world);
    auto ours = ops;
    ours.resize(19);
    // "key1" is in this leaf as well.
    ours.push_back(put("key1", {kNow + 1, 0, "n1"}, int_value(1)));
    fill(client.local.shared(), ours);
    const auto map = map_report(client.run(walk_job(SyncDirection::both)));
    CHECK(map.received == 20);
    CHECK(map.pushed == 1);
    CHECK(client.root(kMap) == root_of(world, kMap));
}

TEST_CASE("a sync goes on where the link was cut", "[sync][client][property]") {
    const auto start = seed(20261122);
    CAPTURE(start);
    for (std::uint64_t round = 0; round < 20; ++round) {
        CAPTURE(round);
        Random random(start + round);
        World world;
        world.storage.held = true;
        sync::ClientOptions options;
        options.batch_ops = 5;
        options.requests_in_flight = 4;
        SyncedClient client(world, std::move(options));
        OpShape shape;
        shape.or_map = shape.counter = false;
        shape.keys = 60;
        shape.small_values = true;
        fill(world, random_ops(random, 80, shape));
        fill(client.local.shared(), random_ops(random, 80, shape));
        client.client.start(walk_job(SyncDirection::both, {kMap}));
        for (int cut = 0; cut < 30 && !client.over(); ++cut) {
            client.connect();
            const auto frames = random.below(60);
            for (std::uint64_t i = 0; i < frames; ++i) {
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
        if (!client.over()) {
            client.connect();
            client.settle(60'000);
        }
        INFO(client.client.report().error.value_or("no error"));
        REQUIRE(client.client.state() == sync::ClientState::finished);
        REQUIRE(client.root(kMap) == root_of(world, kMap));
        CHECK(client.client.report().traffic.connects >= 1);
    }
}

TEST_CASE("a budget pauses a sync, and a further one ends it", "[sync][client]") {
    World world;
    fill(world, many_puts(2000));
    SyncedClient client(world);
    auto job = walk_job(SyncDirection::pull, {kMap});
    job.budget_bytes = 20'000;
    client.client.start(std::move(job));
    client.connect();
    client.settle();
    REQUIRE(client.client.state() == sync::ClientState::paused);
    auto report = client.client.report();
    const auto used = report.traffic.bytes_in + report.traffic.bytes_out;
    CHECK(used >= 20'000);
    CHECK(used < 40'000);
    CHECK_FALSE(report.maps.front().done);
    client.disconnect();
    client.connect();
    client.settle();
    CHECK(client.client.state() == sync::ClientState::paused);
    client.client.resume(0);
    client.settle();
    CHECK(client.client.state() == sync::ClientState::finished);
    CHECK(client.root(kMap) == root_of(world, kMap));
}

TEST_CASE("a rate is kept to in both directions together", "[sync][client]") {
    World world;
    fill(world, many_puts(2000));
    sync::ClientOptions options;
    options.rate_bytes = 50'000;
    SyncedClient client(world, std::move(options));
    client.client.start(walk_job(SyncDirection::pull, {kMap}));
    client.connect();
    const auto begin = client.now;
    client.settle(60'000);
    REQUIRE(client.client.state() == sync::ClientState::finished);
    const auto report = client.client.report();
    const auto bytes = report.traffic.bytes_in + report.traffic.bytes_out;
    const auto seconds = static_cast<double>(client.now - begin) / 1000;
    CHECK(static_cast<double>(bytes) / seconds < 60'000);
    CHECK(static_cast<double>(bytes) / seconds > 30'000);
}

TEST_CASE("an estimate moves no record and is about right", "[sync][client]") {
    World world;
    fill(world, many_puts(3000));
    SyncedClient client(world);
    fill(client.local.shared(), many_puts(1000));
    fill(client.local.shared(), {put("mine", {kNow, 0, "n1"}, int_value(1))});
    auto job = walk_job(SyncDirection::both);
    job.estimate = true;
    const auto estimate = client.run(std::move(job)).forecast;
    CHECK(client.root(kMap) != root_of(world, kMap));
    CHECK(estimate.records_in > 1500);
    CHECK(estimate.records_in < 2500);
    CHECK(estimate.records_out <= 50);
    SyncedClient real(world);
    fill(real.local.shared(), many_puts(1000));
    const auto report = real.run(walk_job(SyncDirection::pull));
    CHECK(estimate.bytes_in > report.traffic.bytes_in / 3);
    CHECK(estimate.bytes_in < report.traffic.bytes_in * 3);
}

TEST_CASE("a server that does not list its maps must be told which", "[sync][client]") {
    auto options = World::no_auth();
    options.reconcile = false;
    World world(std::move(options));
    SyncedClient client(world);
    client.client.start({});
    client.connect();
    client.settle();
    CHECK(client.client.state() == sync::ClientState::failed);
    CHECK(client.client.report().code == Errc::usage);
}
