// SPDX-License-Identifier: Apache-2.0
// What rows sum up to while they are gathered is what the state says of itself.
#include "export_tally.hpp"

#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::pg;
using namespace topgun::test;

namespace {

std::unique_ptr<StateReader> state_of(const std::vector<OwnedOp>& ops) {
    return own_replica(std::make_unique<Replica>(replica_of(ops)));
}

}  // namespace

TEST_CASE("a tally of ops is that of the state they make, of maps of all kinds",
          "[pg][export][property]") {
    const auto first = seed(20261122);
    for (std::uint64_t round = 0; round < 10; ++round) {
        CAPTURE(first + round);
        Random rng(first + round);
        const auto ops = random_ops(rng, 200, {});
        GatheredRows rows;
        for (const auto& op : ops) must(rows.take(op.view()));
        must(rows.tally().check(*state_of(ops)));
    }
}

TEST_CASE("a record, a removed tag or a counter's entry that is missing or other is noticed",
          "[pg][export]") {
    const std::vector<OwnedOp> ops{put("k", {5, 0, "n"}, int_value(1)),
                                   or_remove("5:0:n"),
                                   or_add("k", {6, 0, "n"}, int_value(1)),
                                   counter("n1", 3, 0),
                                   counter("n1", 1, 2),
                                   counter("n2", 1, 0)};
    GatheredRows rows;
    for (const auto& op : ops) must(rows.take(op.view()));
    for (std::size_t left_out = 0; left_out < ops.size(); ++left_out) {
        CAPTURE(left_out);
        auto others = ops;
        others.erase(others.begin() + static_cast<std::ptrdiff_t>(left_out));
        CHECK_FALSE(rows.tally().check(*state_of(others)));
    }
    must(rows.tally().check(*state_of(ops)));
}
