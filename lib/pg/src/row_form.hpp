// SPDX-License-Identifier: Apache-2.0
// Rows of either generation as COPY brings them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "topgun/maptable/row.hpp"
#include "topgun/pg/connection.hpp"

namespace topgun::pg {

/// Text as part of a statement, in single quotes.
std::string quoted_text(std::string_view text);
/// "('a', 'b')". @pre not empty.
std::string quoted_list(const std::vector<std::string>& texts);

/// The columns that read_row() takes, of a table that the statement calls t: the map, the key, and
/// what else there is.
std::string_view row_columns(maptable::Generation generation);
/// How many these are.
std::size_t row_width(maptable::Generation generation);
/// Reads a row into `ops`. @param fields  row_columns(), and whatever follows.
/// Errors: bad_input.
Status read_row(maptable::Generation generation, const CopyOut::Fields& fields,
                maptable::RowOps& ops);

}  // namespace topgun::pg
