// SPDX-License-Identifier: Apache-2.0
// Letters without their case, for comparisons that ignore it.
#pragma once

#include <cstdint>

namespace topgun::query {

/// The character that stands for all cases of `code`: Unicode's simple case folding.
std::uint32_t fold_case(std::uint32_t code) noexcept;

}  // namespace topgun::query
