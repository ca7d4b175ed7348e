// SPDX-License-Identifier: Apache-2.0
// Everything that can be wrong with a source, beyond what reading it for its state would meet.
#pragma once

#include <string>
#include <vector>

#include "topgun/serverfiles/log_check.hpp"
#include "topgun/source/source.hpp"

namespace topgun {

struct SourceCheck {
    ReadReport report;  ///< With all damage: what cannot be read.
    /// What can be read but does not fit together, and all that is wrong with a server's log, for
    /// whose damage the server has rules of its own. Files of servers only.
    std::vector<serverfiles::FileFinding> findings;
    std::uint64_t found = 0;  ///< Of the findings, of which kListed are listed.
    static constexpr std::size_t kListed = 1000;
    bool sound() const noexcept { return report.damage.empty() && found == 0; }
};

/// Reads a source to its last byte and lists what is wrong.
///
/// Of a redb file it reads every page that the commit reaches, redb's own tables included; the log
/// beside it frame by frame; the definitions of indexes beside it (scalar_indexes.json,
/// vector_indexes.json) against the state. Of a SQLite file SQLite checks every page and index.
/// Anything else is read op by op. Nothing is written.
/// Errors: those of read_ops(), apart from damage.
TOPGUN_API Result<SourceCheck> check_source(const std::string& path, const ReadOptions& options);

}  // namespace topgun
