// SPDX-License-Identifier: Apache-2.0
#include "dot_command.hpp"

#include <algorithm>

#include "common/suggest.hpp"
#include "topgun/sql/statements.hpp"

namespace topgun::cli {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view stripped(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    while (!text.empty() && kBlanks.find(text.back()) != std::string_view::npos) {
        text.remove_suffix(1);
    }
    return text;
}

Result<std::vector<std::string>> split_arguments(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    bool open = false;
    char quote = 0;
    for (const char c : text) {
        if (quote != 0 && c == quote) {
            quote = 0;
        } else if (quote != 0) {
            word += c;
        } else if (c == '\'' || c == '"') {
            quote = c;
            open = true;
        } else if (kBlanks.find(c) == std::string_view::npos) {
            word += c;
            open = true;
        } else if (open) {
            words.push_back(std::move(word));
            word.clear();
            open = false;
        }
    }
    if (quote != 0) return Error(Errc::usage, "a quote is not closed");
    if (open) words.push_back(std::move(word));
    return words;
}

const DotSpec* find_spec(std::string_view name) {
    for (const auto& spec : dot_specs()) {
        if (std::find(spec.names.begin(), spec.names.end(), name) != spec.names.end()) return &spec;
    }
    return nullptr;
}

Error unknown(const std::string& name) {
    std::vector<std::string> names;
    for (const auto& spec : dot_specs()) {
        names.insert(names.end(), spec.names.begin(), spec.names.end());
    }
    const auto nearest = suggest(name, names);
    return Error(Errc::usage,
                 "unknown command '" + name + "'; " +
                     (nearest.empty() ? "try .help" : "did you mean '" + nearest + "'?"));
}

}  // namespace

const std::vector<DotSpec>& dot_specs() {
    static const std::vector<DotSpec> specs = {
        {DotId::help, {".help", "\\?", "\\h"}, "", "Show this list", 1},
        {DotId::tables, {".tables", "\\dt"}, "[TEXT]", "Tables whose names contain a text", 1},
        {DotId::schema, {".schema"}, "[TABLE]", "Tables as CREATE TABLE statements", 1},
        {DotId::maps, {".maps"}, "", "Tables with kind and number of rows", 0},
        {DotId::describe, {"\\d", ".describe"}, "[TABLE]", "Columns of a table", 1},
        {DotId::schemas, {"\\dn", ".schemas"}, "", "Schemas: a source is one", 0},
        {DotId::functions, {"\\df", ".functions"}, "[TEXT]", "Names of functions", 1},
        {DotId::connection, {"\\conninfo"}, "", "Sources, and limits of the session", 0},
        {DotId::mode, {".mode"}, "[MODE [TABLE]]", "How rows are shown", 2},
        {DotId::headers, {".headers"}, "on|off", "Whether names of columns are shown", 1},
        {DotId::null_value, {".nullvalue"}, "[TEXT]", "What stands for NULL", 1},
        {DotId::expanded, {"\\x", ".expanded"}, "[on|off|auto]", "One line for each value", 1},
        {DotId::pager, {".pager"}, "on|off", "Whether long results go through a pager", 1},
        {DotId::timer, {".timer", "\\timing"}, "[on|off]", "Say how long statements take", 1},
        {DotId::timeout, {".timeout"}, "[DURATION|off]", "End statements that take longer", 1},
        {DotId::echo, {".echo"}, "on|off", "Repeat statements before they run", 1},
        {DotId::bail, {".bail"}, "on|off", "Whether an error ends a file or script", 1},
        {DotId::explain,
         {".explain"},
         "[query|plan|dag|dot|off]",
         "Show how statements would run instead of running them",
         1},
        {DotId::output, {".output", "\\o"}, "[FILE]", "Write results to a file, or here again", 1},
        {DotId::read, {".read", "\\i"}, "FILE", "Run the statements of a file", 1},
        {DotId::open, {".open", "\\c"}, "[NAME=]SOURCE", "Attach another source as a schema", 1},
        {DotId::close, {".close"}, "SCHEMA", "Detach a source", 1},
        {DotId::save, {".save"}, "[SCHEMA=]PATH", "Write what was changed", 1},
        {DotId::set, {".set", "\\set"}, "NUMBER [VALUE]", "Set a parameter; no value is NULL", 2},
        {DotId::params, {".params"}, "", "Show the parameters", 0},
        {DotId::edit, {"\\e"}, "", "Write a statement in an editor", 0},
        {DotId::run, {"\\g"}, "[FILE]", "Run the statement, as a semicolon does", 1},
        {DotId::run_expanded, {"\\gx"}, "[FILE]", "Run it and show the rows expanded", 1},
        {DotId::watch, {"\\watch"}, "[SECONDS [COUNT]]", "Run the statement again and again", 2},
        {DotId::print, {"\\p"}, "", "Show what was typed so far", 0},
        {DotId::reset, {"\\r"}, "", "Forget what was typed so far", 0},
        {DotId::quit, {".quit", ".exit", "\\q"}, "", "Leave", 0},
    };
    return specs;
}

bool is_dot_command(std::string_view line, bool at_start) {
    line = stripped(line);
    if (line.empty()) return false;
    if (line.front() == '\\') return true;
    // ".5 + 1" is the rest of an expression, and so may be a line that begins with a dot.
    return at_start && line.front() == '.' && line.size() > 1 && line[1] >= 'a' && line[1] <= 'z';
}

Result<DotCommand> parse_dot_command(std::string_view line) {
    line = stripped(line);
    const auto end = std::min(line.find_first_of(kBlanks), line.size());
    std::string name(line.substr(0, end));
    // People end everything with a semicolon; a command needs none.
    auto rest = stripped(line.substr(end));
    if (rest.ends_with(';')) rest = stripped(rest.substr(0, rest.size() - 1));
    if (name.ends_with(';')) name.pop_back();
    const auto* spec = find_spec(name);
    if (spec == nullptr) return unknown(name);
    auto words = split_arguments(rest);
    if (!words) return std::move(words).error().within(name);
    if (words->size() > spec->words_max) {
        return Error(Errc::usage, name + ": too many arguments; it is: " + name +
                                      (*spec->arguments != '\0' ? " " : "") + spec->arguments);
    }
    return DotCommand{spec->id, std::move(*words), std::string(rest)};
}

std::size_t find_trailing_command(std::string_view before, std::string_view line) {
    for (auto at = line.find('\\'); at != std::string_view::npos; at = line.find('\\', at + 1)) {
        const auto command = line.substr(at);
        const bool known = command.starts_with("\\g") || command.starts_with("\\watch");
        if (!known || !parse_dot_command(command)) continue;
        // In quotes or a comment, a semicolon in its place would not end the statement.
        std::string text(before);
        text.append(line.substr(0, at));
        if (sql::statement_complete(text) || sql::statement_complete(text + ';')) return at;
    }
    return std::string_view::npos;
}

Result<bool> parse_switch(const std::string& word) {
    if (word == "on" || word == "yes" || word == "true" || word == "1") return true;
    if (word == "off" || word == "no" || word == "false" || word == "0") return false;
    return Error(Errc::usage, "'" + word + "' is neither on nor off");
}

std::string dot_help() {
    constexpr std::size_t kColumn = 36;
    std::string text;
    for (const auto& spec : dot_specs()) {
        std::string line;
        for (const auto& name : spec.names) (line += line.empty() ? "" : ", ") += name;
        if (*spec.arguments != '\0') (line += ' ') += spec.arguments;
        line.resize(std::max(line.size() + 2, kColumn), ' ');
        text += line + spec.what + '\n';
    }
    return text;
}

}  // namespace topgun::cli
