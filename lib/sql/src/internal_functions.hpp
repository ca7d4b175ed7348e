// SPDX-License-Identifier: Apache-2.0
// Functions that the grammar has words of its own for; no name finds them.
#pragma once

#include "function.hpp"

namespace topgun::sql {

/// x IN (constant, ...): the operand, then the list, all of one type.
const Function& in_list_function();
/// GREATEST or LEAST of values of one type; NULLs are passed over.
const Function& extreme_function(bool greatest);
/// ARRAY[...] of values of one type.
const Function& array_function();
/// numeric(precision, scale): value, precision, scale.
const Function& numeric_type_function();
/// varchar(n), char(n): text, n. Cuts, as a cast does.
const Function& varchar_type_function();
/// smallint, integer: value, bits. Fails where the value does not fit.
const Function& integer_type_function();
/// interval(2), INTERVAL YEAR TO MONTH, timestamp(0), time(3): value, IntervalFields, digits of
/// seconds. Rounds to those, and drops fields that are smaller than those named.
const Function& moment_type_function();
/// A jsonb object of names and values, one after the other.
const Function& object_function();

}  // namespace topgun::sql
