// SPDX-License-Identifier: Apache-2.0
#include "topgun/clock/hlc.hpp"

#include <vector>

#include "topgun_test/support.hpp"

using namespace topgun;

namespace {

struct UpdateRow {
    std::uint64_t millis;
    std::uint32_t counter;
    std::uint64_t wall;
    Stamp remote;
    std::uint64_t millis_after;
    std::uint32_t counter_after;
};

// Computed by both TopGun cores; where a counter is used up, by the Rust core.
const UpdateRow kUpdates[] = {
    {1000, 5, 1000, {1000, 3, "r"}, 1000, 6},
    {1000, 5, 1000, {1000, 9, "r"}, 1000, 10},
    {1000, 5, 900, {1000, 5, "r"}, 1000, 6},
    {1000, 5, 900, {800, 99, "r"}, 1000, 6},
    {1000, 5, 1000, {999, 99, "r"}, 1000, 6},
    {1000, 5, 1000, {1500, 7, "r"}, 1500, 8},
    {1000, 5, 1500, {1500, 7, "r"}, 1500, 8},
    {1000, 5, 2000, {1500, 7, "r"}, 2000, 0},
    {0, 0, 1000, {1000, 0, "r"}, 1000, 1},
    {0, 0, 1000, {500, 0, "r"}, 1000, 0},
    {0, 0, 0, {0, 0, "r"}, 0, 1},
    {0, 0, 1000, {62000, 0, "r"}, 62000, 1},
    {1000, 4294967295, 1000, {1000, 4294967295, "r"}, 1001, 0},
    {0, 0, 1000, {1500, 4294967295, "r"}, 1501, 0},
};

Hlc make_clock(const TimeSource& time, DriftPolicy policy = DriftPolicy::accept,
               std::uint64_t max_drift_ms = Hlc::kDefaultMaxDriftMs) {
    return test::must(Hlc::create("local", time, policy, max_drift_ms));
}

}  // namespace

TEST_CASE("now follows wall time, and counts when wall time stands still or steps back",
          "[clock][hlc]") {
    ManualTime time;
    auto clock = make_clock(time);
    const std::vector<std::pair<std::uint64_t, Timestamp>> steps = {
        {1000000, {1000000, 0, "local"}}, {1000000, {1000000, 1, "local"}},
        {1000001, {1000001, 0, "local"}}, {999000, {1000001, 1, "local"}},
        {999000, {1000001, 2, "local"}},
    };
    for (const auto& [wall, expected] : steps) {
        time.set(wall);
        CHECK(clock.now() == expected);
    }
    CHECK(clock.last_millis() == 1000001);
    CHECK(clock.last_counter() == 2);
}

TEST_CASE("hearing a stamp moves the clock as in TopGun's cores", "[clock][hlc]") {
    for (const auto& row : kUpdates) {
        ManualTime time{row.wall};
        auto clock = make_clock(time);
        clock.prime({row.millis, row.counter, ""});
        CAPTURE(row.millis, row.counter, row.wall, row.remote.millis, row.remote.counter);
        test::must(clock.update(row.remote));
        CHECK(clock.last_millis() == row.millis_after);
        CHECK(clock.last_counter() == row.counter_after);
    }
}

TEST_CASE("a refusing clock refuses exactly what is beyond the limit, and stays", "[clock][hlc]") {
    ManualTime time{1'000'000};
    auto clock = make_clock(time, DriftPolicy::refuse, 5000);
    clock.prime({999'999, 7, ""});
    const auto refused = clock.update({1'005'001, 0, "r"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Errc::limit);
    CHECK(refused.error().text() ==
          "Clock drift detected: Remote time 1005001 is 5001ms ahead of local 1000000 (threshold: "
          "5000ms)");
    CHECK(clock.last_millis() == 999'999);
    CHECK(clock.last_counter() == 7);
    CHECK(clock.drift_events() == 0);
    CHECK(clock.update({1'005'000, 0, "r"}));
    CHECK(clock.last_millis() == 1'005'000);
}

TEST_CASE("an accepting clock follows a stamp from the future and counts it", "[clock][hlc]") {
    ManualTime time{1000};
    auto clock = make_clock(time);
    test::must(clock.update({61000, 0, "r"}));
    CHECK(clock.drift_events() == 0);
    test::must(clock.update({61001, 0, "r"}));
    CHECK(clock.drift_events() == 1);
    CHECK(clock.now() == Timestamp(61001, 2, "local"));
    test::must(clock.update({1, 0, "from long ago"}));
    CHECK(clock.drift_events() == 1);
}

TEST_CASE("a stamp that JavaScript cannot hold is refused under either policy", "[clock][hlc]") {
    ManualTime time{1000};
    const auto policy = GENERATE(DriftPolicy::accept, DriftPolicy::refuse);
    auto clock = make_clock(time, policy, ~std::uint64_t{0});
    const auto millis = GENERATE(as<std::uint64_t>{}, kMaxMillis + 1, ~std::uint64_t{0});
    const auto refused = clock.update({millis, 0, "r"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Errc::bad_input);
    CHECK(clock.last_millis() == 0);
    CHECK(clock.update({kMaxMillis, 0, "r"}));
}

TEST_CASE("a counter that is used up moves to the next millisecond", "[clock][hlc]") {
    ManualTime time{1000};
    auto clock = make_clock(time);
    clock.prime({1000, kMaxCounter - 1, ""});
    CHECK(clock.now() == Timestamp(1000, kMaxCounter, "local"));
    CHECK(clock.now() == Timestamp(1001, 0, "local"));
    CHECK(clock.now() == Timestamp(1001, 1, "local"));
}

TEST_CASE("priming only ever moves a clock forward", "[clock][hlc]") {
    ManualTime time{10};
    auto clock = make_clock(time);
    clock.prime({1000, 5, "stored"});
    CHECK(clock.now() == Timestamp(1000, 6, "local"));
    clock.prime({999, 99, ""});
    clock.prime({1000, 6, ""});
    CHECK(clock.now() == Timestamp(1000, 7, "local"));
    clock.prime({1000, 50, ""});
    CHECK(clock.now() == Timestamp(1000, 51, "local"));
}

TEST_CASE("a node id must be there and must not break the text form", "[clock][hlc]") {
    const auto id = GENERATE(as<std::string>{}, "", ":", "a:b", "node:", ":node");
    const auto clock = Hlc::create(id);
    REQUIRE_FALSE(clock);
    CHECK(clock.error().code() == Errc::usage);
    CHECK(Hlc::create("with space \303\251"));
}

// Goal:   each stamp follows all that the clock issued or heard before.
// Method: random wall time that also steps back, random remote stamps near it, also with a counter
//         that is used up.
TEST_CASE("stamps rise strictly above everything issued and heard", "[clock][hlc][property]") {
    const auto seed = test::seed(20260904);
    CAPTURE(seed);
    Random rng{seed};
    ManualTime time{5000};
    auto clock = make_clock(time);
    Stamp floor{};
    for (int step = 0; step < 20'000; ++step) {
        time.set(5000 + rng.below(50));
        if (rng.chance(0.5)) {
            const bool used_up = rng.chance(0.1);
            const auto counter = used_up ? kMaxCounter : static_cast<std::uint32_t>(rng.below(5));
            const Stamp remote{5000 + rng.below(60), counter, "r"};
            test::must(clock.update(remote));
            floor = std::max(floor, Stamp{remote.millis, remote.counter, ""});
        }
        const auto stamp = clock.now();
        REQUIRE(Stamp{stamp.millis, stamp.counter, ""} > floor);
        floor = {stamp.millis, stamp.counter, ""};
    }
}

TEST_CASE("a clock at the end of time stands still", "[clock][hlc]") {
    ManualTime time{1000};
    auto clock = make_clock(time, DriftPolicy::accept, ~std::uint64_t{0});
    test::must(clock.update({kMaxMillis, kMaxCounter - 1, "r"}));
    const Timestamp last(kMaxMillis, kMaxCounter, "local");
    CHECK(clock.now() == last);
    CHECK(clock.now() == last);
    test::must(clock.update({kMaxMillis, kMaxCounter, "r"}));
    CHECK(clock.now() == last);
}

TEST_CASE("a stored stamp from beyond the limit does not decide what time it is", "[clock][hlc]") {
    constexpr std::uint64_t kWall = 1'700'000'000'000;
    ManualTime time{kWall};
    struct Row {
        Stamp largest;
        std::uint64_t millis;
    };
    const auto row = GENERATE(values<Row>({
        {{kWall - 5, 0, "other"}, kWall},
        {{kWall + 5000, 3, "other"}, kWall + 5000},
        {{kWall + 5001, 3, "other"}, kWall + 5000},
        {{kMaxMillis, kMaxCounter, "other"}, kWall + 5000},
        {{kWall + 5001, 3, "local"}, kWall + 5001},
        {{kWall + Hlc::kMostLeadMs, 0, "local"}, kWall + Hlc::kMostLeadMs},
        {{kWall + Hlc::kMostLeadMs + 1, 0, "local"}, kWall + 5000},
        {{kMaxMillis, kMaxCounter, "local"}, kWall + 5000},
    }));
    CAPTURE(row.largest.millis, row.largest.node);
    auto clock = make_clock(time, DriftPolicy::accept, 5000);
    clock.resume(row.largest);
    CHECK(clock.now().millis == row.millis);
}
