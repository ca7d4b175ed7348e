// SPDX-License-Identifier: Apache-2.0
// A program's options as data: --help, completions and man pages are all printed from it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/command.hpp"
#include "topgun/base/error.hpp"

namespace topgun::cli {

/// What a shell may offer as the value of an option or argument.
enum class ValueKind { none, text, file, choice };

/// One option or one argument.
struct OptionInfo {
    std::vector<std::string> names;  ///< "-o", "--output"; for an argument, its name in capitals.
    ValueKind kind = ValueKind::none;
    std::string value_name;            ///< "FILE"; for arguments empty.
    std::vector<std::string> choices;  ///< For ValueKind::choice.
    bool required = false;
    bool repeatable = false;
    std::string group;  ///< Heading in --help.
    std::string description;
};

/// One program, or one of its subcommands.
struct CommandInfo {
    std::string name;  ///< "merge"; for a subcommand "parse".
    std::string summary;
    std::vector<OptionInfo> options, arguments;
    std::vector<CommandInfo> subcommands;
};

/// Reads the description out of CLI11. Hidden options (empty group) are left out.
CommandInfo describe(const CLI::App& app, std::string name);

/// "topgun-cli merge [OPTION]... BASE... -o FILE".
std::string usage_line(const std::string& program, const CommandInfo& info);
/// All of --help. `outer` holds options that work here too, because they stand one level above.
std::string help_text(const std::string& program, const CommandInfo& info, const CommandInfo* outer,
                      const char* examples);

/// Machine-readable form, one item per line, fields separated by tabs; what --dump-options prints.
std::string dump(const CommandInfo& info);
/// Reads dump() back. Errors: bad_input with the line number.
Result<CommandInfo> parse_dump(std::string_view text);

}  // namespace topgun::cli
