// SPDX-License-Identifier: Apache-2.0
// The order in which the relations of a FROM are joined.
#pragma once

#include <vector>

#include "plan.hpp"

namespace topgun::sql {

/// Inner joins of all relations, greedily: always the two whose join has the fewest rows, those
/// with a key in common first (Fegaras, DEXA 1998). Each condition stands at the first join that
/// can check it. Cost: the square of the number of relations, times that of conditions.
/// @param relations   at least one, with their estimates.
/// @param conditions  each between relations, or volatile.
PlanBox order_joins(std::vector<PlanBox> relations, std::vector<Scalar> conditions);

}  // namespace topgun::sql
