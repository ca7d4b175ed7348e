// SPDX-License-Identifier: Apache-2.0
// Merging into tables of both generations: what comes back is the merge, whatever the order.
#include "topgun/pg/table_writer.hpp"

#include <algorithm>

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

}  // namespace
}  // namespace topgun::test
