// SPDX-License-Identifier: Apache-2.0
// The parts of the front program: what it knows from the build, and how it finds other programs.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace topgun::cli::front {

struct Entry {
    std::string_view name, summary;
};

/// Programs of this build, from CMake's list and the NAME lines of their man pages.
std::span<const Entry> commands();
/// Words that the front program answers itself.
std::span<const Entry> builtins();
/// Scripts in completions/, by shell.
std::span<const Entry> completions();
std::string_view version();
/// Folders below the installation, seen from the folder of this program.
std::string_view libexec_from_bin();
std::string_view man_from_bin();

/// Folder that holds this program, by /proc/self/exe; "" when the system does not tell.
std::string program_folder();
/// Path of topgun-<name> in the libexec folder, else on PATH; "" when there is none.
std::string find_program(std::string_view name);
/// Names of the programs topgun-* on PATH that are not part of this build, sorted.
std::vector<std::string> plug_ins();
/// Path of `program` on PATH; "" when there is none.
std::string find_on_path(std::string_view program);

/// The answer to --help.
std::string help_text();
/// This program's own options and words, in the form that commands print for --dump-options.
std::string dump_text();

/// Writes to standard output. @return 0, or 5 after saying why on standard error.
int print(std::string_view text);
/// Writes "topgun-cli: TEXT" to standard error. @return `status`.
int complain(std::string_view text, int status);

}  // namespace topgun::cli::front
