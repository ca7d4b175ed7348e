// SPDX-License-Identifier: Apache-2.0
// From a logical plan to processors that run it.
#pragma once

#include "operators.hpp"
#include "topgun/dag/dag.hpp"

namespace topgun::sql {

/// Makes a DAG out of a plan, which it borrows, as it does `run`. `end` takes the rows: its
/// columns are those of the plan, in their order.
/// @param threads  how many processors share a part of the work that can be shared.
dag::Dag make_dag(RunContext& run, const Plan& plan, OperatorSupplier end, std::size_t threads);

}  // namespace topgun::sql
