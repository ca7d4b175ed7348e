// SPDX-License-Identifier: Apache-2.0
#include "topgun/base/time_source.hpp"

#include <chrono>

#include "topgun_test/support.hpp"

using namespace topgun;

TEST_CASE("a manual clock moves only when told to, also backwards", "[base][time]") {
    ManualTime time{1000};
    CHECK(time.now_ms() == 1000);
    CHECK(time.now_ms() == 1000);
    time.advance(5);
    CHECK(time.now_ms() == 1005);
    time.set(10);
    CHECK(time.now_ms() == 10);
}

TEST_CASE("system time is milliseconds since 1970", "[base][time]") {
    using namespace std::chrono;
    const auto wall = [] {
        return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    };
    const auto before = wall();
    const auto now = static_cast<std::int64_t>(system_time().now_ms());
    const auto after = wall();
    CHECK(before <= now);
    CHECK(now <= after);
    CHECK(&system_time() == &system_time());
}
