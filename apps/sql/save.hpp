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

/// Writes what the session has not saved yet, and marks it as saved: ops for formats of ops, the
/// whole schema for a snapshot, a merge for a data directory.
/// @param attached  schemas of sources, of which one is the snapshot's when `target` names none.
/// @return what was done, for the user. Errors: usage, io.
Result<std::string> save_changes(sql::Session& session, const NamedPath& target,
                                 const std::string& to_format,
                                 const std::vector<std::string>& attached);

}  // namespace topgun::cli
