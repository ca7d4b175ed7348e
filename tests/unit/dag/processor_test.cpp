// SPDX-License-Identifier: Apache-2.0
#include "topgun/dag/processor.hpp"

#include <thread>
#include <vector>

#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::dag;

TEST_CASE("a memory budget gives what is left and no more", "[dag]") {
    MemoryBudget budget(100);
    Reservation first(budget), second(budget);
    CHECK(first.grow(60));
    CHECK_FALSE(second.grow(41));
    CHECK(second.bytes() == 0);
    CHECK(second.grow(40));
    CHECK(budget.used() == 100);
    CHECK(first.resize(10));
    CHECK(budget.used() == 50);
    Reservation moved = std::move(second);
    CHECK(second.bytes() == 0);
    CHECK(moved.bytes() == 40);
    moved.clear();
    first = Reservation(budget);
    CHECK(budget.used() == 0);
    CHECK(budget.peak() == 100);
    CHECK_FALSE(budget.reserve(~std::uint64_t{0}));
    CHECK(budget.over_limit().code() == Errc::limit);
}

TEST_CASE("a part of a budget counts its own and minds the whole", "[dag]") {
    MemoryBudget whole(100);
    MemoryBudget one(whole), other(whole);
    CHECK(one.limit() == 100);
    CHECK(one.reserve(60));
    CHECK_FALSE(other.reserve(50));
    CHECK(other.used() == 0);
    CHECK(other.reserve(40));
    CHECK(whole.used() == 100);
    one.release(60);
    CHECK(other.reserve(60));
    CHECK(one.used() == 0);
    CHECK(one.peak() == 60);
    CHECK(other.peak() == 100);
    CHECK(whole.peak() == 100);
}

TEST_CASE("threads that share a budget never pass its limit", "[dag]") {
    MemoryBudget budget(1000);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&budget] {
            for (int i = 0; i < 2000; ++i) {
                if (budget.reserve(300)) budget.release(300);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(budget.used() == 0);
    CHECK(budget.peak() <= 1000);
}
