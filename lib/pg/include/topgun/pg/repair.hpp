// SPDX-License-Identifier: Apache-2.0
// Repairs what is wrong with a table, keeps the old rows, and takes it back on request.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "topgun/maptable/repair.hpp"
#include "topgun/pg/check.hpp"

namespace topgun::pg {

struct TableRepairOptions {
    maptable::RepairOptions repair{};
    /// Clock, ages and maps, as for check_table(); `wanted` is taken from `repair`.
    TableCheckOptions check{};
    // Of one transaction; a single row may be larger.
    std::size_t batch_rows = 200;
    std::size_t batch_bytes = std::size_t{4} << 20;  ///< Of rows as they are and as they become.
    /// Takes what the statements of `planned` need before the first of them.
    std::function<Status(const std::string& sql)> prepared{};
    /// Takes each fix as it is found, with the statement that it is; an error ends the repair. Run
    /// by hand, it keeps the old row as well, under the name of a run of its own.
    std::function<Status(const maptable::PlannedFix&, const std::string& sql)> planned{};
};

/// No more rows than this are named in TableRepairReport::changed and UndoReport::refusals.
inline constexpr std::size_t kNamedRowsMax = 1000;

struct TableRepairReport {
    TableCheckReport check;
    std::string run;               ///< Names the run for undo; empty when nothing was repaired.
    std::string run_by_hand;       ///< The same for the statements of TableRepairOptions::planned.
    std::uint64_t planned = 0;     ///< Rows that are to be changed.
    std::uint64_t repaired = 0;    ///< Rows that were.
    std::uint64_t left_alone = 0;  ///< Rows that somebody else had changed since they were read.
    std::vector<std::string> changed;  ///< The latter: "map m, key k".
    /// Findings that are repaired, or would be, by Problem.
    std::array<std::uint64_t, maptable::kProblems> counts{};
};

/// Where the old rows are kept: "public.topgun_maps_repairs".
TOPGUN_API std::string repairs_shown(const MapTable& table);

/// The words of problems, separated by blanks: "other-form row-times".
TOPGUN_API std::string words_of(const maptable::ProblemSet& problems);

/// Finds what options.repair names, and repairs it row by row: a transaction for each batch, in
/// which a row is locked, compared with what was read, copied to the table beside it, and changed.
/// After an interruption, run it again: what is repaired is not found any more.
/// @param reader  reads in a transaction of its own, of one moment, which the caller has begun.
/// @param writer  null to find out only what there is to do.
/// Errors: those of check_table() and of the connections; usage for a table whose name leaves no
/// room for that of the other.
TOPGUN_API Status repair_table(Connection& reader, Connection* writer, const MapTable& table,
                               const TableRepairOptions& options, TableRepairReport& report);

struct RepairRun {
    std::string run;
    std::string began;         ///< As PostgreSQL writes it, UTC.
    std::uint64_t rows = 0;    ///< That it changed.
    std::uint64_t undone = 0;  ///< Of these.
    std::string problems;      ///< Words, separated by blanks.
};
/// The repairs of a table, the first one first. Errors: those of the connection.
TOPGUN_API Result<std::vector<RepairRun>> list_repairs(Connection& connection,
                                                       const MapTable& table);

struct UndoReport {
    std::uint64_t restored = 0;
    std::uint64_t refused = 0;  ///< Rows that were changed since the repair.
    std::vector<std::string> refusals;
};
/// Puts back the rows of a run as they were, the last one first, in batches. After an interruption,
/// run it again. @param force  also rows that were changed since: that change is lost.
/// Errors: not_found for a run that is not known, or is undone already; those of the connection.
TOPGUN_API Status undo_repairs(Connection& connection, const MapTable& table,
                               const std::string& run, bool force, UndoReport& report);

}  // namespace topgun::pg
