// SPDX-License-Identifier: Apache-2.0
// Permutations of any range of numbers without a table: distinct in, distinct out.
#pragma once

#include <bit>
#include <cstdint>

#include "topgun/base/check.hpp"

namespace topgun::synth {

/// The image of `x` under a permutation of [0, size) that `round(number, half)` chooses: a balanced
/// Feistel network over the next even power of two, walked until it ends inside the range.
/// @pre x < size. Cost: `rounds` calls of round, times 4 at most on average.
template <typename Round>
std::uint64_t permute(std::uint64_t x, std::uint64_t size, unsigned rounds, Round&& round) {
    TOPGUN_ASSERT(x < size, "only members of the range have an image");
    if (size == 1) return 0;
    const auto half = static_cast<unsigned>(std::bit_width(size - 1) + 1) / 2;
    const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
    // Outside the range the walk goes on; the cycle through x comes back into the range, at the
    // latest at x itself.
    do {
        auto left = x >> half;
        auto right = x & mask;
        for (unsigned i = 0; i < rounds; ++i) {
            const auto mixed = left ^ (round(i, right) & mask);
            left = right;
            right = mixed;
        }
        x = left << half | right;
    } while (x >= size);
    return x;
}

}  // namespace topgun::synth
