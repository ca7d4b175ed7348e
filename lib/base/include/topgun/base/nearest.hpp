// SPDX-License-Identifier: Apache-2.0
// Which known word somebody probably meant.
#pragma once

#include <span>
#include <string_view>

#include "topgun/base/export.hpp"

namespace topgun {

/// The known word with the fewest edits to `word`, whatever the case of ASCII letters; the first of
/// several. Empty when none is near: within a third of its length, one edit at least, or when
/// `word` has more than 64 bytes. Cost: O(known bytes * word.size()).
TOPGUN_API std::string_view nearest_word(std::string_view word,
                                         std::span<const std::string_view> known);

}  // namespace topgun
