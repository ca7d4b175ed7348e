// SPDX-License-Identifier: Apache-2.0
// Merging into tables of both generations: what comes back is the merge, whatever the order.
#include "topgun/pg/table_writer.hpp"

#include <algorithm>
#include <atomic>
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

// A writer that has met another one, and so locks what it reads, stands still when it has looked at
// all that it is going to change and has changed no row yet. Meanwhile another one writes.
void write_between(const World& world, const std::vector<OwnedOp>& slow,
                   const std::vector<OwnedOp>& between) {
    must(world.connection->run(
        "CREATE FUNCTION halt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF current_setting('transaction_isolation') = 'read committed' THEN"
        "  PERFORM pg_advisory_xact_lock_shared(42); END IF; RETURN NULL; END $$;"
        "CREATE TRIGGER halt BEFORE INSERT ON topgun_maps EXECUTE FUNCTION halt();"
        "SELECT pg_advisory_lock(42)"));
    pg::ConnectOptions connecting;
    connecting.target = postgres().target(world.database);
    const auto write = [&](const std::vector<OwnedOp>& ops,
                           pg::TableWriteOptions options) -> Status {
        auto writer = pg::TableWriter::open(connecting, world.table, std::move(options));
        if (!writer) return std::move(writer).error();
        for (const auto& op : ops) TOPGUN_TRY((*writer)->add(op.view()));
        return (*writer)->flush();
    };
    const auto waiting = [&] {
        return std::stoi(world.one("SELECT count(*) FROM pg_locks WHERE NOT granted"));
    };
    pg::TableWriteOptions meeting;
    meeting.with_batch = [first = true]() mutable {
        return std::exchange(first, false)
                   ? std::string(
                         "DO $$ BEGIN RAISE EXCEPTION 'met' USING ERRCODE = '40001'; END $$")
                   : std::string();
    };
    Status slow_done, between_done;
    std::atomic<bool> ended{false};
    std::thread first([&] { slow_done = write(slow, meeting); });
    const bool halted = within_seconds(60, [&] { return waiting() == 1; });
    std::thread second([&] {
        between_done = write(between, {});
        ended = true;
    });
    const bool met = within_seconds(60, [&] { return ended || waiting() == 2; });
    must(world.connection->run("SELECT pg_advisory_unlock(42)"));
    first.join();
    second.join();
    CHECK(halted);
    CHECK(met);
    must(std::move(slow_done));
    must(std::move(between_done));
}

TEST_CASE("a removal that comes while another writer writes the key's row is not lost",
          "[pg][writer]") {
    const World world(Generation::bytea);
    const std::vector<OwnedOp> before{remove("k", {5, 0, "n"})},
        slow{put("k", {7, 0, "n"}, int_value(7))}, between{remove("k", {9, 0, "n"})};
    world.write(before);
    write_between(world, slow, between);
    CHECK(world.lines() == lines_after(between));
}

TEST_CASE("counts that come while another writer makes the counter's entry are not lost",
          "[pg][writer]") {
    const World world(GENERATE(Generation::jsonb, Generation::bytea));
    const auto row = put("k", {7, 0, "n"}, int_value(7));
    world.write({counter("other", 1, 1)});
    write_between(world, {row, counter("n", 3, 1)}, {counter("n", 2, 4), counter("other", 2, 0)});
    CHECK(world.lines() == lines_after({row, counter("n", 3, 4), counter("other", 2, 1)}));
}

TEST_CASE("what the database refuses is named, and nothing else is lost with it", "[pg][writer]") {
    const auto generation = GENERATE(Generation::jsonb, Generation::bytea);
    const World world(generation);
    must(world.connection->run(
        "ALTER TABLE topgun_maps ADD CHECK (key <> 'key 13'), ADD CHECK (position(" +
        std::string(generation == Generation::jsonb ? "'bad' IN value::text"
                                                    : "'bad'::bytea IN value") +
        ") = 0)"));
    std::vector<OwnedOp> sound{or_add("o", {1, 0, "n"}, string_value("good")),
                               or_add("o", {3, 0, "n"}, string_value("good too")),
                               counter("n", 1, 2)};
    for (auto& op : puts(0, 100, 5)) {
        if (op.key != "key 13") sound.push_back(std::move(op));
    }
    const auto bad = or_add("o", {2, 0, "n"}, string_value("bad"));
    auto all = sound;
    all.insert(all.begin() + 1, {bad, put("key 13", {5, 0, "n"}, int_value(1))});
    std::size_t settled = 0;
    pg::TableWriteOptions options;
    options.batch_keys = GENERATE(7, 1000);
    options.with_batch = [&] {
        ++settled;
        return std::string();
    };
    const auto report = world.write(all, options);
    REQUIRE(report.refused == 2);
    CHECK(report.refusals[0].find("violates check constraint") != std::string::npos);
    CHECK(world.lines() == lines_after(sound));
    // The statement that says how far it came belongs to whole batches.
    CHECK(settled <= (options.batch_keys == 7 ? 15 : 1));
    const auto state = own_replica(std::make_unique<Replica>(replica_of(all)));
    std::size_t refused = 0;
    for (const auto& map : state->maps()) {
        auto rows = must(state->rows(map));
        must(for_each_row(*rows, [&](const Row& row) -> Status {
            refused += report.refused_rows.has(map, row) ? 1 : 0;
            return {};
        }));
    }
    CHECK(refused == 2);
}

TEST_CASE("removed tags without a key are looked up, not read through", "[pg][writer]") {
    const World world(Generation::bytea);
    std::vector<OwnedOp> ops;
    for (std::uint64_t i = 0; i < 4000; ++i) ops.push_back(or_remove(std::to_string(i) + ":0:n"));
    world.write(ops);
    const auto read = [&] {
        REQUIRE(within_seconds(60, [&] {
            return world.one(
                       "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                       " AND backend_type = 'client backend' AND pid <> pg_backend_pid()") == "0";
        }));
        return std::stol(
            world.one("SELECT t.seq_tup_read + (SELECT sum(i.idx_tup_read)"
                      " FROM pg_stat_user_indexes i WHERE i.relid = t.relid)"
                      " FROM pg_stat_user_tables t WHERE t.relname = 'topgun_maps_extra'"));
    };
    const auto before = read();
    for (std::uint64_t i = 3990; i < 4010; ++i) {
        ops.push_back(or_add("k", {i, 0, "n"}, int_value(1)));
    }
    const auto report = world.write({ops.end() - 20, ops.end()});
    CHECK(report.inserted == 1);
    CHECK(read() - before < 200);
    CHECK(world.lines() == lines_after(ops));
}

}  // namespace
}  // namespace topgun::test
