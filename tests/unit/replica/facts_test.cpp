// SPDX-License-Identifier: Apache-2.0
#include "topgun/replica/facts.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "topgun/crdt/lww_map.hpp"
#include "topgun/replica/replica.hpp"
#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;

namespace {

ExpiryHistogram histogram_of(const std::vector<std::uint64_t>& times) {
    ExpiryHistogram out;
    for (const auto time : times) out.add(time);
    return out;
}

std::uint64_t count_before(const std::vector<std::uint64_t>& times, std::uint64_t now) {
    return static_cast<std::uint64_t>(std::count_if(
        times.begin(), times.end(), [now](std::uint64_t time) { return time < now; }));
}

const MapFacts& facts_of(const StateReader& state, const MapId& id) {
    return *test::must(state.facts(id));
}

}  // namespace

TEST_CASE("expiry times are counted exactly while there are few", "[replica]") {
    const std::vector<std::uint64_t> times = {5,   5, 7,
                                              100, 0, std::numeric_limits<std::uint64_t>::max()};
    const auto histogram = histogram_of(times);
    CHECK(histogram.resolution_ms() == 1);
    CHECK(histogram.total() == times.size());
    for (const std::uint64_t now : {0u, 1u, 5u, 6u, 7u, 8u, 100u, 101u}) {
        CAPTURE(now);
        CHECK(histogram.expired(now) == count_before(times, now));
    }
    CHECK(histogram.expired(std::numeric_limits<std::uint64_t>::max()) == 5);
}

// Goal:   size bounded, nothing called expired too early, and the error below the resolution.
// Method: many more times than buckets, compared with counting them all.
TEST_CASE("many expiry times are counted within the resolution, never too early",
          "[replica][property]") {
    const auto seed = test::seed(555);
    CAPTURE(seed);
    Random rng(seed);
    std::vector<std::uint64_t> times;
    for (int i = 0; i < 200'000; ++i) times.push_back(1'700'000'000'000 + rng.below(10'000'000));
    const auto histogram = histogram_of(times);
    CHECK(histogram.buckets().size() <= ExpiryHistogram::kMaxBuckets);
    CHECK(histogram.total() == times.size());
    const auto resolution = histogram.resolution_ms();
    CHECK(resolution == 1024);  // 10^7 / 1024 is the first that fits into 16 384 buckets
    for (int i = 0; i < 50; ++i) {
        const auto now = 1'700'000'000'000 + rng.below(10'100'000);
        const auto got = histogram.expired(now);
        CHECK(got <= count_before(times, now));
        CHECK(got >= count_before(times, now - resolution));
    }
}

TEST_CASE("the histogram is the same whatever the order of insertion", "[replica][property]") {
    const auto seed = test::seed(556);
    CAPTURE(seed);
    Random rng(seed);
    for (const std::size_t count : {1000u, 70'000u, 140'000u}) {
        std::vector<std::uint64_t> times;
        for (std::size_t i = 0; i < count; ++i) times.push_back(rng.below(1'000'000'000));
        const auto first = histogram_of(times);
        std::shuffle(times.begin(), times.end(), rng);
        CHECK(histogram_of(times) == first);
        std::sort(times.begin(), times.end());
        CHECK(histogram_of(times) == first);
        ExpiryHistogram restored;
        restored.restore(first.shift(), first.buckets());
        CHECK(restored == first);
    }
}

TEST_CASE("facts count what the rows say", "[replica]") {
    Replica replica;
    test::apply_all(replica, {test::put("a", {10, 0, "n1"}, test::string_value("xyz")),
                              test::put("b", {20, 1, "n2"}, test::int_value(1), 100),
                              test::put("cc", {30, 0, "n1"}, test::int_value(1), 0),
                              test::remove("d", {5, 0, "n1"})});
    const auto state = read_replica(replica);
    const auto& facts = facts_of(*state, {"m", MapKind::lww});
    CHECK(facts.records == 4);
    CHECK(facts.keys == 4);
    CHECK(facts.tombstones == 1);
    CHECK(facts.key_bytes == 5);
    CHECK(facts.value_bytes == 6);
    CHECK(facts.expired(120) == 0);
    CHECK(facts.expired(121) == 1);
    CHECK(facts.live(120) == 3);
    CHECK(facts.live(121) == 2);
    REQUIRE(facts.nodes.size() == 2);
    const auto& n1 = facts.nodes.at("n1");
    CHECK(n1.records == 3);
    CHECK(n1.tombstones == 1);
    CHECK(n1.bytes == 9);
    CHECK(n1.first == Timestamp(5, 0, "n1"));
    CHECK(n1.last == Timestamp(30, 0, "n1"));
    CHECK(facts.root == replica.get({"m", MapKind::lww}).root());
    CHECK(facts.root == facts.trie.root());
}

TEST_CASE("facts of an OR-Map count keys, records and removed tags", "[replica]") {
    Replica replica;
    test::apply_all(replica, {test::or_add("k", {10, 0, "n"}, test::int_value(1)),
                              test::or_add("k", {11, 0, "n"}, test::int_value(1), 5),
                              test::or_add("l", {12, 0, "o"}, test::int_value(1)),
                              test::or_remove("gone"), test::or_remove("12:0:o")});
    const auto state = read_replica(replica);
    const auto& facts = facts_of(*state, {"m", MapKind::or_map});
    CHECK(facts.records == 2);
    CHECK(facts.keys == 1);
    CHECK(facts.tombstones == 2);
    CHECK(facts.live(1000) == 1);
    CHECK(facts.root == replica.get({"m", MapKind::or_map}).root());
    CHECK(facts.removed_content != 0);
}

TEST_CASE("facts of a counter add up its nodes", "[replica]") {
    Replica replica;
    test::apply_all(replica, {test::counter("a", 2.5, 1), test::counter("b", 2.5, 1)});
    const auto state = read_replica(replica);
    const auto& facts = facts_of(*state, {"m", MapKind::counter});
    CHECK(facts.records == 2);
    CHECK(facts.positive == 5);
    CHECK(facts.negative == 2);
    CHECK(facts.root == 0);
    CHECK(facts.nodes.contains("a"));
}

// Goal:   the state hash names the state: equal however it came about, different after any change.
TEST_CASE("equal states have equal facts and hashes, others do not", "[replica][property]") {
    const auto seed = test::seed(88);
    CAPTURE(seed);
    Random rng(seed);
    test::OpShape shape;
    shape.maps = {"a", "b", ""};
    shape.keys = 30;
    shape.millis = 1000;
    const auto hash_of = [](Replica& replica) {
        const auto state = read_replica(replica);
        std::vector<const MapFacts*> all;
        for (const auto& map : state->maps()) all.push_back(&facts_of(*state, map));
        std::reverse(all.begin(), all.end());  // the order of maps plays no part
        return state_hash(all);
    };
    for (int round = 0; round < 10; ++round) {
        auto ops = test::random_ops(rng, 200, shape);
        auto one = test::replica_of(ops);
        std::shuffle(ops.begin(), ops.end(), rng);
        auto two = test::replica_of(ops);
        CHECK(hash_of(one) == hash_of(two));
        const auto state_one = read_replica(one), state_two = read_replica(two);
        for (const auto& map : state_one->maps()) {
            CHECK(facts_of(*state_one, map) == facts_of(*state_two, map));
        }
        auto late = test::put("late", {1'800'000'000'000, 0, "n"}, test::int_value(round));
        late.map = "a";
        test::apply_all(two, {late});
        CHECK(hash_of(one) != hash_of(two));
    }
    Replica empty;
    CHECK(hash_of(empty) == Hash128{});
}

TEST_CASE("a map's sketch grows with its rows, up to the default", "[replica]") {
    for (const auto& [rows, cells] : {std::pair<std::uint64_t, std::size_t>{1, 16},
                                      {63, 16},
                                      {64, 32},
                                      {300, 128},
                                      {5000, 1024}}) {
        FactsBuilder builder({"m", MapKind::lww});
        std::map<std::pair<std::uint32_t, std::string>, int> keys;
        for (std::uint64_t i = 0; i < rows; ++i) {
            auto key = std::to_string(i);
            keys[{fnv1a(key), key}] = 1;
        }
        for (const auto& [place, ignored] : keys) {
            Row row;
            row.key_hash = place.first;
            row.key = place.second;
            builder.add(row);
        }
        CAPTURE(rows);
        CHECK(builder.finish().sketch.size() == cells);
    }
}

TEST_CASE("hashes are written as 32 hex digits", "[replica]") {
    CHECK(hex({0x0123456789abcdef, 0xfedcba9876543210}) == "0123456789abcdeffedcba9876543210");
    CHECK(hex({}) == "00000000000000000000000000000000");
}
