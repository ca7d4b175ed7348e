// SPDX-License-Identifier: Apache-2.0
// The order of lists whose elements stand in them as texts: 1.0 and 1.00 are equal, 9 < 10.
#pragma once

#include "topgun/base/bytes.hpp"
#include "topgun/column/type.hpp"

namespace topgun::sql {

/// Compares two lists of one type, element by element. @return negative, zero or positive.
int compare_lists(BytesView a, BytesView b, TypeId element) noexcept;

}  // namespace topgun::sql
