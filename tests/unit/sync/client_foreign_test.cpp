// SPDX-License-Identifier: Apache-2.0
// The client with a server that is not ours and behaves as TopGun's Rust server.
#include "client_world.hpp"
#include "rust_server.hpp"

using namespace topgun;
using namespace topgun::test;
using sync::SyncDirection;

namespace {

const MapId kLww{"m", MapKind::lww};
// A map of its own: a REMOVE of an LWW record takes an OR-Map's key of the same name along.
const MapId kOr{"o", MapKind::or_map};
const MapId kCounter{"m", MapKind::counter};

OwnedOp on_or_map(OwnedOp op) {
    op.map = "o";
    return op;
}

struct Foreign {
    explicit Foreign(std::uint64_t seed = 1)
        : server(time, seed), clock(must(Hlc::create("client", time))) {}

    sync::ClientOptions options() {
        sync::ClientOptions out;
        out.clock = &clock;
        out.memory = memory;
        return out;
    }
    sync::ClientReport run(SyncDirection direction, std::vector<MapId> maps) {
        sync::SyncJob job;
        job.direction = direction;
        job.maps = std::move(maps);
        return run(std::move(job));
    }
    sync::ClientReport run(sync::SyncJob job) {
        sync::Client client(options(), local);
        client.start(std::move(job));
        client.connected(now);
        exchange(client, 120'000);
        auto report = client.report();
        INFO(report.error.value_or("no error"));
        CHECK(report.state == sync::ClientState::finished);
        CHECK(report.server == sync::ServerKind::foreign);
        memory = client.memory();
        server.cut();
        return report;
    }
    void exchange(sync::Client& client, std::uint64_t limit_ms) {
        for (std::uint64_t passed = 0; passed < limit_ms;) {
            bool moved = false;
            while (const auto frame = client.take()) {
                server.receive(*frame);
                moved = true;
            }
            while (const auto frame = server.take()) {
                client.receive(*frame);
                moved = true;
            }
            if (moved) continue;
            if (client.state() == sync::ClientState::finished ||
                client.state() == sync::ClientState::failed) {
                return;
            }
            now += 50;
            passed += 50;
            time.advance(50);
            client.tick(now);
        }
    }
    std::map<std::string, Bytes> local_values() {
        std::map<std::string, Bytes> out;
        const auto* map = local.shared().replica.find(kLww);
        if (map == nullptr) return out;
        std::get<LwwMap>(map->crdt).for_each(
            [&](std::string_view key, std::uint32_t, const LwwRecord& record) {
                if (!record.is_tombstone()) out[std::string(key)] = Bytes(record.value);
            });
        return out;
    }
    std::map<std::string, Bytes> server_values() {
        std::map<std::string, Bytes> out;
        for (const auto& [key, record] : server.lww["m"]) out[key] = record.value;
        return out;
    }
    std::set<std::string> local_tags() {
        std::set<std::string> out;
        const auto* map = local.shared().replica.find(kOr);
        if (map == nullptr) return out;
        std::get<OrMap>(map->crdt).for_each_sorted(
            [&](std::string_view key, std::uint32_t, const std::vector<OrRecord>& records) {
                for (const auto& record : records) {
                    out.insert(std::string(key) + " " + std::string(record.tag));
                }
            });
        return out;
    }
    std::set<std::string> server_tags() {
        std::set<std::string> out;
        for (const auto& [key, slot] : server.ormaps["o"]) {
            for (const auto& record : slot.records) out.insert(key + " " + record.tag);
        }
        return out;
    }

    ManualTime time{kNow};
    RustServer server;
    Hlc clock;
    sync::MemoryReplica local;
    sync::PeerMemory memory;
    std::uint64_t now = 1000;
};

}  // namespace

TEST_CASE("values are the same on both sides after a sync with a server that stamps anew",
          "[sync][client]") {
    Foreign world;
    for (int i = 0; i < 120; ++i) {
        world.server.put("m", "s" + std::to_string(i), int_value(i));
    }
    std::vector<OwnedOp> ops;
    for (int i = 0; i < 90; ++i) {
        ops.push_back(put("c" + std::to_string(i), {kNow - 5, 0, "a"}, int_value(i)));
    }
    ops.push_back(put("s3", {kNow + 10, 0, "a"}, int_value(-3)));
    ops.push_back(put("s4", {kNow - 10, 0, "a"}, int_value(-4)));
    ops.push_back(remove("s5", {kNow + 10, 0, "a"}));
    fill(world.local.shared(), ops);
    const auto first = world.run(SyncDirection::both, {kLww});
    CHECK(world.local_values() == world.server_values());
    CHECK(world.local_values().size() == 209);
    CHECK(world.server_values()["s3"] == int_value(-3));
    CHECK(world.server_values()["s4"] == int_value(4));
    CHECK_FALSE(world.server_values().contains("s5"));
    CHECK(first.maps.front().pushed == 92);
    // Roots never agree, yet nothing is written a second time.
    const auto writes = world.server.writes;
    const auto second = world.run(SyncDirection::both, {kLww});
    CHECK(world.server.writes == writes);
    CHECK(second.maps.front().merged == 0);
    CHECK(world.local_values() == world.server_values());
}

TEST_CASE("a root that was seen before ends a sync with a foreign server at once",
          "[sync][client]") {
    Foreign world;
    for (int i = 0; i < 50; ++i) world.server.put("m", "k" + std::to_string(i), int_value(i));
    world.run(SyncDirection::pull, {kLww});
    const auto again = world.run(SyncDirection::pull, {kLww});
    CHECK(again.maps.front().equal);
    CHECK(again.traffic.round_trips == 1);
    world.server.put("m", "k1", int_value(99));
    world.run(SyncDirection::pull, {kLww});
    CHECK(world.local_values() == world.server_values());
}

TEST_CASE("a record that a server without tombstones has no more is removed here, too",
          "[sync][client]") {
    Foreign world;
    for (int i = 0; i < 60; ++i) world.server.put("m", "k" + std::to_string(i), int_value(i));
    world.run(SyncDirection::both, {kLww});
    world.server.lww["m"].erase("k7");
    world.server.lww["m"].erase("k8");
    // This one was changed here since, so that the change lives on.
    fill(world.local.shared(), {put("k8", {kNow + 100'000, 0, "a"}, int_value(88))});
    SECTION("with what is remembered of the server") {
        Bytes saved;
        world.memory.serialize(saved);
        world.memory = must(sync::PeerMemory::parse(saved));
        const auto report = world.run(SyncDirection::both, {kLww});
        CHECK(report.maps.front().vanished == 1);
        CHECK_FALSE(world.local_values().contains("k7"));
        CHECK(world.server_values()["k8"] == int_value(88));
        CHECK(world.local_values() == world.server_values());
    }
    SECTION("without it, the record is taken for new") {
        world.memory = {};
        world.run(SyncDirection::both, {kLww});
        CHECK(world.server_values().contains("k7"));
    }
}

TEST_CASE("a server that lost everything does not empty the client", "[sync][client]") {
    Foreign world;
    for (int i = 0; i < 60; ++i) world.server.put("m", "k" + std::to_string(i), int_value(i));
    world.run(SyncDirection::both, {kLww});
    world.server.lww.clear();
    const auto report = world.run(SyncDirection::both, {kLww});
    CHECK(report.maps.front().withheld == 60);
    CHECK(report.maps.front().vanished == 0);
    CHECK(world.local_values().size() == 60);
}

TEST_CASE("a missing answer counts as empty, and removes nothing", "[sync][client]") {
    Foreign world;
    for (int i = 0; i < 60; ++i) world.server.put("m", "k" + std::to_string(i), int_value(i));
    world.run(SyncDirection::both, {kLww});
    const auto lost = hex32(fnv1a("k9")).substr(0, 3);
    world.server.silent_paths.insert(lost);
    world.server.put("m", "new", int_value(1));
    const auto report = world.run(SyncDirection::both, {kLww});
    CHECK(report.maps.front().unanswered == 1);
    CHECK(report.maps.front().vanished == 0);
    CHECK(world.local_values().contains("k9"));
    CHECK(world.local_values().contains("new"));
}

TEST_CASE("tags survive on a server that would give others", "[sync][client]") {
    Foreign world;
    std::vector<OwnedOp> ops;
    for (std::uint64_t i = 0; i < 40; ++i) {
        ops.push_back(on_or_map(or_add("k" + std::to_string(i % 15), {kNow + i, 0, "a"},
                                       int_value(static_cast<std::int64_t>(i)))));
    }
    fill(world.local.shared(), ops);
    auto& slot = world.server.ormaps["o"]["k3"];
    slot.records.push_back({{int_value(5)}, {kNow, 0, "b"}, "1700000000000:0:b", {}});
    slot.records.push_back({{int_value(6)}, {kNow, 1, "b"}, "1700000000000:1:b", {}});
    fill(world.local.shared(), {on_or_map(or_remove("1700000000000:1:b"))});
    const auto report = world.run(SyncDirection::both, {kOr});
    CHECK(world.local_tags() == world.server_tags());
    CHECK(world.local_tags().size() == 41);
    CHECK(report.maps.front().pushed == 41);
    CHECK(report.ops_rejected == 0);
    CHECK(world.memory.maps.at(kOr).epoch == 3);
    CHECK(world.run(SyncDirection::both, {kOr}).maps.front().pushed == 0);
}

TEST_CASE("one refused op does not keep the others from a server that refuses whole batches",
          "[sync][client]") {
    Foreign world;
    std::vector<OwnedOp> ops;
    for (int i = 0; i < 100; ++i) {
        ops.push_back(put("c" + std::to_string(i), {kNow, 0, "a"}, int_value(i)));
    }
    fill(world.local.shared(), ops);
    world.server.refused_keys = {"c13", "c77"};
    world.server.overloaded = 2;
    const auto report = world.run(SyncDirection::push, {kLww});
    CHECK(world.server_values().size() == 98);
    CHECK(report.maps.front().pushed == 98);
    REQUIRE(report.rejections.size() == 2);
    std::set<std::string> refused;
    for (const auto& one : report.rejections) {
        refused.insert(one.key);
        CHECK(one.code == 500);
        CHECK(one.reason == "write access denied");
    }
    CHECK(refused == world.server.refused_keys);
}

TEST_CASE("counters go both ways with a foreign server", "[sync][client]") {
    Foreign world;
    world.server.counters["m"].p.set("x", 5);
    world.server.counters["m"].n.set("a", 1);
    fill(world.local.shared(), {counter("a", 7, 0), counter("b", 1, 2), counter("x", 3, 0)});
    const auto report = world.run(SyncDirection::both, {kCounter});
    CHECK(report.maps.front().done);
    const auto& state = world.server.counters["m"];
    CHECK(*state.p.find("a") == 7);
    CHECK(*state.n.find("b") == 2);
    const auto& own = std::get<PnCounter>(world.local.shared().replica.find(kCounter)->crdt);
    CHECK(own.value() == 7 - 1 + 1 - 2 + 5);
    CHECK(world.run(SyncDirection::both, {kCounter}).maps.front().equal);
}

TEST_CASE("ops of a log reach a foreign server, each by the way that keeps it whole",
          "[sync][client]") {
    Foreign world;
    sync::Client client(world.options(), world.local);
    std::vector<OwnedOp> ops = {put("k", {kNow, 0, "a"}, int_value(1)),
                                on_or_map(or_add("o", {kNow, 1, "a"}, int_value(2))),
                                on_or_map(or_add("o", {kNow, 2, "a"}, int_value(3))),
                                counter("n1", 4, 1), remove("gone", {kNow, 3, "a"})};
    auto removal = on_or_map(or_remove("1700000000000:2:a"));
    removal.key = "o";
    ops.push_back(removal);
    std::vector<Op> views;
    for (const auto& op : ops) views.push_back(op.view());
    must(client.send(views));
    client.connected(world.now);
    world.exchange(client, 60'000);
    const auto report = client.report();
    CHECK(report.state == sync::ClientState::finished);
    CHECK(report.ops_acknowledged == 6);
    CHECK(report.ops_rejected == 0);
    CHECK(world.server_values()["k"] == int_value(1));
    CHECK(world.server_tags() == std::set<std::string>{"o 1700000000000:1:a"});
    CHECK(*world.server.counters["m"].p.find("n1") == 4);
}

// Goal:   with a server of TopGun's, too, both sides end with the same values and tags.
// Method: random changes on both sides between syncs, answers in any order.
TEST_CASE("a client and a foreign server converge over several syncs", "[sync][client][property]") {
    const auto start = seed(20261125);
    CAPTURE(start);
    for (std::uint64_t round = 0; round < 25; ++round) {
        CAPTURE(round);
        Random random(start + round);
        Foreign world(start + round);
        for (int sync = 0; sync < 4; ++sync) {
            CAPTURE(sync);
            for (std::uint64_t i = 0; i < 20; ++i) {
                const auto key = "k" + std::to_string(random.below(25));
                const auto value = int_value(static_cast<std::int64_t>(random.below(1000)));
                world.time.advance(random.below(20));
                switch (random.below(6)) {
                    case 0: world.server.put("m", key, value); break;
                    case 1: world.server.lww["m"].erase(key); break;
                    case 2: fill(world.local.shared(), {put(key, world.clock.now(), value)}); break;
                    case 3: fill(world.local.shared(), {remove(key, world.clock.now())}); break;
                    case 4:
                        fill(world.local.shared(),
                             {on_or_map(or_add(key, world.clock.now(), value))});
                        break;
                    default: {
                        auto& slot = world.server.ormaps["o"][key];
                        if (slot.records.empty()) break;
                        slot.removed.insert(slot.records.back().tag);
                        slot.records.pop_back();
                    }
                }
            }
            world.run(SyncDirection::both, {kLww, kOr});
            CHECK(world.local_values() == world.server_values());
            CHECK(world.local_tags() == world.server_tags());
        }
    }
}
