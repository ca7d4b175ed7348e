// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "topgun/replica/replica.hpp"
#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;

namespace {

test::OpShape large_shape() {
    test::OpShape shape;
    shape.maps = {"a", "b"};
    shape.keys = 3000;
    shape.nodes = 40;
    shape.millis = 100'000;
    return shape;
}

}  // namespace

TEST_CASE("a replica is read in order of place, removed tags first", "[replica][property]") {
    const auto seed = test::seed(1001);
    CAPTURE(seed);
    Random rng(seed);
    auto replica = test::replica_of(test::random_ops(rng, 6000, large_shape()));
    const auto state = read_replica(replica);
    CHECK(std::is_sorted(state->maps().begin(), state->maps().end()));
    REQUIRE(state->maps().size() == 6);
    for (const auto& map : state->maps()) {
        CHECK(state->has(map));
        std::vector<OwnedOp> owners;
        Row before;
        bool any = false;
        std::string key, tag;
        auto removed = test::must(state->removed_tags(map));
        auto rows = test::must(state->StateReader::rows(map));
        for (auto* cursor : {removed.get(), rows.get()}) {
            test::must(for_each_row(*cursor, [&](const Row& row) {
                if (any) REQUIRE((compare_place(before, row) < 0));
                CHECK(row.removed == (cursor == removed.get()));
                if (!row.removed) CHECK(row.key_hash == fnv1a(row.key));
                key = row.key;
                tag = row.tag;
                before = row;
                before.key = key;
                before.tag = tag;
                any = true;
            }));
        }
        CHECK(any);
    }
}

// Goal:   ranges give exactly the rows in them, whatever their number and size.
// Method: random ascending ranges, one hash wide to everything, compared with filtering all rows.
TEST_CASE("rows of hash ranges are exactly the rows whose hash lies in them",
          "[replica][property]") {
    const auto seed = test::seed(1002);
    CAPTURE(seed);
    Random rng(seed);
    auto ops = test::random_ops(rng, 4000, large_shape());
    for (const auto* key : {"user:162789", "user:379192"}) {
        auto op = test::put(key, {1, 0, "n"}, test::int_value(1));
        op.map = "a";
        ops.push_back(op);
    }
    auto replica = test::replica_of(ops);
    const auto state = read_replica(replica);
    for (const auto& map : state->maps()) {
        std::vector<std::pair<std::uint32_t, std::string>> all;
        test::must(for_each_row(*test::must(state->StateReader::rows(map)), [&](const Row& row) {
            all.emplace_back(row.key_hash, test::line_of(row));
        }));
        for (int round = 0; round < 20; ++round) {
            std::vector<HashRange> ranges;
            std::uint64_t from = rng.below(1u << 30);
            while (from <= 0xffffffffu && ranges.size() < 8) {
                auto first = static_cast<std::uint32_t>(from);
                // Now and then just one hash that is there.
                if (rng.chance(0.3)) first = std::max(first, all[rng.below(all.size())].first);
                const auto last = rng.chance(0.3)
                                      ? first
                                      : static_cast<std::uint32_t>(std::min<std::uint64_t>(
                                            0xffffffffu, first + rng.below(1u << 29)));
                ranges.push_back({first, last});
                from = std::uint64_t{last} + 1 + rng.below(1u << 28);
            }
            std::vector<std::string> expected;
            for (const auto& [hash, line] : all) {
                const bool in = std::any_of(
                    ranges.begin(), ranges.end(),
                    [h = hash](const HashRange& r) { return h >= r.first && h <= r.last; });
                if (in) expected.push_back(line);
            }
            CHECK(test::lines_of(*test::must(state->rows(map, ranges))) == expected);
        }
        CHECK(test::lines_of(*test::must(state->rows(map, {}))).empty());
    }
}

TEST_CASE("maps without rows are not listed, unknown ones are an error", "[replica]") {
    Replica replica;
    replica.get({"empty", MapKind::lww});
    replica.get({"empty", MapKind::or_map});
    replica.get({"empty", MapKind::counter});
    test::apply_all(replica, {test::or_remove("only a removed tag")});
    const auto state = read_replica(replica);
    REQUIRE(state->maps().size() == 1);
    CHECK(state->maps()[0] == MapId{"m", MapKind::or_map});
    CHECK(test::lines_of(*state, state->maps()[0]).size() == 1);
    const MapId unknown{"empty", MapKind::lww};
    CHECK_FALSE(state->has(unknown));
    CHECK(state->facts(unknown).error().code() == Errc::not_found);
    CHECK(state->StateReader::rows(unknown).error().code() == Errc::not_found);
    CHECK(state->removed_tags(unknown).error().code() == Errc::not_found);
}

TEST_CASE("threads may read facts and rows of a state at once", "[replica]") {
    const auto seed = test::seed(1003);
    CAPTURE(seed);
    Random rng(seed);
    auto owned = std::make_unique<Replica>();
    test::apply_all(*owned, test::random_ops(rng, 3000, large_shape()));
    const auto expected = test::lines_of(*owned);
    const auto state = own_replica(std::move(owned));
    std::vector<std::thread> threads;
    std::vector<std::vector<std::string>> got(4);
    std::vector<std::uint64_t> records(4);
    for (std::size_t i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            for (const auto& map : state->maps()) {
                const auto facts = state->facts(map);
                if (facts) records[i] += (*facts)->records;
            }
            got[i] = test::lines_of(*state);
        });
    }
    for (auto& thread : threads) thread.join();
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(got[i] == expected);
        CHECK(records[i] == records[0]);
    }
}
