// SPDX-License-Identifier: Apache-2.0
// Intervals times and by numbers: parts of months become days, parts of days become time.
#pragma once

#include "topgun/base/error.hpp"
#include "topgun/column/type.hpp"

namespace topgun::sql {

Error interval_out_of_range();

/// As PostgreSQL's interval * double precision. Errors: limit.
Result<Interval> multiplied(const Interval& value, double factor);
/// As PostgreSQL's interval / double precision. Errors: bad_input by zero, limit.
Result<Interval> divided(const Interval& value, double divisor);
/// Errors: limit.
Result<Interval> sum_of(const Interval& a, const Interval& b);
Result<Interval> difference_of(const Interval& a, const Interval& b);

}  // namespace topgun::sql
