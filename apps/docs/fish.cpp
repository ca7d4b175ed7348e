// SPDX-License-Identifier: Apache-2.0
// Completion for fish: one line per option and word, each with the condition under which it fits.
#include "docs.hpp"

namespace topgun::cli::docs {
namespace {

constexpr std::string_view kHead = R"fish(# SPDX-License-Identifier: Apache-2.0
# Completion of topgun-cli for fish. Written by the target update-docs from the programs' options.

function __topgun_cli_at
    # True when the words so far are: topgun-cli $argv[1], and somewhere after it $argv[2].
    set -l words (commandline -opc)
    set -e words[1]
    test (count $words) -ge 1; and test "$words[1]" = "$argv[1]"; or return 1
    test (count $argv) -eq 1; and return 0
    contains -- $argv[2] $words[2..-1]
end

function __topgun_cli_no_word
    # True when command $argv[1] was given, and none of the words that follow in $argv yet.
    __topgun_cli_at $argv[1]; or return 1
    set -l words (commandline -opc)
    for word in $argv[2..-1]
        contains -- $word $words[3..-1]; and return 1
    end
    return 0
end

complete -c topgun-cli -f
)fish";

std::string quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out + '\'';
}

std::string value_flags(const OptionInfo& option) {
    switch (option.kind) {
        case ValueKind::none: return "";
        case ValueKind::text: return " -x";
        case ValueKind::file: return " -r -F";
        case ValueKind::choice: return " -x -a " + quoted(join(option.choices, " "));
    }
    return "";
}

std::string line(const std::string& condition, const std::string& rest) {
    return "complete -c topgun-cli -n " + quoted(condition) + rest + '\n';
}

std::string option_lines(const std::string& condition, const std::vector<OptionInfo>& options) {
    std::string out;
    for (const auto& option : options) {
        std::string rest;
        for (const auto& name : option.names) {
            rest += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
        }
        out += line(condition, rest + value_flags(option) + " -d " + quoted(option.description));
    }
    return out;
}

std::string argument_lines(const std::string& condition, const std::vector<OptionInfo>& arguments) {
    if (arguments.empty()) return "";
    const auto& last = arguments.back();
    if (last.kind == ValueKind::file) return line(condition, " -F");
    if (last.kind != ValueKind::choice) return "";
    return line(condition,
                " -a " + quoted(join(last.choices, " ")) + " -d " + quoted(last.description));
}

std::string command_lines(const CommandInfo& info) {
    const std::string here = "__topgun_cli_at " + info.name;
    std::string out =
        '\n' + option_lines(here, info.options) + argument_lines(here, info.arguments);
    const auto words =
        "__topgun_cli_no_word " + info.name + ' ' + join(subcommand_names(info), " ");
    for (const auto& sub : info.subcommands) {
        out += line(words, " -a " + quoted(sub.name) + " -d " + quoted(sub.summary));
        const auto there = here + ' ' + sub.name;
        out += option_lines(there, sub.options) + argument_lines(there, sub.arguments);
    }
    return out;
}

}  // namespace

std::string fish_script(const Toolkit& toolkit) {
    std::string out(kHead);
    const std::string start = "__fish_is_nth_token 1";
    out += option_lines(start, toolkit.front.options);
    // Plug-ins are known only to the program itself. First, because the last description counts.
    out += line(start, " -a '(topgun-cli commands 2>/dev/null)'");
    const auto word_lines = [&](const std::vector<CommandInfo>& infos) {
        for (const auto& info : infos) {
            out += line(start, " -a " + quoted(info.name) + " -d " + quoted(info.summary));
        }
    };
    word_lines(toolkit.commands);
    word_lines(toolkit.front.subcommands);
    for (const auto& word : toolkit.front.subcommands) out += command_lines(word);
    for (const auto& command : toolkit.commands) out += command_lines(command);
    return out;
}

}  // namespace topgun::cli::docs
