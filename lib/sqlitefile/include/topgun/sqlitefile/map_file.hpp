// SPDX-License-Identifier: Apache-2.0
// The SQLite file of the former TypeScript server: only read, whether a server writes it or not.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/crdt/op.hpp"
#include "topgun/maptable/row.hpp"

namespace topgun::sqlitefile {

/// What the server calls its table unless it is told otherwise.
inline constexpr std::string_view kDefaultTable = "topgun_maps";

struct MapFileOptions {
    std::string name;   ///< What messages call the file, when that is not its path.
    std::string table;  ///< Empty: kDefaultTable, or else the only one that holds maps.
    std::vector<std::string> maps{};  ///< Only these; empty for all.
    bool keep_going = false;          ///< Note what cannot be read and go on.
    /// Bytes of rows read since the last call; an error ends the reading.
    std::function<Status(std::uint64_t)> progress{};
};

/// Reads the maps of a file, row by row, in no order, as of one moment.
///
/// What is committed counts, also what is in the log (FILE-wal) only. Nothing is written, neither
/// to the file nor to its folder, and no writer waits: a log that is in use is read beside its
/// writer, any other without locks.
/// @param visit  takes one op, borrowed for the call; an error ends the reading.
/// Errors: not_found: no such file, or no table that holds maps, listing those that do; usage when
/// several could be meant; bad_input: no SQLite file, damaged, or a row of another shape, with
/// table, map and key; locked when the file was written while it was read without locks, or a
/// transaction was interrupted that only SQLite itself can take back; io; those of `visit`.
TOPGUN_API Status read_map_ops(const std::string& path, const MapFileOptions& options,
                               const std::function<Status(const Op&)>& visit,
                               maptable::ReadReport& report);

/// Appends what SQLite's check of the whole file finds (PRAGMA integrity_check).
/// Errors: not_found, locked, io.
TOPGUN_API Status check_file(const std::string& path, const std::string& name,
                             std::vector<std::string>& damage);

}  // namespace topgun::sqlitefile
