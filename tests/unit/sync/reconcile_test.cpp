// SPDX-License-Identifier: Apache-2.0
// Reconciliation between two of our own ends: what it finds, and what it costs.
#include "client_world.hpp"
#include "events.hpp"
#include "item_index.hpp"
#include "row_pack.hpp"

using namespace topgun;
using namespace topgun::test;
using sync::SyncDirection;

namespace {

const MapId kMap{"m", MapKind::lww};
const MapId kOr{"m", MapKind::or_map};

std::uint64_t bytes_of(const sync::ClientReport& report) {
    return report.traffic.bytes_in + report.traffic.bytes_out;
}

sync::SyncJob job_of(SyncDirection direction) {
    sync::SyncJob job;
    job.direction = direction;
    return job;
}

// The same 10^5 records on both sides, of which `different` were changed on one side or the other.
void make_apart(World& world, SyncedClient& client, std::size_t records, std::size_t different) {
    const auto common = many_puts(records);
    fill(world, common);
    fill(client.local.shared(), common);
    for (std::size_t i = 0; i < different; ++i) {
        const auto op = put("k" + std::to_string(i * 977 % records), {kNow + 1 + i, 0, "n2"},
                            string_value("changed value " + std::to_string(i)));
        if (i % 2 == 0)
            fill(world, {op});
        else
            fill(client.local.shared(), {op});
    }
}

}  // namespace

TEST_CASE("traffic follows the differences and not the size", "[sync][reconcile]") {
    struct Case {
        std::size_t different;
        std::uint64_t bytes;
    };
    // TopGun's walk would move megabytes here: a leaf of 24 records for each difference.
    const auto [different, most] = GENERATE(Case{0, 600}, Case{10, 4'000}, Case{100, 25'000});
    CAPTURE(different);
    World world;
    SyncedClient client(world);
    make_apart(world, client, 100'000, different);
    const auto report = client.run(job_of(SyncDirection::both));
    CHECK(client.root(kMap) == root_of(world, kMap));
    CAPTURE(report.traffic.bytes_in, report.traffic.bytes_out, report.traffic.messages_out);
    CHECK(bytes_of(report) <= most);
    CHECK(report.traffic.round_trips == (different == 0 ? 1 : 2));
    REQUIRE(report.maps.size() == 1);
    CHECK(report.maps[0].differing == different);
    CHECK(report.maps[0].by_sketch);
    CHECK(report.maps[0].equal == (different == 0));
}

TEST_CASE("all equal maps cost one round trip together", "[sync][reconcile]") {
    World world;
    SyncedClient client(world);
    for (int map = 0; map < 20; ++map) {
        auto ops = many_puts(50);
        for (auto& op : ops) op.map = "map" + std::to_string(map);
        fill(world, ops);
        fill(client.local.shared(), ops);
    }
    const auto report = client.run(job_of(SyncDirection::both));
    CHECK(report.maps.size() == 20);
    CHECK(report.traffic.round_trips == 1);
    CHECK(report.traffic.messages_out == 2);
    CHECK(bytes_of(report) < 20 * 400);
}

TEST_CASE("an empty client learns which maps there are, and all of them", "[sync][reconcile]") {
    World world;
    fill(world, many_puts(3'000));
    OpShape shape;
    shape.maps = {"a", "b"};
    Random random(seed(5));
    fill(world, random_ops(random, 300, shape));
    SyncedClient client(world);
    const auto report = client.run(job_of(SyncDirection::pull));
    CHECK(report.maps.size() == 7);
    CHECK(differences(lines_of(client.local.shared()), lines_of(world.hub->maps().shared())) ==
          kNone);
}

TEST_CASE("an empty server gets everything", "[sync][reconcile]") {
    World world;
    SyncedClient client(world);
    OpShape shape;
    Random random(seed(6));
    fill(client.local.shared(), random_ops(random, 300, shape));
    fill(client.local.shared(), many_puts(2'000));
    client.run(job_of(SyncDirection::push));
    CHECK(differences(lines_of(client.local.shared()), lines_of(world.hub->maps().shared())) ==
          kNone);
}

TEST_CASE("where most differs, leaves are exchanged, at the price of the walk at most",
          "[sync][reconcile]") {
    const auto make = [](World& world, SyncedClient& client) {
        const auto common = many_puts(20'000);
        fill(world, common);
        fill(client.local.shared(), common);
        auto changed = many_puts(9'000, kNow + 5, "n2");
        fill(world, {changed.begin(), changed.begin() + 5'000});
        fill(client.local.shared(), {changed.begin() + 5'000, changed.end()});
    };
    World world;
    SyncedClient client(world);
    make(world, client);
    const auto report = client.run(job_of(SyncDirection::both));
    CHECK(client.root(kMap) == root_of(world, kMap));
    CHECK(report.maps[0].differing == 9'000);
    World other;
    SyncedClient walker(other);
    make(other, walker);
    const auto walk = walker.run(walk_job(SyncDirection::both));
    CHECK(walker.root(kMap) == root_of(other, kMap));
    CHECK(bytes_of(report) < bytes_of(walk));
}

TEST_CASE("equal stamps with other content, and removed tags, are reconciled",
          "[sync][reconcile]") {
    World world;
    SyncedClient client(world);
    const auto common = many_puts(200);
    fill(world, common);
    fill(client.local.shared(), common);
    fill(world,
         {put("tie", {kNow, 0, "n"}, int_value(1)), or_add("k", {kNow, 0, "n"}, int_value(1)),
          or_remove("gone"), counter("n1", 4, 0)});
    fill(client.local.shared(),
         {put("tie", {kNow, 0, "n"}, int_value(2)), or_remove(format_stamp(Stamp{kNow, 0, "n"})),
          or_add("k2", {kNow, 1, "n"}, int_value(1)), counter("n1", 3, 2)});
    CHECK(client.root(kMap) == root_of(world, kMap));
    client.run(job_of(SyncDirection::both));
    CHECK(differences(lines_of(client.local.shared()), lines_of(world.hub->maps().shared())) ==
          kNone);
    CHECK(client.root(kOr) == root_of(world, kOr));
}

TEST_CASE("a comparison by sketches tells every difference and changes nothing",
          "[sync][reconcile]") {
    World world;
    std::map<int, int> kinds;
    sync::ClientOptions options;
    options.on_difference = [&](const sync::DifferingRow& row) {
        ++kinds[static_cast<int>(row.kind)];
    };
    SyncedClient client(world, std::move(options));
    make_apart(world, client, 2'000, 30);
    fill(world,
         {put("theirs", {kNow, 0, "n"}, int_value(1)), put("tie", {kNow, 0, "n"}, int_value(1))});
    fill(client.local.shared(),
         {put("ours", {kNow, 0, "n"}, int_value(1)), put("tie", {kNow, 0, "n"}, int_value(2))});
    const auto here = lines_of(client.local.shared());
    const auto there = lines_of(world.hub->maps().shared());
    const auto report = client.run(job_of(SyncDirection::compare));
    CHECK(kinds == std::map<int, int>{{0, 1}, {1, 1}, {2, 15}, {3, 15}, {4, 1}});
    CHECK(report.maps[0].differing == 33);
    CHECK(lines_of(client.local.shared()) == here);
    CHECK(lines_of(world.hub->maps().shared()) == there);
}

TEST_CASE("of large records only the newer one travels", "[sync][reconcile]") {
    World world;
    SyncedClient client(world);
    const Bytes large = string_value(std::string(20'000, 'x'));
    fill(world, many_puts(500));
    fill(client.local.shared(), many_puts(500));
    for (std::uint64_t i = 0; i < 10; ++i) {
        const auto key = "large" + std::to_string(i);
        fill(world, {put(key, {kNow + i % 2, 0, "n"}, large)});
        fill(client.local.shared(), {put(key, {kNow + 1 - i % 2, 0, "n"}, large)});
    }
    const auto report = client.run(job_of(SyncDirection::both));
    CHECK(client.root(kMap) == root_of(world, kMap));
    CHECK(report.traffic.round_trips == 3);
    CHECK(bytes_of(report) < 11 * 20'000);
    CHECK(bytes_of(report) > 10 * 20'000);
}

TEST_CASE("an estimate by sketches is close, and moves nothing", "[sync][reconcile]") {
    World world;
    SyncedClient client(world);
    make_apart(world, client, 5'000, 60);
    fill(world, many_puts(5'100));
    auto job = job_of(SyncDirection::pull);
    job.estimate = true;
    const auto report = client.run(job);
    CHECK(report.traffic.round_trips == 1);
    CHECK(report.forecast.records_in >= 100);
    CHECK(report.forecast.records_in <= 160);
    CHECK(report.forecast.records_out == 0);
    SyncedClient real(world);
    make_apart(world, real, 5'000, 60);
    const auto moved = real.run(job_of(SyncDirection::pull));
    CHECK(report.forecast.bytes_in < 2 * moved.traffic.bytes_in);
    CHECK(2 * report.forecast.bytes_in > moved.traffic.bytes_in / 2);
    CHECK(client.root(kMap) != root_of(world, kMap));
}

// Where most differs, leaves come whole, with what is the same in them.
TEST_CASE("an estimate of leaves that differ counts all that comes with them",
          "[sync][reconcile]") {
    const auto make = [](World& world, SyncedClient& client) {
        fill(world, many_puts(20'000));
        fill(client.local.shared(), many_puts(20'000));
        fill(world, many_puts(9'000, kNow + 5, "n2"));
    };
    World world;
    SyncedClient client(world), real(world);
    make(world, client);
    make(world, real);
    auto job = job_of(SyncDirection::pull);
    job.estimate = true;
    const auto forecast = client.run(job).forecast;
    const auto moved = real.run(job_of(SyncDirection::pull)).traffic;
    CAPTURE(forecast.bytes_in, moved.bytes_in, forecast.bytes_out, moved.bytes_out);
    CHECK(forecast.bytes_in > moved.bytes_in / 2);
    CHECK(forecast.bytes_in < moved.bytes_in * 2);
    CHECK(forecast.bytes_out > moved.bytes_out / 2);
    CHECK(forecast.bytes_out < moved.bytes_out * 2);
}

TEST_CASE("a budget is kept to within a few records, and run after run comes to the end",
          "[sync][reconcile]") {
    constexpr std::uint64_t kBudget = 150'000;
    const auto direction = GENERATE(SyncDirection::pull, SyncDirection::push);
    const auto map = GENERATE(kMap, kOr);
    CAPTURE(static_cast<int>(direction), map_kind_name(map.kind));
    World world;
    SyncedClient first(world);
    auto records = many_puts(20'000);
    for (auto& op : records) {
        if (map == kMap) continue;
        op.kind = OpKind::or_add;
        op.tag = "t" + op.key;
    }
    if (direction == SyncDirection::pull)
        fill(world, records);
    else
        fill(first.local.shared(), records);
    auto job = job_of(direction);
    job.budget_bytes = kBudget;
    first.client.start(job);
    first.connect();
    first.settle(1000);
    CHECK(first.client.state() == sync::ClientState::paused);
    const auto used = bytes_of(first.client.report());
    CHECK(used >= kBudget);
    CHECK(used < kBudget + 20'000);
    first.disconnect();
    // Also for who asks when the line is closed.
    CHECK(first.client.state() == sync::ClientState::paused);
    int runs = 0;
    for (; first.root(map) != root_of(world, map) && runs < 40; ++runs) {
        first.client.resume(kBudget);
        first.connect();
        first.settle(1000);
        if (!first.over()) first.disconnect();
    }
    CHECK(runs > 1);
    CHECK(first.root(map) == root_of(world, map));
}

TEST_CASE("a map that may not be read is refused, and the others are synced", "[sync][reconcile]") {
    auto options = World::no_auth();
    options.guard = [](const MapId& map, MapAccess access, const RequestContext&) -> Status {
        if (map.name == "secret") return Error(Errc::usage, "not yours");
        if (map.name == "fixed" && access == MapAccess::write) {
            return Error(Errc::usage, "read only");
        }
        return {};
    };
    World world(std::move(options));
    auto hidden = put("k", {kNow, 0, "n"}, int_value(1));
    hidden.map = "secret";
    fill(world, {hidden, put("a", {kNow, 0, "n"}, int_value(1))});
    SyncedClient client(world);
    auto mine = put("x", {kNow, 0, "n"}, int_value(2));
    mine.map = "secret";
    auto fixed = put("y", {kNow, 0, "n"}, int_value(3));
    fixed.map = "fixed";
    fill(client.local.shared(), {mine, fixed, put("b", {kNow, 0, "n"}, int_value(1))});
    const auto report = client.run(job_of(SyncDirection::both));
    CHECK(client.root(kMap) == root_of(world, kMap));
    REQUIRE(report.maps.size() == 3);
    CHECK(report.maps[0].map.name == "fixed");
    CHECK(report.maps[0].rejected == 1);
    CHECK(report.maps[2].error == "not yours");
    REQUIRE(report.rejections.size() == 1);
    CHECK(report.rejections[0].key == "y");
    CHECK(report.rejections[0].code == 403);
    CHECK(root_of(world, {"secret", MapKind::lww}) != client.root({"secret", MapKind::lww}));
}

TEST_CASE("what is pushed is acknowledged when it is durable, and others hear of it",
          "[sync][reconcile]") {
    World world;
    Peer other(world);
    other.say(wire::SyncInit{"m", {}});
    world.storage.held = true;
    SyncedClient client(world);
    fill(client.local.shared(), many_puts(3));
    client.client.start(job_of(SyncDirection::both));
    client.connect();
    for (int i = 0; i < 20; ++i) {
        client.step_up();
        client.step_down();
    }
    CHECK(client.client.state() == sync::ClientState::working);
    CHECK(other.heard().empty());
    world.storage.release();
    world.hub->settle();
    client.settle();
    CHECK(client.client.state() == sync::ClientState::finished);
    CHECK(events_in(other.heard()).size() == 3);
}

TEST_CASE("a follower hears of changes, and sends its own with the next pass",
          "[sync][reconcile]") {
    World world;
    fill(world, many_puts(20));
    SyncedClient client(world);
    auto job = job_of(SyncDirection::both);
    job.follow = true;
    client.client.start(job);
    client.connect();
    client.settle(200);
    REQUIRE(client.client.state() == sync::ClientState::following);
    CHECK(client.root(kMap) == root_of(world, kMap));
    Peer writer(world);
    writer.say(put_op("1", "fresh", "v"));
    client.settle(200);
    CHECK(client.root(kMap) == root_of(world, kMap));
    fill(client.local.shared(), {put("mine", {kNow + 1, 0, "n"}, int_value(1))});
    client.settle(31'000);
    CHECK(client.root(kMap) == root_of(world, kMap));
    CHECK(client.client.report().passes >= 2);
}

TEST_CASE("requests that make no sense are answered, and cost little", "[sync][reconcile]") {
    World world;
    fill(world, many_puts(100));
    Peer peer(world);
    wire::ReconcileStart start;
    start.maps.push_back({"m", MapKind::lww, {"nonsense"}});
    start.maps.push_back({"_topgun_x", MapKind::lww, {}});
    const auto maps = only<wire::ReconcileMaps>(peer.say(start));
    REQUIRE(maps.maps.size() == 2);
    CHECK(maps.maps[0].mode == wire::ReconcileMode::refused);
    CHECK(maps.maps[1].mode == wire::ReconcileMode::refused);
    const auto symbols = only<wire::ReconcileSymbols>(
        peer.say(wire::ReconcileReqSymbols{"m", MapKind::lww, 1, 0xffffffff, 0xffffffff}));
    CHECK(symbols.first == 0);
    CHECK(symbols.symbols.bytes.size() <= 32'768 * 30);
    wire::ReconcileExchange exchange;
    exchange.request_id = "1";
    exchange.map_name = "m";
    exchange.rows = wire::Binary{"\xff\xff"};
    CHECK(only<wire::ReconcileRows>(peer.say(exchange)).error);
    exchange.rows.reset();
    exchange.offered = wire::Binary{"12345678"};
    CHECK(only<wire::ReconcileRows>(peer.say(exchange)).error);
    exchange.offered.reset();
    exchange.leaves = wire::Binary{"\xff\xff"};
    CHECK(only<wire::ReconcileRows>(peer.say(exchange)).error);
    exchange.leaves.reset();
    exchange.wanted = wire::Binary{Bytes(80, 'x')};
    const auto rows = only<wire::ReconcileRows>(peer.say(exchange));
    CHECK(rows.done);
    CHECK_FALSE(rows.rows);
    wire::ReconcileReqLeaves leaves;
    leaves.request_id = "2";
    leaves.map_name = "m";
    leaves.sums = wire::Binary{"abc"};
    CHECK(only<wire::ReconcileRows>(peer.say(leaves)).error);
}

TEST_CASE("an answer has a bound, and says what it left out", "[sync][reconcile]") {
    World world;
    std::vector<OwnedOp> ops;
    for (int i = 0; i < 60; ++i) {
        ops.push_back(
            put("k" + std::to_string(i), {kNow, 0, "n"}, string_value(std::string(100'000, 'x'))));
    }
    fill(world, ops);
    Peer peer(world);
    wire::ReconcileExchange exchange;
    exchange.request_id = "1";
    exchange.map_name = "m";
    exchange.leaves.emplace();
    for (std::uint16_t leaf = 0; leaf < 4096; ++leaf) append_le(exchange.leaves->bytes, leaf);
    std::size_t bytes = 0;
    const auto answers = all<wire::ReconcileRows>(peer.say(exchange));
    for (const auto& answer : answers) {
        if (answer.rows) bytes += answer.rows->bytes.size();
    }
    CHECK(bytes < 3'000'000);
    REQUIRE(answers.back().leaves);
    CHECK(answers.back().leaves->bytes.size() > 1'000);
    // A client asks again for what was left.
    SyncedClient client(world);
    client.run(job_of(SyncDirection::pull));
    CHECK(client.root(kMap) == root_of(world, kMap));
}

TEST_CASE("rows survive being packed", "[sync][reconcile]") {
    const auto start = seed(20261126);
    CAPTURE(start);
    Random random(start);
    for (int round = 0; round < 30; ++round) {
        OpShape shape;
        auto replica = replica_of(random_ops(random, 120, shape));
        const auto state = read_replica(replica);
        for (const auto& id : state->maps()) {
            sync::RowPacker packer;
            std::vector<std::string> before, after;
            const auto pack = [&](const Row& row) {
                before.push_back(line_of(row));
                packer.add(row);
            };
            if (id.kind == MapKind::or_map)
                must(for_each_row(*must(state->removed_tags(id)), pack));
            const StateReader& reader = *state;
            must(for_each_row(*must(reader.rows(id)), pack));
            CHECK(packer.rows() == before.size());
            const auto block = packer.take();
            const auto unpacked = must(sync::unpack_rows(block, id.kind));
            for (const auto& row : unpacked.rows) after.push_back(line_of(row));
            CHECK(after == before);
            for (std::size_t cut = 1; cut < block.size(); cut += 1 + block.size() / 40) {
                // A cut either falls between two rows or is noticed.
                const auto part = sync::unpack_rows(BytesView(block).substr(0, cut), id.kind);
                if (part) CHECK(part->rows.size() < before.size());
            }
        }
    }
}

// Goal:   an index that follows changes is the one that reading everything gives.
// Method: random ops in steps; after each, the index refreshed so far and a new one are compared.
TEST_CASE("an index kept up to date equals a new one", "[sync][reconcile][property]") {
    const auto start = seed(20261127);
    CAPTURE(start);
    for (std::uint64_t round = 0; round < 15; ++round) {
        CAPTURE(round);
        Random random(start + round);
        SharedReplica shared;
        OpShape shape;
        std::map<MapKind, std::unique_ptr<sync::ItemIndex>> kept;
        for (const auto kind : {MapKind::lww, MapKind::or_map, MapKind::counter}) {
            kept[kind] = std::make_unique<sync::ItemIndex>(shared, MapId{"m", kind});
        }
        for (int step = 0; step < 8; ++step) {
            for (const auto& op : random_ops(random, 30, shape)) {
                must(shared.replica.apply(op.view()));
                if (op.kind != OpKind::or_remove) kept[map_kind_of(op.kind)]->mark(fnv1a(op.key));
            }
            for (auto& [kind, index] : kept) {
                CAPTURE(static_cast<int>(kind), step);
                index->symbols(40);
                must(index->refresh());
                sync::ItemIndex fresh(shared, {"m", kind});
                must(fresh.refresh());
                CHECK(index->digest() == fresh.digest());
                CHECK(index->records() == fresh.records());
                CHECK(index->removed() == fresh.removed());
                CHECK(index->bytes() == fresh.bytes());
                Bytes a, b;
                index->symbols(40).append_symbols(0, 40, a);
                fresh.symbols(40).append_symbols(0, 40, b);
                CHECK(a == b);
                CHECK(must(index->refresh()) == (kind == MapKind::counter ? fresh.records() : 0));
            }
        }
    }
}
