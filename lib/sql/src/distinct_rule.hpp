// SPDX-License-Identifier: Apache-2.0
// count(DISTINCT x) without a set of values for each group.
#pragma once

#include <functional>

#include "plan.hpp"

namespace topgun::sql {

/// Makes two groupings out of one whose calls are all of DISTINCT over the same values: the inner
/// one by these values as well, which can spill and run in parallel, and the outer one over what is
/// distinct by then. Other groupings stay as they are.
/// @param new_id  gives numbers to new columns.
void split_distinct(Plan& plan, const std::function<ColumnId()>& new_id);

}  // namespace topgun::sql
