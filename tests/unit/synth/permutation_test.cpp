// SPDX-License-Identifier: Apache-2.0
#include "permutation.hpp"

#include <set>

#include "topgun_test/support.hpp"
#include "words.hpp"

using namespace topgun;
using namespace topgun::synth;

namespace {

std::uint64_t image(std::uint64_t x, std::uint64_t size, std::uint64_t key) {
    return permute(x, size, 4,
                   [key](unsigned i, std::uint64_t half) { return blend(key + i, half); });
}

}  // namespace

TEST_CASE("a permutation gives every number of its range exactly once", "[synth]") {
    const auto size = GENERATE(as<std::uint64_t>{}, 1, 2, 3, 7, 16, 17, 255, 256, 1000, 4097);
    CAPTURE(size);
    std::set<std::uint64_t> images;
    for (std::uint64_t x = 0; x < size; ++x) images.insert(image(x, size, 42));
    CHECK(images.size() == size);
    CHECK(*images.rbegin() == size - 1);
}

TEST_CASE("permutations of other keys are other permutations", "[synth]") {
    unsigned same = 0;
    for (std::uint64_t x = 0; x < 10'000; ++x) same += image(x, 10'000, 1) == image(x, 10'000, 2);
    // One number in the range agrees by chance.
    CHECK(same < 10);
}

TEST_CASE("a permutation works up to the whole range of 64 bits", "[synth]") {
    const auto size = GENERATE(as<std::uint64_t>{}, std::uint64_t{1} << 63, ~std::uint64_t{0});
    for (const std::uint64_t x : {std::uint64_t{0}, std::uint64_t{1}, size - 1}) {
        CHECK(image(x, size, 7) < size);
    }
    CHECK(image(0, size, 7) != image(1, size, 7));
    CHECK_THROWS_AS(image(size, size, 7), Bug);
}
