// SPDX-License-Identifier: Apache-2.0
// What a program's exit status means: one table for every command and every man page.
#pragma once

#include "topgun/base/error.hpp"

namespace topgun::cli {

/// The exit statuses of all commands. A death by signal n shows as 128 + n in a shell.
enum class ExitCode : int {
    ok = 0,           ///< Done, and nothing was found.
    differences = 1,  ///< Done, and differences or findings exist.
    usage = 2,        ///< The command line asks for something impossible.
    damaged = 3,      ///< An input is damaged, or newer than this program.
    incomplete = 4,   ///< Something was skipped or not checked.
    refused = 5,      ///< A file, peer or database cannot be reached, or refused.
    internal = 70,    ///< A bug in this program.
};

/// The status that stands for a failure. Errc::cancelled becomes 130, as after Ctrl-C.
int exit_status(Errc code) noexcept;

constexpr int exit_status(ExitCode code) noexcept {
    return static_cast<int>(code);
}

/// The one of two outcomes that a caller must not miss:
/// internal > usage > refused > damaged > incomplete > differences > ok.
ExitCode worse_of(ExitCode a, ExitCode b) noexcept;

}  // namespace topgun::cli
