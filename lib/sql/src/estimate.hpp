// SPDX-License-Identifier: Apache-2.0
// How many rows a plan gives, about: what joins are ordered by.
#pragma once

#include <vector>

#include "plan.hpp"

namespace topgun::sql {

/// The part of rows for which a condition is expected to be true.
double selectivity(const Scalar& condition);

/// Whether it is the constant TRUE.
bool is_true(const Scalar& condition);

/// Whether it is `a = b` or NOT DISTINCT.
bool is_equality(const Scalar& condition);

/// How many different values a column of the plan has at most, as far as the sizes of the tables
/// tell: those of a table's column are no more than its rows, and those of a join's keys no more
/// than either side has.
double distinct_max(const Plan& plan, ColumnId id);

/// A pair of columns, or of other expressions, that a join sets equal.
struct JoinKeyEstimate {
    double left = 0, right = 0;  ///< Rows of the tables that they come from.
    double distinct = 0;         ///< Different values that both sides may have.
};

/// Rows of an inner join on `keys`. The values that the smaller table has are taken to be all
/// there are, each about as often: so a join over a foreign key has as many rows as the table that
/// refers, times the part that is left of the other (Selinger et al., SIGMOD 1979, section 4).
/// Several keys together have no more values than the smaller of the tables has rows.
double join_rows(double left_rows, double right_rows, const std::vector<JoinKeyEstimate>& keys);

/// Rows of this node, from the estimates of its inputs.
double estimate_of(const Plan& plan);
/// Sets the estimates of the whole tree.
void estimate(Plan& plan);

}  // namespace topgun::sql
