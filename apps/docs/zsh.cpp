// SPDX-License-Identifier: Apache-2.0
// Completion for zsh: one _arguments call per command, with descriptions.
#include "docs.hpp"

namespace topgun::cli::docs {
namespace {

// Inside a specification in single quotes, brackets and colons have a meaning of their own.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\'') {
            out += "'\\''";
            continue;
        }
        if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

std::string action(const OptionInfo& option) {
    switch (option.kind) {
        case ValueKind::file: return "_files";
        case ValueKind::choice: return '(' + join(option.choices, " ") + ')';
        default: return " ";
    }
}

std::string option_spec(const OptionInfo& option) {
    const std::string repeat = option.repeatable ? "*" : "";
    const std::string excludes =
        option.repeatable || option.names.size() == 1 ? "" : '(' + join(option.names, " ") + ')';
    std::string value;
    if (option.kind != ValueKind::none) {
        value = ':' + escaped(option.value_name) + ':' + action(option);
    }
    std::string out;
    for (const auto& name : option.names) {
        const bool is_long = name.starts_with("--");
        // "=" after a long name: the value may follow after an equals sign or a blank.
        const char* joint = option.kind == ValueKind::none ? "" : is_long ? "=" : "+";
        out += " \\\n            '" + excludes + repeat + name + joint + '[' +
               escaped(option.description) + ']' + value + '\'';
    }
    return out;
}

std::string argument_spec(const OptionInfo& argument) {
    const std::string place = argument.repeatable ? "*:" : argument.required ? ":" : "::";
    return " \\\n            '" + place + escaped(argument.names.front()) + ':' + action(argument) +
           '\'';
}

std::string arguments_call(const CommandInfo& info, const std::vector<OptionInfo>& outer) {
    std::string out = "        _arguments -s";
    for (const auto& option : info.options) out += option_spec(option);
    for (const auto& option : outer) out += option_spec(option);
    for (const auto& argument : info.arguments) out += argument_spec(argument);
    return out;
}

std::string word_list(const std::vector<CommandInfo>& infos) {
    std::string out;
    for (const auto& info : infos) {
        out += "        '" + escaped(info.name) + ':' + escaped(info.summary) + "'\n";
    }
    return out;
}

std::string function_name(const std::string& command) {
    return "_topgun-cli-" + command;
}

// A command with subcommands completes their words first, then hands over.
std::string function_with_words(const CommandInfo& info) {
    std::string out = "    local -a words_known=(\n" + word_list(info.subcommands) + "    )\n";
    out += "    local context state state_descr line\n    typeset -A opt_args\n";
    out += "    _arguments -C -s";
    for (const auto& option : info.options) out += option_spec(option);
    out += " \\\n            '1: :->word' \\\n            '*:: :->rest'\n";
    out +=
        "    case $state in\n    word) _describe -t commands command words_known ;;\n"
        "    rest)\n        case $words[1] in\n";
    for (const auto& sub : info.subcommands) {
        out += "        " + sub.name + ")\n    " + arguments_call(sub, info.options) +
               "\n            ;;\n";
    }
    return out + "        esac\n        ;;\n    esac\n";
}

std::string command_function(const CommandInfo& info) {
    std::string out = function_name(info.name) + "() {\n";
    out += info.subcommands.empty() ? arguments_call(info, {}) + '\n' : function_with_words(info);
    return out + "}\n\n";
}

}  // namespace

std::string zsh_script(const Toolkit& toolkit) {
    std::string out =
        "#compdef topgun-cli\n"
        "# SPDX-License-Identifier: Apache-2.0\n"
        "# Completion of topgun-cli for zsh. Written by the target update-docs from the "
        "programs' options.\n\n";
    for (const auto& word : toolkit.front.subcommands) out += command_function(word);
    for (const auto& command : toolkit.commands) out += command_function(command);
    out += "_topgun-cli() {\n    local -a commands_known=(\n";
    out += word_list(toolkit.commands) + word_list(toolkit.front.subcommands) + "    )\n";
    // Plug-ins are known only to the program itself.
    out +=
        "    local plug_in\n"
        "    for plug_in in ${(f)\"$(topgun-cli commands 2>/dev/null)\"}; do\n"
        "        (( ${commands_known[(I)$plug_in:*]} )) || commands_known+=($plug_in)\n"
        "    done\n"
        "    local context state state_descr line\n    typeset -A opt_args\n"
        "    _arguments -C";
    for (const auto& option : toolkit.front.options) out += option_spec(option);
    out +=
        " \\\n            '1: :->command' \\\n            '*:: :->rest'\n"
        "    case $state in\n"
        "    command) _describe -t commands 'topgun-cli command' commands_known ;;\n"
        "    rest)\n"
        "        if (( $+functions[_topgun-cli-$words[1]] )); then\n"
        "            _topgun-cli-$words[1]\n"
        "        else\n"
        "            _files\n"
        "        fi\n"
        "        ;;\n"
        "    esac\n"
        "}\n\n"
        "_topgun-cli \"$@\"\n";
    return out;
}

}  // namespace topgun::cli::docs
