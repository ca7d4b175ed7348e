// SPDX-License-Identifier: Apache-2.0
// A part of a state: maps by name, rows up to a moment.
#include "filtered.hpp"

#include "source_support.hpp"

using namespace topgun;
using test::int_value;
using test::Lines;
using test::must;

namespace {

std::vector<OwnedOp> on_map(std::string name, std::vector<OwnedOp> ops) {
    for (auto& op : ops) op.map = name;
    return ops;
}

}  // namespace

TEST_CASE("selected maps are seen in every kind they have, others are not", "[source]") {
    Random rng(5);
    test::OpShape shape;
    shape.maps = {"a", "b", "c"};
    const auto all = test::state_of(test::random_ops(rng, 200, shape));
    const auto selected =
        source::select_maps(own_replica(std::make_unique<Replica>(
                                test::replica_of(test::random_ops(rng = Random(5), 200, shape)))),
                            {"c", "a", "nobody"});
    Lines names;
    for (const auto& id : selected->maps()) {
        names.push_back(id.name);
        CHECK(test::lines_of(*selected, id) == test::lines_of(*all, id));
        CHECK(*must(selected->facts(id)) == *must(all->facts(id)));
        CHECK(must(selected->summary(id))->records == must(all->summary(id))->records);
    }
    CHECK(names == Lines{"a", "a", "a", "c", "c", "c"});
    CHECK_FALSE(selected->has({"b", MapKind::lww}));
}

TEST_CASE("no names select every map, an unknown name none", "[source]") {
    const std::vector<OwnedOp> ops = {test::put("k", {1, 0, "n"}, int_value(1))};
    CHECK(source::select_maps(test::state_of(ops), {})->maps().size() == 1);
    CHECK(source::select_maps(test::state_of(ops), {"x"})->maps().empty());
}

TEST_CASE("rows up to a moment are those stamped no later, the moment included", "[source]") {
    const auto ops = std::vector<OwnedOp>{test::put("before", {4, 9, "z"}, int_value(1)),
                                          test::put("at", {5, 1, "n"}, int_value(2)),
                                          test::put("node", {5, 1, "o"}, int_value(3)),
                                          test::put("later", {5, 2, "a"}, int_value(4)),
                                          test::remove("gone", {6, 0, "a"}),
                                          test::counter("n", 1, 0)};
    const auto until = source::select_until(test::state_of(ops), {5, 1, "n"});
    const auto expected = test::state_of({ops[0], ops[1], ops[5]});
    CHECK(test::lines_of(*until) == test::lines_of(*expected));
    for (const auto& id : until->maps()) {
        CHECK(*must(until->facts(id)) == *must(expected->facts(id)));
    }
}

TEST_CASE("a removed tag belongs to the time from its add on", "[source]") {
    const auto ops = std::vector<OwnedOp>{test::or_remove("5:0:n"), test::or_remove("6:0:n"),
                                          test::or_remove("no time"),
                                          test::or_add("k", {7, 0, "n"}, int_value(1))};
    const auto until = source::select_until(test::state_of(ops), {5, 0, "n"});
    CHECK(test::lines_of(*until) == test::lines_of(*test::state_of({ops[0], ops[2]})));
}

TEST_CASE("a map whose rows are all later does not exist yet", "[source]") {
    auto ops = on_map("old", {test::put("k", {1, 0, "n"}, int_value(1))});
    for (const auto& op : on_map("new", {test::put("k", {9, 0, "n"}, int_value(1)),
                                         test::or_add("k", {9, 0, "n"}, int_value(1))})) {
        ops.push_back(op);
    }
    const auto until = source::select_until(test::state_of(ops), {5, 0, "n"});
    CHECK(until->maps() == std::vector<MapId>{{"old", MapKind::lww}});
}
