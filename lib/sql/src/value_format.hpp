// SPDX-License-Identifier: Apache-2.0
// to_char() and its inverses: values by the templates of PostgreSQL's manual, section 9.8.
#pragma once

#include <string>
#include <string_view>

#include "topgun/base/error.hpp"
#include "topgun/column/decimal.hpp"
#include "topgun/column/type.hpp"

namespace topgun::sql {

/// A moment by a template such as 'YYYY-MM-DD HH24:MI:SS.MS'. Errors: usage for patterns that are
/// PostgreSQL's and not ours (RM).
Result<std::string> format_moment(std::int64_t micros, bool with_zone, std::string_view pattern);
Result<std::string> format_interval_by(const Interval& interval, std::string_view pattern);
/// Reads what format_moment() writes. Spaces and punctuation of the text need not be those of the
/// template. Errors: bad_input, limit.
Result<std::int64_t> parse_moment(std::string_view text, std::string_view pattern);

/// A number by a template such as 'FM999,990.00'. Errors: usage for EEEE, RN, V.
Result<std::string> format_number(const Decimal& value, std::string_view pattern);
/// Reads a number, whatever stands around its digits. Errors: bad_input.
Result<Decimal> parse_number(std::string_view text, std::string_view pattern);

}  // namespace topgun::sql
