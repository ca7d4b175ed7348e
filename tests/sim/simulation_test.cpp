// SPDX-License-Identifier: Apache-2.0
// Thousands of schedules. One that fails is run again with a trace, and says how to replay it.
#include <cstdlib>
#include <iostream>

#include "simulation.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {
namespace {

std::uint64_t schedules() {
    const char* given = std::getenv("TOPGUN_SIM_SCHEDULES");
    return given == nullptr ? 3'000 : std::strtoull(given, nullptr, 10);
}

TEST_CASE("whatever happens on the way, all replicas end with what was written", "[sim]") {
    const auto first = seed(20261122);
    const auto count = schedules();
    REQUIRE(count > 0);
    SimResult total;
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto one = simulate(first + i, false);
        total.writes += one.writes;
        total.frames += one.frames;
        total.cuts += one.cuts;
        total.crashes += one.crashes;
        if (one.failure.empty()) continue;
        const auto again = simulate(first + i, true);
        constexpr std::size_t kShown = 400;
        const auto& trace = again.trace;
        const auto from = trace.size() > kShown ? trace.size() - kShown : 0;
        for (std::size_t line = from; line < trace.size(); ++line) std::cerr << trace[line] << '\n';
        FAIL("schedule " << first + i << ": " << one.failure << "\nreplay: TOPGUN_TEST_SEED="
                         << first + i << " TOPGUN_SIM_SCHEDULES=1 test_sim");
    }
    // A schedule in which nothing happens proves nothing.
    CHECK(total.writes > 20 * count);
    CHECK(total.frames > 100 * count);
    CHECK(total.cuts > count);
    CHECK((count < 100 || total.crashes > count / 2));
}

TEST_CASE("a seed always gives the same schedule", "[sim]") {
    const auto first = seed(20261123);
    for (std::uint64_t i = 0; i < 5; ++i) {
        const auto one = simulate(first + i, true);
        const auto other = simulate(first + i, true);
        CHECK(one.trace == other.trace);
        CHECK_FALSE(one.trace.empty());
    }
}

}  // namespace
}  // namespace topgun::test
