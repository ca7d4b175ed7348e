// SPDX-License-Identifier: Apache-2.0
// Tables that map characters, as runs of equal distance.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

namespace topgun {

/// Every `step`-th character from `first` to `last` is mapped to the one `distance` behind it.
struct CharacterRun {
    std::uint32_t first;
    std::uint32_t last;
    std::uint32_t step;
    std::int32_t distance;
};

/// What `runs`, ascending and without overlap, map a character to; itself when no run has it.
/// Cost: O(log runs).
inline std::uint32_t map_character(std::span<const CharacterRun> runs, std::uint32_t c) noexcept {
    const auto run =
        std::lower_bound(runs.begin(), runs.end(), c,
                         [](const CharacterRun& a, std::uint32_t b) { return a.last < b; });
    if (run == runs.end() || c < run->first || (c - run->first) % run->step != 0) return c;
    return static_cast<std::uint32_t>(static_cast<std::int32_t>(c) + run->distance);
}

}  // namespace topgun
