// SPDX-License-Identifier: Apache-2.0
// A table of a database as a snapshot file: of one moment, in bounded memory, in parts that survive
// an interruption.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/pg/map_table.hpp"
#include "topgun/storage/snapshot.hpp"

namespace topgun::pg {

enum class ExportStage : std::uint8_t {
    reading,  ///< Rows of the table.
    merging,  ///< Records of the parts, into the file.
};

struct ExportOptions {
    std::string url;                  ///< As split_table_url() takes it.
    std::string output;               ///< The snapshot; complete or absent.
    std::vector<std::string> maps{};  ///< Only these; empty for all.
    unsigned jobs = 2;                ///< Connections that read, beside one that waits.
    /// For rows gathered by all jobs; beyond it they go to files in the folder OUTPUT.parts.
    std::uint64_t memory = std::uint64_t{256} << 20;
    /// Takes up the finished parts of an interrupted export, and reads the rest at a new moment.
    bool resume = false;
    bool keep_going = false;  ///< Note rows that cannot be decoded and go on.
    // The rest is called from several threads.
    std::function<bool()> stop{};  ///< True ends it with Errc::cancelled.
    /// A stage begins, or its total is known better. @param total  0 when unknown.
    std::function<void(ExportStage, std::uint64_t total)> stage{};
    std::function<void(std::uint64_t)> progress{};  ///< So many more are done of the stage.
    /// What a person who watches should know: a connection lost, parts dropped.
    std::function<void(const std::string&)> note{};
};

struct ExportReport {
    std::string database;  ///< As people name it, without a password.
    MapTable table;
    maptable::ReadReport read;  ///< Of all parts; read.rows were also counted by the database.
    /// Ops that are not in the file: others are newer, repeat them, or have removed their tags.
    std::uint64_t superseded = 0;
    /// Times of the database, in Unix milliseconds: when each part of the rows was read. More than
    /// one only after ExportOptions::resume.
    std::vector<std::uint64_t> moments;
    std::uint64_t parts = 0;  ///< That had to leave memory.
    SnapshotInfo written;
};

/// Reads the table at one moment, whatever is written meanwhile, and writes its maps. The file's
/// sums and counts are compared with those of the rows that were read, their number with the
/// database's own count.
///
/// An export that is resumed has, of each key, the row of its last moment or, when that row is
/// gone, perhaps the row of an earlier one. Memory: ExportOptions::memory, some 10 MiB a job, one
/// block for each part, and the largest row. Errors: those of Connection, choose_map_table() and
/// SnapshotWriter; bad_input for a row that cannot be decoded, with table, map and key, and when a
/// comparison fails; usage for parts of another export. After an error kept_parts() says what can
/// be taken up.
TOPGUN_API Result<ExportReport> export_table(const ExportOptions& options);

/// What an interrupted export left in OUTPUT.parts.
struct KeptParts {
    std::string folder;
    std::uint64_t parts = 0, rows = 0;
    std::uint64_t moment = 0;  ///< Of the last of them, in Unix milliseconds.
};
/// Nothing when no part was finished. Errors: bad_input for a damaged list of parts.
TOPGUN_API Result<std::optional<KeptParts>> kept_parts(const std::string& output);

}  // namespace topgun::pg
