// SPDX-License-Identifier: Apache-2.0
// --slt: runs files of SQL tests, each in a session of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/exit_code.hpp"
#include "common/streams.hpp"
#include "topgun/sql/slt.hpp"

namespace topgun::cli {

using MakeSession = std::function<Result<std::unique_ptr<sql::Session>>()>;

/// Runs files, and those named *.slt or *.test below folders, in order of their names. Prints what
/// failed, a line for each file, and "N passed, N failed, N skipped".
/// @return differences when a record failed, incomplete when none ran. Errors: not_found, io.
Result<ExitCode> run_slt_files(const std::vector<std::string>& paths, const MakeSession& make,
                               Streams io);

}  // namespace topgun::cli
