// SPDX-License-Identifier: Apache-2.0
// Writes what must agree with the programs' options: completion scripts and parts of man pages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/describe.hpp"

namespace topgun::cli::docs {

/// The front program's own words, and every command.
struct Toolkit {
    CommandInfo front;
    std::vector<CommandInfo> commands;
};

std::string bash_script(const Toolkit& toolkit);
std::string zsh_script(const Toolkit& toolkit);
std::string fish_script(const Toolkit& toolkit);

/// The SYNOPSIS section's lines and the OPTIONS section's entries, in Markdown for pandoc.
std::string synopsis_markdown(const CommandInfo& info);
std::string options_markdown(const CommandInfo& info);
/// One entry per command, for topgun-cli(1).
std::string commands_markdown(const Toolkit& toolkit);

/// Replaces what stands between "<!-- NAME -->" and "<!-- /NAME -->", each on a line of its own.
/// Errors: not_found, when the page lacks one of them.
Result<std::string> replace_between(const std::string& page, const std::string& name,
                                    const std::string& content);

/// roff in which hyphens of options and examples are minus signs. pandoc leaves them hyphens, which
/// newer versions of groff print as U+2010: text that a shell does not understand when it is
/// copied.
std::string with_minus_signs(std::string_view roff);

/// Joins with `separator`.
std::string join(const std::vector<std::string>& words, std::string_view separator);
/// All words of `info`'s subcommands.
std::vector<std::string> subcommand_names(const CommandInfo& info);

}  // namespace topgun::cli::docs
