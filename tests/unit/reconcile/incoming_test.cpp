// SPDX-License-Identifier: Apache-2.0
// What count_incoming() foretells, against really merging record by record.
#include "reconcile_support.hpp"
#include "topgun/reconcile/diff.hpp"

using namespace topgun;
using test::int_value;
using test::must;

namespace {

// Merges record by record into a copy of the base, removed tags last: a record that comes with its
// own removal cannot occur, so the order within the incoming state does not matter.
IncomingCounts really_merged(const StateReader& incoming, Replica& base) {
    IncomingCounts counts;
    for (const auto& [id, rows] : test::plain_rows(incoming)) {
        for (const bool removed : {false, true}) {
            for (const auto& [place, row] : rows) {
                if (row.removed != removed) continue;
                const auto merged = must(base.apply(row_op(id, row.view())));
                if (removed) {
                    ++(merged == Merged::equal ? counts.equal : counts.removed);
                    continue;
                }
                switch (merged) {
                    case Merged::added: ++counts.added; break;
                    case Merged::replaced: ++counts.replaced; break;
                    case Merged::lost: ++counts.lost; break;
                    case Merged::equal: ++counts.equal; break;
                }
            }
        }
    }
    return counts;
}

std::string text(const IncomingCounts& counts) {
    return "added " + std::to_string(counts.added) + " replaced " +
           std::to_string(counts.replaced) + " lost " + std::to_string(counts.lost) + " equal " +
           std::to_string(counts.equal) + " removed " + std::to_string(counts.removed);
}

}  // namespace

// Goal:   a dry run tells what the merge will do.
// Method: random states that overlap in every way; the model is the merge itself, op by op.
TEST_CASE("counts of incoming records agree with merging them", "[reconcile][property]") {
    const auto seed = test::seed(20261201);
    CAPTURE(seed);
    Random rng(seed);
    IncomingCounts sum;
    for (int round = 0; round < 80; ++round) {
        test::OpShape shape;
        shape.maps = {"a", "b"};
        shape.keys = 1 + rng.below(30);
        shape.tags = 1 + rng.below(20);
        shape.millis = 1 + rng.below(5);
        shape.small_values = rng.chance(0.5);
        const auto common = test::random_ops(rng, rng.below(60), shape);
        const auto base_ops = test::concat(common, test::random_ops(rng, rng.below(80), shape));
        if (rng.chance(0.3)) shape.maps = {"b", "c"};
        const auto incoming =
            test::state_of(test::concat(common, test::random_ops(rng, rng.below(80), shape)));
        Replica base = test::replica_of(base_ops);
        const auto counts = must(count_incoming(*incoming, *test::state_of(base_ops)));
        const auto before = test::lines_of(base);
        CHECK(text(counts) == text(really_merged(*incoming, base)));
        CHECK((counts.changes() == 0) == (test::lines_of(base) == before));
        sum.added += counts.added;
        sum.replaced += counts.replaced;
        sum.lost += counts.lost;
        sum.equal += counts.equal;
        sum.removed += counts.removed;
        // Afterwards there is nothing new, and nothing can be added.
        const auto again = must(count_incoming(*incoming, *read_replica(base)));
        CHECK(again.changes() == 0);
    }
    CAPTURE(text(sum));
    CHECK(std::min({sum.added, sum.replaced, sum.lost, sum.equal, sum.removed}) > 20);
}

TEST_CASE("a state brings nothing to itself", "[reconcile]") {
    Random rng(3);
    const auto ops = test::random_ops(rng, 300, {});
    const auto state = test::state_of(ops);
    const auto counts = must(count_incoming(*state, *state));
    CHECK(counts.changes() == 0);
    CHECK(counts.lost == 0);
    CHECK(counts.equal > 0);
}

TEST_CASE("a map that the base lacks is new as a whole, without its rows being read",
          "[reconcile]") {
    const auto state =
        test::state_of({test::or_add("k", {1, 0, "n"}, int_value(1)),
                        test::or_add("k", {2, 0, "n"}, int_value(2)), test::or_remove("gone")});
    const auto incoming = test::row_states(*state);
    REQUIRE(incoming.size() == 1);
    const auto counts = must(count_incoming(*incoming[0], *test::state_of({})));
    CHECK(text(counts) == "added 2 replaced 0 lost 0 equal 0 removed 1");
    CHECK(counts.changes() == 3);
    CHECK(incoming[0]->given == 0);
}

TEST_CASE("a record whose tag the base has removed is lost, not new", "[reconcile]") {
    const auto record = test::or_add("k", {1, 0, "n"}, int_value(1));
    auto copy = record;
    copy.key = "elsewhere";
    const auto base = test::state_of({test::or_remove(record.tag), test::or_remove("t")});
    const auto incoming =
        test::state_of({record, copy, test::or_add("k", {2, 0, "n"}, int_value(2))});
    CHECK(text(must(count_incoming(*incoming, *base))) ==
          "added 1 replaced 0 lost 2 equal 0 removed 0");
}

TEST_CASE("counter entries that are ahead in one count replace, behind in both lose",
          "[reconcile]") {
    const auto base = test::state_of(
        {test::counter("mixed", 5, 1), test::counter("behind", 5, 5), test::counter("same", 2, 2)});
    const auto incoming =
        test::state_of({test::counter("mixed", 1, 2), test::counter("behind", 5, 4),
                        test::counter("same", 2, 2), test::counter("fresh", 1, 0)});
    CHECK(text(must(count_incoming(*incoming, *base))) ==
          "added 1 replaced 1 lost 1 equal 1 removed 0");
}

TEST_CASE("only the base's rows beside the incoming ones are read", "[reconcile]") {
    std::vector<OwnedOp> ops;
    for (int i = 0; i < 2'000; ++i) {
        ops.push_back(test::put("key-" + std::to_string(i), {1, 0, "n"}, int_value(i)));
    }
    const auto base = test::row_states(*test::state_of(ops));
    const auto incoming = test::state_of({ops[3], ops[1'500]});
    CHECK(must(count_incoming(*incoming, *base[0])).equal == 2);
    CHECK(base[0]->given == 2);
}

TEST_CASE("an error of the base ends the count", "[reconcile]") {
    const auto state = test::state_of({test::put("k", {1, 0, "n"}, int_value(1))});
    const auto base = test::row_states(*state);
    base[0]->fail_at = 0;
    const auto counts = count_incoming(*state, *base[0]);
    REQUIRE_FALSE(counts);
    CHECK(counts.error().code() == Errc::io);
}
