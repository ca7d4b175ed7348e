// SPDX-License-Identifier: Apache-2.0
// JSON as PostgreSQL's jsonb prints it, and values of columns as JSON.
#pragma once

#include <string>
#include <string_view>

#include "kernel.hpp"
#include "topgun/base/bytes.hpp"
#include "topgun/column/column.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::sql {

/// Appends a canonical value as jsonb's text: {"a": 1, "b": [1, 2]}. What JSON cannot say is
/// escaped as append_json() does.
void append_json_text(BytesView canonical, std::string& out);

/// The same with a line for each member, as jsonb_pretty().
std::string pretty_json(BytesView canonical);

/// What ->> gives for a value: a string itself, all else as text. Empty for nil, which is NULL.
/// @param scratch  holds the text when it is not a part of the value.
std::string_view json_as_text(ValueView value, std::string& scratch);

/// Writes a value as to_jsonb() does; NULL is null. Moments are strings in ISO 8601.
void write_json(const Column& column, std::size_t row, msgpack::Writer& out);

/// The kernel of to_jsonb() and its like, and of casts to jsonb: the first argument as JSON.
Result<ColumnPtr> to_json_rows(const EvalContext& context, Arguments arguments, std::size_t rows,
                               DataType result);

}  // namespace topgun::sql
