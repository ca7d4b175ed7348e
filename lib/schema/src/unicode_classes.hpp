// SPDX-License-Identifier: Apache-2.0
// The classes \w, \d and \s of patterns, as Unicode has them.
#pragma once

#include <cstdint>
#include <vector>

namespace topgun::schema {

/// Code points from `first` to `last`, both included.
struct CodeRange {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
};

// Ascending, without overlap.
std::vector<CodeRange> word_characters();
std::vector<CodeRange> digits();
std::vector<CodeRange> blanks();

}  // namespace topgun::schema
