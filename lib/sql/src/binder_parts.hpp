// SPDX-License-Identifier: Apache-2.0
// What the parts of the binder that make queries share.
#pragma once

#include <string>
#include <vector>

#include "binder.hpp"

namespace topgun::sql {

Scalar column_of(const OutputColumn& column, ast::Offset at = {});
/// Values as columns of their own, each with a new number, so that no two are the same column.
BoundQuery projected(Binder& binder, PlanBox plan, std::vector<Scalar> values,
                     const std::vector<std::string>& names);
/// The same for a query's visible columns.
BoundQuery visible(Binder& binder, BoundQuery query);
/// Distinct values of columns, under new numbers.
plan::Aggregate distinct_of(Binder& binder, const std::vector<OutputColumn>& columns);
/// A literal 1, 2 ...: in ORDER BY and GROUP BY the number of an item. Null for all else.
const std::int64_t* ordinal(const ast::Expr& expr);
/// A name without a qualifier. Null for all else.
const std::string* plain_name(const ast::Expr& expr);
/// True for aggregates of the query that the expression stands in, not of its subqueries.
bool contains_aggregate(const ast::Expr& expr);
/// Makes texts out of literals that nothing has given a type.
void settle_unknown(Binder& binder, BoundQuery& query, ast::Offset at);

/// Binds SELECT from FROM to its list, ORDER BY and LIMIT of the query included.
BoundQuery bind_select(Binder& binder, const ast::Query& query, const ast::Select& select,
                       Scope& scope);

}  // namespace topgun::sql
