// SPDX-License-Identifier: Apache-2.0
#include "histogram.hpp"

#include <algorithm>
#include <cmath>

#include "topgun/base/random.hpp"
#include "topgun_test/support.hpp"

namespace topgun::cli {
namespace {

TEST_CASE("an empty histogram says nothing", "[bench]") {
    const Histogram histogram;
    CHECK(histogram.count() == 0);
    CHECK(histogram.min() == 0);
    CHECK(histogram.max() == 0);
    CHECK(histogram.at(0.99) == 0);
    CHECK(histogram.buckets().empty());
}

TEST_CASE("small values are exact", "[bench]") {
    Histogram histogram;
    for (std::uint64_t value = 1; value <= 200; ++value) histogram.add(value);
    CHECK(histogram.at(0) == 1);
    CHECK(histogram.at(0.5) == 100);
    CHECK(histogram.at(0.99) == 198);
    CHECK(histogram.at(0.995) == 199);
    CHECK(histogram.at(1) == 200);
}

// Goal:   a share is off by less than a part in 128, and never too small.
// Method: values over all magnitudes, compared with the sorted list of them.
TEST_CASE("shares agree with a sorted list", "[bench][property]") {
    Random random(test::seed(20261121));
    Histogram histogram;
    std::vector<std::uint64_t> values;
    for (int i = 0; i < 20'000; ++i) {
        values.push_back(random() >> random.below(64));
        histogram.add(values.back());
    }
    std::sort(values.begin(), values.end());
    CHECK(histogram.min() == values.front());
    CHECK(histogram.max() == values.back());
    for (const double share : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        CAPTURE(share);
        const auto rank =
            static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
        const auto exact = values[rank - 1];
        const auto told = histogram.at(share);
        CHECK(told >= exact);
        CHECK(told - exact <= exact / 128);
    }
}

TEST_CASE("every value falls into the bucket that names it", "[bench]") {
    for (unsigned bit = 0; bit < 64; ++bit) {
        const auto power = std::uint64_t{1} << bit;
        for (const auto value : {power - 1, power, power + 1, power + power / 3}) {
            Histogram histogram;
            histogram.add(value);
            const auto buckets = histogram.buckets();
            CAPTURE(value);
            REQUIRE(buckets.size() == 1);
            CHECK(buckets[0].first <= value);
            CHECK(value <= buckets[0].last);
            CHECK(buckets[0].last - buckets[0].first <= value / 128);
        }
    }
    Histogram largest;
    largest.add(~std::uint64_t{0});
    CHECK(largest.at(0.5) == ~std::uint64_t{0});
}

TEST_CASE("histograms add up", "[bench]") {
    Histogram a, b;
    a.add(5);
    b.add(7'000);
    b.add(1);
    a.add(b);
    CHECK(a.count() == 3);
    CHECK(a.min() == 1);
    CHECK(a.max() == 7'000);
    CHECK(a.buckets().size() == 3);
    a.add(Histogram());
    CHECK(a.min() == 1);
}

}  // namespace
}  // namespace topgun::cli
