// SPDX-License-Identifier: Apache-2.0
// Commands to the shell itself, as sqlite3 (.mode) and psql (\x) users know them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"

namespace topgun::cli {

enum class DotId {
    help,
    tables,
    schema,
    maps,
    describe,
    schemas,
    functions,
    connection,
    mode,
    headers,
    null_value,
    expanded,
    pager,
    timer,
    timeout,
    echo,
    bail,
    explain,
    output,
    read,
    open,
    close,
    save,
    set,
    params,
    edit,
    run,
    run_expanded,
    watch,
    print,
    reset,
    quit,
};

/// How a command is spelled, and what --help says of it.
struct DotSpec {
    DotId id;
    std::vector<std::string> names;  ///< ".tables", "\\dt".
    const char* arguments;
    const char* what;
    std::size_t words_max;  ///< Arguments that it takes at most.
};
const std::vector<DotSpec>& dot_specs();

struct DotCommand {
    DotId id = DotId::help;
    std::vector<std::string> words;  ///< Arguments, without quotes.
    std::string rest;                ///< The same, as typed.
};

/// Whether a line is for the shell. Those with a dot count only where a statement may begin.
bool is_dot_command(std::string_view line, bool at_start);

/// Reads ".mode csv" or "\x on". Quotes, single or double, keep blanks together.
/// Errors: usage, with the nearest known name; too many arguments; a quote that is not closed.
Result<DotCommand> parse_dot_command(std::string_view line);

/// A statement with a command behind it, "SELECT 1 \gx": the command's place in `line`, or npos.
/// @param before  what was typed on earlier lines; the backslash must not stand in quotes or
///                comments of the whole.
std::size_t find_trailing_command(std::string_view before, std::string_view line);

/// "on" or "off". Errors: usage.
Result<bool> parse_switch(const std::string& word);

/// The list that .help prints.
std::string dot_help();

}  // namespace topgun::cli
