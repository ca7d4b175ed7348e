// SPDX-License-Identifier: Apache-2.0
// The conditions of leaves: what the operators say about two values.
#pragma once

#include "topgun/query/predicate.hpp"

namespace topgun::query {

/// Equality as `eq` has it.
bool values_equal(ValueView a, ValueView b) noexcept;

/// One operator but "regex" and those without an operand. @pre `actual` is not nil.
bool holds(Operator op, ValueView actual, ValueView expected) noexcept;

}  // namespace topgun::query
