// SPDX-License-Identifier: Apache-2.0
// The tables of a database in which TopGun's servers keep their maps.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/crdt/op.hpp"
#include "topgun/maptable/row.hpp"
#include "topgun/pg/connection.hpp"
#include "topgun/replica/state.hpp"

namespace topgun::pg {

/// What both servers call their table unless they are told otherwise.
inline constexpr std::string_view kDefaultTable = "topgun_maps";

/// A database, and the table in it that is meant.
struct TableUrl {
    std::string url;    ///< What libpq takes.
    std::string table;  ///< As choose_map_table() takes it.
};
/// Takes off what stands behind '#': libpq knows no fragments.
TOPGUN_API TableUrl split_table_url(std::string_view text);

struct MapTable {
    std::string schema, name;
    maptable::Generation generation = maptable::Generation::jsonb;
    /// By the statistics of the server; exact only after ANALYZE, 0 when it never ran.
    std::uint64_t estimated_rows = 0;
    /// As statements name it.
    std::string quoted() const { return quoted_name(schema) + "." + quoted_name(name); }
    /// As people do.
    std::string shown() const { return schema + "." + name; }
};

/// All tables that have the columns of one of the two generations, by schema and name; partitions
/// and what the tools of this project keep beside such a table are left out.
TOPGUN_API Result<std::vector<MapTable>> find_map_tables(Connection& connection);

/// The one of that name. @param wanted  "name" or "schema.name"; a name alone is looked for on the
/// search path; empty for kDefaultTable.
/// Errors: not_found, listing those that there are; usage for a table with other columns.
TOPGUN_API Result<MapTable> find_map_table(Connection& connection, std::string_view wanted);

/// find_map_table(); when no table is named and kDefaultTable does not exist, the only one that
/// there is. For those who read: a writer must not guess. Errors: also usage, when there are
/// several.
TOPGUN_API Result<MapTable> choose_map_table(Connection& connection, std::string_view wanted);

/// The rows of a table, and what is kept beside it of keys that have no row.
enum class TablePart : std::uint8_t { all, rows, beside };

struct TableReadOptions {
    std::vector<std::string> maps{};  ///< Only these; empty for all.
    TablePart part = TablePart::all;
    /// Only rows of the table for which this is true, in SQL that calls them t; empty for all.
    std::string where{};
    /// Note rows that cannot be decoded and go on. Those that are sound but for a stamp beyond what
    /// clients can read are always passed over and noted: nobody could take them.
    bool keep_going = false;
    /// Rows read since the last call; an error ends the reading.
    std::function<Status(std::uint64_t)> progress{};
};

/// Reads a table in one statement, row by row, in no order. For a consistent picture of several
/// statements the caller begins a transaction.
/// @param visit  takes one op, borrowed for the call; an error ends the reading.
/// Errors: bad_input with table, map and key; those of the connection and of `visit`.
TOPGUN_API Status read_map_table(Connection& connection, const MapTable& table,
                                 const TableReadOptions& options,
                                 const std::function<Status(const Op&)>& visit,
                                 maptable::ReadReport& report);

/// Counts the rows that read_map_table() would read. Errors: those of the connection.
TOPGUN_API Result<std::uint64_t> count_rows(Connection& connection, const MapTable& table,
                                            const TableReadOptions& options);

/// The same as a state, in memory.
TOPGUN_API Result<std::unique_ptr<StateReader>> read_table_state(Connection& connection,
                                                                 const MapTable& table,
                                                                 const TableReadOptions& options,
                                                                 maptable::ReadReport& report);

}  // namespace topgun::pg
