// SPDX-License-Identifier: Apache-2.0
// Patterns of `like`: % and _, without regard to case.
#pragma once

#include <string_view>

namespace topgun::query {

/// True when `pattern` covers the whole of `text`: % takes any run of characters, _ one, neither a
/// line break. There is no escape. Case is ignored by simple folding.
/// @pre both are well-formed UTF-8. Cost: O(text x pattern) at worst; no allocation.
bool matches_like(std::string_view text, std::string_view pattern) noexcept;

}  // namespace topgun::query
