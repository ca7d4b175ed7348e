// SPDX-License-Identifier: Apache-2.0
// Makes joins out of subqueries that look at the query around them.
#pragma once

#include <functional>

#include "plan.hpp"

namespace topgun::sql {

/// Replaces every dependent join by one whose sides stand alone, so that a correlated subquery is
/// computed once for all outer rows instead of once for each.
///
/// The outer columns that a subquery reads are made a table D of their distinct values; D is
/// joined to the subquery's innermost parts, carried through its operators (as one more grouping
/// key, one more partition of windows), and the result is joined back.
/// Source: T. Neumann, A. Kemper, Unnesting Arbitrary Queries, BTW 2015.
///
/// @param new_id  gives numbers to new columns.
/// Errors: usage for what cannot be carried through.
Status decorrelate(PlanBox& plan, const std::function<ColumnId()>& new_id);

}  // namespace topgun::sql
