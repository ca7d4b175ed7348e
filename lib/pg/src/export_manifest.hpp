// SPDX-License-Identifier: Apache-2.0
// What an export in parts notes of itself: JSON lines that are only added to, and may end anywhere.
#pragma once

#include <string>
#include <vector>

#include "export_tally.hpp"
#include "topgun/maptable/row.hpp"

namespace topgun::pg {

/// What is exported. Parts of another target are of no use.
struct ExportTarget {
    std::string database;   ///< Without a password.
    std::string table;      ///< As people name it.
    std::string relations;  ///< As TablePlan has it.
    std::vector<std::string> maps;
    std::uint64_t unit_blocks = 0;
    bool operator==(const ExportTarget&) const = default;
};

/// A moment whose rows were read, by the database's clock and by its transactions.
struct ExportMoment {
    std::uint64_t millis = 0;
    std::uint64_t transaction = 0;  ///< No older one was under way.
};

/// Units that were read to the end, and the files in which their rows are.
struct ExportPart {
    std::vector<std::string> files;  ///< Names in the folder.
    std::vector<std::uint64_t> units;
    maptable::ReadReport read;
    Tally tally;
    std::uint64_t moment = 0;  ///< Index in the manifest's moments.
};

struct ExportManifest {
    ExportTarget target;
    std::vector<ExportMoment> moments;
    std::vector<ExportPart> parts;
};

std::string target_line(const ExportTarget& target);
std::string moment_line(const ExportMoment& moment);
std::string part_line(const ExportPart& part);

/// A last line without its end was being written when the program ended, and does not count.
/// Errors: bad_input for anything else than such lines, unsupported_version.
Result<ExportManifest> parse_manifest(std::string_view text);

}  // namespace topgun::pg
