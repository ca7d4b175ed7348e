// SPDX-License-Identifier: Apache-2.0
#include "topgun/dag/stop.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

using namespace topgun;
using dag::CancelToken;
using dag::stop_requested;
using dag::StopScope;
using Clock = std::chrono::steady_clock;

TEST_CASE("without a scope nobody asks to stop", "[dag]") {
    CHECK_FALSE(stop_requested());
}

TEST_CASE("a scope sees its token, on its thread alone", "[dag]") {
    CancelToken token;
    const StopScope scope(token);
    CHECK_FALSE(stop_requested());
    token.cancel();
    CHECK(stop_requested());
    bool elsewhere = true;
    std::thread([&elsewhere] { elsewhere = stop_requested(); }).join();
    CHECK_FALSE(elsewhere);
}

TEST_CASE("a scope ends at its deadline", "[dag]") {
    CancelToken token;
    const StopScope later(token, Clock::now() + std::chrono::hours(1));
    CHECK_FALSE(stop_requested());
    const StopScope passed(token, Clock::now() - std::chrono::milliseconds(1));
    CHECK(stop_requested());
}

TEST_CASE("the innermost scope counts, and gives way to the outer one", "[dag]") {
    CancelToken outer, inner;
    const StopScope first(outer);
    {
        const StopScope second(inner);
        outer.cancel();
        CHECK_FALSE(stop_requested());
        inner.cancel();
        CHECK(stop_requested());
    }
    CHECK(stop_requested());
}
