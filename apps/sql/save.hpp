// SPDX-License-Identifier: Apache-2.0
// Where writes go: ops into a log, a new snapshot, or a data directory.
#pragma once

#include <string>
#include <vector>

#include "names.hpp"
#include "topgun/sql/session.hpp"

namespace topgun::cli {

/// Checks a target before any work is done. Errors: usage for a name that tells no format.
Result<Format> format_of_target(const NamedPath& target, const std::string& to_format);

/// Writes what the session has not saved yet, and marks it as saved: ops for formats of ops, a
/// schema for a snapshot, a merge for a data directory. A target with a name takes what is of that
/// schema; a snapshot without a name is of the one schema there is.
/// @param attached  schemas of sources.
/// @return what was done, for the user. Errors: usage, io.
Result<std::string> save_changes(sql::Session& session, const NamedPath& target,
                                 const std::string& to_format,
                                 const std::vector<std::string>& attached);

/// The same for several targets. Nothing is written when some changes would be in none of them.
/// @return a line for each.
Result<std::vector<std::string>> save_all_changes(sql::Session& session,
                                                  const std::vector<NamedPath>& targets,
                                                  const std::string& to_format,
                                                  const std::vector<std::string>& attached);

/// "2 changes of schema a, 1 change of schema b"; just the number where there is but one schema.
/// Empty when all is saved.
std::string unsaved_text(const sql::Session& session);
std::uint64_t unsaved_count(const sql::Session& session);

}  // namespace topgun::cli
