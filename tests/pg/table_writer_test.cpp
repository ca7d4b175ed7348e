// SPDX-License-Identifier: Apache-2.0
// Merging into tables of both generations: what comes back is the merge, whatever the order.
#include "topgun/pg/table_writer.hpp"

#include <algorithm>
#include <functional>
#include <thread>

#include "running.hpp"
#include "topgun_test/states.hpp"
#include "topgun_test/values.hpp"
#include "world.hpp"

namespace topgun::test {
namespace {

using maptable::Generation;

struct World {
    explicit World(Generation generation_, std::string ddl = {}) : generation(generation_) {
        database = must(postgres().make_database());
        connection = connect(database);
        if (!ddl.empty()) must(connection->run(ddl));
        table = must(pg::create_map_table(*connection, pg::kDefaultTable, generation));
    }

    std::unique_ptr<pg::TableWriter> writer(pg::TableWriteOptions options = {}) const {
        pg::ConnectOptions connecting;
        connecting.target = postgres().target(database);
        return must(pg::TableWriter::open(std::move(connecting), table, options));
    }

    pg::TableWriteReport write(const std::vector<OwnedOp>& ops,
                               pg::TableWriteOptions options = {}) const {
        const auto to = writer(options);
        for (const auto& op : ops) must(to->add(op.view()));
        must(to->finish());
        return to->report();
    }

    std::vector<std::string> lines() const {
        Replica replica;
        maptable::ReadReport report;
        must(pg::read_map_table(
            *connection, table, {},
            [&](const Op& op) -> Status {
                auto merged = replica.apply(op);
                return merged ? Status() : Status(std::move(merged).error());
            },
            report));
        return lines_of(replica);
    }

    std::string one(const std::string& sql) const {
        const auto rows = must(connection->query(sql));
        REQUIRE(rows.size() == 1);
        return std::string(rows.at(0, 0));
    }

    Generation generation;
    std::string database;
    std::unique_ptr<pg::Connection> connection;
    pg::MapTable table;
};

std::vector<std::string> lines_after(const std::vector<OwnedOp>& ops) {
    auto replica = replica_of(ops);
    return lines_of(replica);
}

std::vector<OwnedOp> some_ops(Random& rng, std::size_t count) {
    std::vector<OwnedOp> out;
    for (const auto kind : {MapKind::lww, MapKind::or_map, MapKind::counter}) {
        OpShape shape;
        shape.maps = {std::string(map_kind_name(kind)) + " a",
                      std::string(map_kind_name(kind)) + "-b"};
        shape.lww = kind == MapKind::lww;
        shape.or_map = kind == MapKind::or_map;
        shape.counter = kind == MapKind::counter;
        shape.value_depth = 3;
        const auto more = random_ops(rng, count, shape);
        out.insert(out.end(), more.begin(), more.end());
    }
    return out;
}

void shuffle(std::vector<OwnedOp>& ops, Random& rng) {
    for (std::size_t i = ops.size(); i > 1; --i) std::swap(ops[i - 1], ops[rng.below(i)]);
}

TEST_CASE("a table gives back the merge of what was written, in any order and twice",
          "[pg][writer]") {
    const auto generation = GENERATE(Generation::jsonb, Generation::bytea);
    const auto first = seed(20261121);
    for (std::uint64_t round = 0; round < 6; ++round) {
        CAPTURE(first + round, static_cast<int>(generation));
        Random rng(first + round);
        const World world(generation);
        auto ops = some_ops(rng, 60);
        shuffle(ops, rng);
        pg::TableWriteOptions small;
        small.batch_keys = 1 + rng.below(9);
        const auto report = world.write(ops, small);
        INFO((report.refusals.empty() ? "" : report.refusals.front()));
        CHECK(report.refused == 0);
        CHECK(world.lines() == lines_after(ops));

        shuffle(ops, rng);
        const auto again = world.write(ops);
        CHECK(again.inserted + again.updated + again.removed == 0);
        CHECK(world.lines() == lines_after(ops));

        auto more = some_ops(rng, 20);
        world.write(more, small);
        more.insert(more.end(), ops.begin(), ops.end());
        CHECK(world.lines() == lines_after(more));
    }
}

TEST_CASE("names that PostgreSQL does not take are refused, and nothing else", "[pg][writer]") {
    const World world(GENERATE(Generation::jsonb, Generation::bytea));
    const std::string nul("n\0l", 3);
    const Timestamp stamp{5, 0, "n1"};
    std::vector<OwnedOp> odd{put(nul, stamp, int_value(1)),
                             put("k", stamp, int_value(1)),
                             put("k", {5, 0, nul}, int_value(1)),
                             or_add("k", stamp, int_value(1)),
                             or_remove(nul),
                             counter(nul, 1, 2)};
    odd[1].map = nul;
    odd[3].map = nul;
    const std::vector<OwnedOp> sound{put("k", stamp, int_value(2)), put("l", stamp, int_value(2))};
    auto all = odd;
    all.insert(all.begin() + 3, sound.begin(), sound.end());
    CHECK(world.write(all).refused == odd.size());
    CHECK(world.lines() == lines_after(sound));
}

TEST_CASE("columns of other types than the server's own take the same rows", "[pg][writer]") {
    const std::string columns = GENERATE(
        as<std::string>{}, "value JSON, ts_counter INTEGER", "value JSONB, ts_counter INTEGER",
        "value JSON, ts_counter BIGINT", "value JSONB, ts_counter NUMERIC");
    CAPTURE(columns);
    const World world(Generation::jsonb,
                      "CREATE TABLE topgun_maps (map_name VARCHAR NOT NULL, key TEXT NOT NULL, " +
                          columns +
                          ", ts_millis BIGINT NOT NULL, ts_node_id TEXT NOT NULL,"
                          " is_deleted BOOLEAN DEFAULT FALSE, PRIMARY KEY (map_name, key))");
    Random rng(seed(7));
    auto ops = some_ops(rng, 40);
    world.write(ops);
    CHECK(world.lines() == lines_after(ops));
    const auto more = some_ops(rng, 40);
    world.write(more);
    ops.insert(ops.end(), more.begin(), more.end());
    CHECK(world.lines() == lines_after(ops));
}

std::vector<OwnedOp> puts(std::size_t first, std::size_t count, std::uint64_t millis) {
    std::vector<OwnedOp> out;
    for (std::size_t i = first; i < first + count; ++i) {
        out.push_back(put("key " + std::to_string(i), {millis, 0, "n"}, int_value(1)));
    }
    return out;
}

// Runs work(0), work(1) ... at the same time. Catch takes assertions from one thread only.
void at_once(unsigned count, const std::function<Status(unsigned)>& work) {
    std::vector<Status> results(count);
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < count; ++i) {
        threads.emplace_back([&, i] { results[i] = work(i); });
    }
    for (auto& thread : threads) thread.join();
    for (auto& result : results) must(std::move(result));
}

TEST_CASE("writers that begin at once make each table once", "[pg][writer]") {
    constexpr unsigned kWriters = 6;
    for (int round = 0; round < 5; ++round) {
        const auto database = must(postgres().make_database());
        pg::ConnectOptions connecting;
        connecting.target = postgres().target(database);
        pg::TableWriteOptions once;
        once.attempts = 1;
        // A tombstone stands in the table beside, which is not there yet.
        at_once(kWriters, [&](unsigned i) -> Status {
            auto connection = pg::Connection::open(connecting);
            if (!connection) return std::move(connection).error();
            bool created = false;
            auto table = pg::choose_or_create_table(**connection, "", Generation::bytea, created);
            if (!table) return std::move(table).error();
            auto writer = pg::TableWriter::open(connecting, *table, once);
            if (!writer) return std::move(writer).error();
            const auto op = remove("key " + std::to_string(i), {5, 0, "n"});
            TOPGUN_TRY((*writer)->add(op.view()));
            return (*writer)->finish();
        });
        const auto rows = must(connect(database)->query("SELECT count(*) FROM topgun_maps_extra"));
        CHECK(rows.at(0, 0) == std::to_string(kWriters));
    }
}

TEST_CASE("what is there already is looked up by key, and neither locked nor written",
          "[pg][writer]") {
    const World world(GENERATE(Generation::jsonb, Generation::bytea));
    const auto ops = puts(0, 5000, 5);
    world.write(ops);
    const auto scans = [&] {
        // Sessions hand in their counts when they end.
        REQUIRE(within_seconds(60, [&] {
            return world.one(
                       "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                       " AND backend_type = 'client backend' AND pid <> pg_backend_pid()") == "0";
        }));
        return std::stoul(
            world.one("SELECT seq_scan FROM pg_stat_user_tables"
                      " WHERE relname = 'topgun_maps'"));
    };
    const auto before = scans();
    pg::TableWriteOptions small;
    small.batch_keys = 500;
    const auto again = world.write(ops, small);
    CHECK(again.batches == 10);
    CHECK(again.unchanged == ops.size());
    CHECK(scans() <= before + 1);  // that which asks whether the table is empty
    CHECK(world.one("SELECT count(*) FROM topgun_maps WHERE xmax <> 0::text::xid") == "0");
}

TEST_CASE("writers of the same keys wait for each other, and none of them fails", "[pg][writer]") {
    const World world(GENERATE(Generation::jsonb, Generation::bytea));
    constexpr unsigned kWriters = 4;
    std::vector<OwnedOp> all;
    for (unsigned i = 0; i < kWriters; ++i) {
        const auto ops = puts(i * 20, 100, 10 + i);
        all.insert(all.end(), ops.begin(), ops.end());
    }
    const bool filled = GENERATE(false, true);
    if (filled) world.write(puts(0, 200, 1));
    at_once(kWriters, [&](unsigned i) -> Status {
        auto ops = puts(i * 20, 100, 10 + i);
        if (i % 2 == 1) std::reverse(ops.begin(), ops.end());
        pg::TableWriteOptions small;
        small.batch_keys = 7;
        small.backoff_ms = 10;
        pg::ConnectOptions connecting;
        connecting.target = postgres().target(world.database);
        auto writer = pg::TableWriter::open(connecting, world.table, small);
        if (!writer) return std::move(writer).error();
        for (const auto& op : ops) TOPGUN_TRY((*writer)->add(op.view()));
        return (*writer)->finish();
    });
    const auto before = filled ? puts(0, 200, 1) : std::vector<OwnedOp>();
    all.insert(all.end(), before.begin(), before.end());
    CHECK(world.lines() == lines_after(all));
}

}  // namespace
}  // namespace topgun::test
