// SPDX-License-Identifier: Apache-2.0
#include "topgun/crdt/pn_counter.hpp"

#include <algorithm>
#include <limits>

#include "topgun_test/support.hpp"

using namespace topgun;

TEST_CASE("a counter adds up what its nodes counted, both ways", "[crdt]") {
    PnCounter counter;
    CHECK(counter.value() == 0);
    test::must(counter.add("a", 10.5));
    test::must(counter.add("a", -3));
    test::must(counter.add("b", 0));
    CHECK(counter.value() == 7.5);
    REQUIRE(counter.entries().size() == 1);  // zero changes nothing, not even the list of nodes
    CHECK(counter.entries().at("a") == PnCounter::Entry{10.5, 3});
}

TEST_CASE("amounts that would poison a counter are refused", "[crdt]") {
    using Limits = std::numeric_limits<double>;
    PnCounter counter;
    for (const double amount : {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()}) {
        CHECK_FALSE(counter.add("a", amount));
    }
    test::must(counter.add("a", Limits::max()));
    CHECK_FALSE(counter.add("a", Limits::max()));
    CHECK(counter.value() == Limits::max());
    for (const PnCounter::Entry entry :
         {PnCounter::Entry{-1, 0}, PnCounter::Entry{0, -1}, PnCounter::Entry{Limits::infinity(), 0},
          PnCounter::Entry{0, Limits::quiet_NaN()}}) {
        const auto merged = counter.merge("b", entry);
        REQUIRE_FALSE(merged);
        CHECK(merged.error().code() == Errc::bad_input);
    }
    CHECK(counter.entries().size() == 1);
}

TEST_CASE("a merge takes the larger count of each side", "[crdt]") {
    PnCounter counter;
    CHECK(test::must(counter.merge("a", {5, 2})) == Merged::added);
    CHECK(test::must(counter.merge("a", {5, 2})) == Merged::equal);
    CHECK(test::must(counter.merge("a", {4, 2})) == Merged::lost);
    CHECK(test::must(counter.merge("a", {3, 7})) == Merged::replaced);
    CHECK(counter.entries().at("a") == PnCounter::Entry{5, 7});
    CHECK(counter.value() == -2);
}

// Goal:   three counters that exchange states in any order and any number of times agree.
// Method: random entries merged in two random orders, with repetitions.
TEST_CASE("merging counters is commutative, associative and idempotent", "[crdt][property]") {
    const auto seed = test::seed(99);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 50; ++round) {
        std::vector<std::pair<std::string, PnCounter::Entry>> entries;
        for (int i = 0; i < 20; ++i) {
            entries.emplace_back("n" + std::to_string(rng.below(4)),
                                 PnCounter::Entry{static_cast<double>(rng.below(6)),
                                                  static_cast<double>(rng.below(6))});
        }
        PnCounter forward, shuffled;
        for (const auto& [node, entry] : entries) (void)test::must(forward.merge(node, entry));
        std::shuffle(entries.begin(), entries.end(), rng);
        for (std::size_t i = 0; i < 7; ++i)
            entries.emplace_back(entries[i].first, entries[i].second);
        for (const auto& [node, entry] : entries) (void)test::must(shuffled.merge(node, entry));
        CHECK(forward.entries() == shuffled.entries());
    }
}
