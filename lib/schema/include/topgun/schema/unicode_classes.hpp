// SPDX-License-Identifier: Apache-2.0
// The classes \w, \d and \s, as Unicode has them: for patterns, and for finding words in texts.
#pragma once

#include <cstdint>
#include <vector>

#include "topgun/base/export.hpp"

namespace topgun::schema {

/// Code points from `first` to `last`, both included.
struct CodeRange {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
};

// Ascending, without overlap. Made anew by each call: keep what is needed often.
TOPGUN_API std::vector<CodeRange> word_characters();
TOPGUN_API std::vector<CodeRange> digits();
TOPGUN_API std::vector<CodeRange> blanks();

}  // namespace topgun::schema
