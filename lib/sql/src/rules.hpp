// SPDX-License-Identifier: Apache-2.0
// Makes a plan cheaper without changing what it means.
#pragma once

#include "plan.hpp"

namespace topgun::sql {

/// Conditions go down to where their columns come from, outer joins that their conditions make
/// inner ones become so, EXISTS and IN in conditions become semi joins, inner joins are put in a
/// cheap order by estimated rows, and columns that nobody reads go. Sets estimates.
/// @param needed  columns of the plan that its user reads.
void optimize(PlanBox& plan, const std::set<ColumnId>& needed);
/// The same for all parts of a query.
void optimize(QueryPlan& query);

}  // namespace topgun::sql
