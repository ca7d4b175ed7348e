// SPDX-License-Identifier: Apache-2.0
// Rows of either generation as COPY brings them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topgun/maptable/row.hpp"
#include "topgun/pg/connection.hpp"

namespace topgun::pg {

/// Text as part of a statement, in single quotes.
std::string quoted_text(std::string_view text);
/// "('a', 'b')". @pre not empty.
std::string quoted_list(const std::vector<std::string>& texts);

/// CREATE ... IF NOT EXISTS statements for a relation of this name, one caller at a time: of two at
/// once one would fail. @param statements  for one transaction, or a part of one.
std::string create_in_turn(const std::string& name, const std::string& statements);

/// The columns that read_row() takes, of a table that the statement calls t: the map, the key, and
/// what else there is.
std::string_view row_columns(maptable::Generation generation);
/// How many these are.
std::size_t row_width(maptable::Generation generation);
/// Takes a row apart. @param fields  row_columns(), and whatever follows.
/// Errors: bad_input, for NULL where a row cannot have it; what is known of `out` is set then.
Status parse_row(maptable::Generation generation, const CopyOut::Fields& fields,
                 maptable::TableRow& out);
/// Reads a row into `ops`. @param fields  row_columns(), and whatever follows.
/// Errors: bad_input.
Status read_row(maptable::Generation generation, const CopyOut::Fields& fields,
                maptable::RowOps& ops);

/// Runs a COPY ... TO STDOUT (FORMAT binary) and calls take(fields) for each row.
/// @param progress  rows since the last call; may be empty.
/// Errors: those of the connection, of `take` and of `progress`.
template <typename Take>
Status for_each_copied(Connection& connection, const std::string& statement,
                       const std::function<Status(std::uint64_t)>& progress, Take&& take) {
    constexpr std::uint64_t kRowsBetweenReports = 4096;
    auto rows = connection.copy_out(statement);
    if (!rows) return std::move(rows).error();
    CopyOut::Fields fields;
    for (std::uint64_t untold = 0;;) {
        auto more = rows->next(fields);
        if (!more) return std::move(more).error();
        if (*more) TOPGUN_TRY(take(fields));
        untold += *more ? 1 : 0;
        if (progress && (!*more || untold >= kRowsBetweenReports)) {
            TOPGUN_TRY(progress(std::exchange(untold, 0)));
        }
        if (!*more) return {};
    }
}

}  // namespace topgun::pg
