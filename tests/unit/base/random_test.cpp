// SPDX-License-Identifier: Apache-2.0
// A seed must replay the same world on every machine, or no failure found by chance can be studied.
#include "topgun/base/random.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "topgun_test/support.hpp"

using namespace topgun;

TEST_CASE("one seed gives one sequence, and another seed another", "[base][random]") {
    // Computed by an independent implementation of splitmix64 and xoshiro256**.
    Random rng{1};
    CHECK(rng() == 0xc5883e370b0926c3u);
    CHECK(rng() == 0x021b74b80f71f81cu);
    CHECK(rng() == 0x268df06749e5c8ceu);
    CHECK(rng() == 0xe052757d667afef2u);
    CHECK(Random{2}() != Random{1}());
    CHECK(Random{0}() != 0);
    CHECK(splitmix64(0) == 0xe220a8397b1dcdafu);
}

TEST_CASE("below stays under its bound and reaches every value", "[base][random]") {
    Random rng{test::seed(3)};
    std::array<int, 7> counts{};
    for (int i = 0; i < 7000; ++i) ++counts.at(rng.below(7));
    for (const auto count : counts) CHECK(count > 800);
    CHECK(rng.below(1) == 0);
    CHECK_THROWS_AS(rng.below(0), Bug);
}

TEST_CASE("between includes both ends, also of the whole 64-bit range", "[base][random]") {
    Random rng{test::seed(4)};
    std::set<std::int64_t> seen;
    for (int i = 0; i < 200; ++i) seen.insert(rng.between(-2, 2));
    CHECK(seen == std::set<std::int64_t>{-2, -1, 0, 1, 2});
    CHECK(rng.between(9, 9) == 9);
    constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
    constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
    std::set<bool> signs;
    for (int i = 0; i < 100; ++i) signs.insert(rng.between(kMin, kMax) < 0);
    CHECK(signs.size() == 2);
    CHECK(rng.between(kMin, kMin) == kMin);
    CHECK_THROWS_AS(rng.between(2, 1), Bug);
}

TEST_CASE("unit lies in [0, 1) around one half, and chance obeys its extremes", "[base][random]") {
    Random rng{test::seed(5)};
    double sum = 0;
    for (int i = 0; i < 10'000; ++i) {
        const double u = rng.unit();
        REQUIRE((u >= 0 && u < 1));
        REQUIRE_FALSE(rng.chance(0));
        REQUIRE(rng.chance(1));
        sum += u;
    }
    CHECK(sum / 10'000 == Approx(0.5).margin(0.02));
}

TEST_CASE("the standard library's shuffle accepts it as a generator", "[base][random]") {
    Random rng{test::seed(6)};
    std::array<int, 50> numbers{};
    std::generate(numbers.begin(), numbers.end(), [n = 0]() mutable { return n++; });
    const auto before = numbers;
    std::shuffle(numbers.begin(), numbers.end(), rng);
    CHECK(numbers != before);
    CHECK(std::is_permutation(numbers.begin(), numbers.end(), before.begin()));
}
