// SPDX-License-Identifier: Apache-2.0
// A table of a database as a snapshot file.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/pg/map_table.hpp"
#include "topgun/storage/snapshot.hpp"

namespace topgun::pg {

struct ExportOptions {
    std::string url;                  ///< As split_table_url() takes it.
    std::string output;               ///< The snapshot; complete or absent.
    std::vector<std::string> maps{};  ///< Only these; empty for all.
    bool keep_going = false;          ///< Note rows that cannot be decoded and go on.
    std::function<bool()> stop{};     ///< True ends it with Errc::cancelled.
    /// Rows read since the last call; an error ends the export.
    std::function<Status(std::uint64_t)> progress{};
};

struct ExportReport {
    std::string database;  ///< As people name it, without a password.
    MapTable table;
    maptable::ReadReport read;
    SnapshotInfo written;
};

/// Reads the table at one moment, whatever is written meanwhile, and writes its maps.
/// Errors: those of Connection, choose_map_table() and SnapshotWriter; bad_input for a row that
/// cannot be decoded, with table, map and key.
TOPGUN_API Result<ExportReport> export_table(const ExportOptions& options);

}  // namespace topgun::pg
