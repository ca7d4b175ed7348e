// SPDX-License-Identifier: Apache-2.0
// Fixes as statements, and the table that keeps the rows as they were.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "topgun/maptable/repair.hpp"
#include "topgun/pg/map_table.hpp"

namespace topgun::pg {

/// A table, and what its rows are made of.
struct RepairedTable {
    MapTable table;
    std::vector<std::string> columns, types;  ///< Those that a row is made of.
    std::string value_type;                   ///< "jsonb", "json", "bytea".
    bool times = false;                       ///< It has created_at and updated_at.

    /// Errors: those of the connection; usage when the name leaves no room for that of the other.
    static Result<RepairedTable> look(Connection& connection, const MapTable& table);
    /// The table that keeps old rows.
    std::string beside() const;
    /// "old_a", "old_b", ..., each with a prefix such as "k." in front.
    std::string old_columns(std::string_view prefix) const;
    std::string plain_columns(std::string_view prefix) const;
};

/// Statements that make the table that keeps old rows, or give it the columns that it lacks.
std::string make_beside(const RepairedTable& table);

/// What a session needs so that rows always have the same text: statements for its beginning.
extern const std::string_view kSettleTexts;
/// The digest of row t, as it stands.
std::string digest_of_row();

/// "t.map_name = 'm' AND t.key = 'k'", and which copy of a bytea row.
std::string row_condition(const MapTable& table, std::string_view map, std::string_view key,
                          bool is_backup);

/// The statement that a fix is, for a row that is still as it was read: it is locked, copied to the
/// table beside it and changed. Affects one row, or none.
std::string guarded_statement(const RepairedTable& table, const maptable::PlannedFix& fix,
                              std::string_view run);
}  // namespace topgun::pg
