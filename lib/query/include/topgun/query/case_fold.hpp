// SPDX-License-Identifier: Apache-2.0
// Letters without their case, for comparisons that ignore it.
#pragma once

#include <cstdint>

#include "topgun/base/export.hpp"

namespace topgun::query {

/// The character that stands for all cases of `code`: Unicode's simple case folding.
/// Cost: O(log table), O(1) for ASCII. Threads: no shared state.
TOPGUN_API std::uint32_t fold_case(std::uint32_t code) noexcept;

}  // namespace topgun::query
