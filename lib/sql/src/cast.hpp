// SPDX-License-Identifier: Apache-2.0
// Values as text and text as values: what casts, literals and output have in common.
#pragma once

#include <string>
#include <string_view>

#include "topgun/base/error.hpp"
#include "topgun/column/column.hpp"
#include "topgun/sql/value_text.hpp"

namespace topgun::sql {

/// The shortest text that reads back as the same float, laid out as PostgreSQL does: "0.1",
/// "1e+15",
/// "-Infinity", "NaN".
std::string real_text(double value);

/// Adds what `text` says as a value of the column's type.
/// Errors: bad_input "invalid input syntax for type bigint: "12x"", limit.
Status add_parsed(Column& out, std::string_view text);

}  // namespace topgun::sql
