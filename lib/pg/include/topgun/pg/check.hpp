// SPDX-License-Identifier: Apache-2.0
// Looks for everything that can be wrong with a table of a TopGun server, and changes nothing.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "topgun/maptable/check.hpp"
#include "topgun/pg/map_table.hpp"
#include "topgun/replica/state.hpp"

namespace topgun::pg {

struct TableCheckOptions {
    maptable::CheckOptions rows{};    ///< With now_ms 0 the server's clock is asked.
    std::vector<std::string> maps{};  ///< Only these; empty for all.
    /// Of a bytea table: the folder of its server's write-ahead log, and the files in which that
    /// server keeps the definitions of indexes.
    std::string wal{};
    std::vector<std::string> index_files{};
    maptable::ProblemSet wanted = maptable::ProblemSet().set();
    /// Takes each wanted finding; an error ends the check.
    maptable::TableChecker::Found found{};
    /// Takes each row behind its findings; an error ends the check.
    maptable::TableChecker::Checked checked{};
    /// Rows read since the last call; an error ends the check.
    std::function<Status(std::uint64_t)> progress{};
};

struct TableCheckReport {
    std::uint64_t now_ms = 0;  ///< The moment that findings are judged by.
    std::uint64_t rows = 0, maps = 0;
    std::array<std::uint64_t, maptable::kProblems> counts{};  ///< By Problem; wanted ones only.
    std::vector<std::string> unchecked;  ///< What could not be looked at, and why.

    std::uint64_t count(maptable::Problem problem) const {
        return counts[static_cast<std::size_t>(problem)];
    }
};

/// Checks a table, row by row and by statements of its own. Rows are read once, by key, and once
/// more by time for Problem::clock_back.
/// @pre the caller has begun a transaction, REPEATABLE READ, so that all of it is of one moment.
/// Errors: those of the connection, of `found` and of `progress`; not_found, io for side files;
/// usage for side files of a jsonb table.
TOPGUN_API Status check_table(Connection& connection, const MapTable& table,
                              const TableCheckOptions& options, TableCheckReport& report);

/// The moment by the server's clock. Errors: those of the connection.
TOPGUN_API Result<std::uint64_t> server_now(Connection& connection);

/// Compares a table's state with that of another source, record by record.
/// @param found  takes what one of them alone cannot tell: older_than_other, same_stamp,
///               removed_tag, orphan_tombstone.
/// @param removals_kept_ms  removed tags younger than this are no orphans yet.
/// Errors: those of reading the states, and of `found`.
TOPGUN_API Status check_against(const StateReader& table, const StateReader& other,
                                std::uint64_t now_ms, std::uint64_t removals_kept_ms,
                                const maptable::TableChecker::Found& found);

}  // namespace topgun::pg
