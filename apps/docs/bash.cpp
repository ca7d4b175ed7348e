// SPDX-License-Identifier: Apache-2.0
// Completion for bash, without need of the bash-completion package's functions.
#include "docs.hpp"

namespace topgun::cli::docs {
namespace {

constexpr std::string_view kHead = R"sh(# SPDX-License-Identifier: Apache-2.0
# Completion of topgun-cli for bash. Written by the target update-docs from the programs' options.

_topgun_cli() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
    local command=${COMP_WORDS[1]} word='' options='' values='' kind='' subcommands=''
    local i
    # readline splits --name=value at the equals sign.
    if [[ $current == '=' ]]; then
        current=
    elif [[ $previous == '=' ]]; then
        previous=${COMP_WORDS[COMP_CWORD-2]}
    fi
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
)sh";

constexpr std::string_view kFindWord = R"sh(    for ((i = 2; i < COMP_CWORD; ++i)); do
        if [[ -n $subcommands && " $subcommands " == *" ${COMP_WORDS[i]} "* ]]; then
            word=${COMP_WORDS[i]}
            break
        fi
    done
)sh";

constexpr std::string_view kTail = R"sh(    if [[ $kind == '' && $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
        return
    fi
    [[ $kind == '' ]] && kind=$argument && values=$argument_values
    case $kind in
    file)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        ;;
    choice)
        mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current")
        ;;
    esac
}

complete -F _topgun_cli topgun-cli
)sh";

std::string all_names(const std::vector<OptionInfo>& options) {
    std::vector<std::string> names;
    for (const auto& option : options) {
        names.insert(names.end(), option.names.begin(), option.names.end());
    }
    return join(names, " ");
}

const char* kind_word(const OptionInfo& option) {
    switch (option.kind) {
        case ValueKind::file: return "file";
        case ValueKind::choice: return "choice";
        default: return "text";
    }
}

// What the value of the option in $previous may be.
std::string value_cases(const std::vector<OptionInfo>& options) {
    std::string out;
    for (const auto& option : options) {
        if (option.kind == ValueKind::none) continue;
        out += "        " + join(option.names, " | ") + ") kind=" + kind_word(option);
        if (!option.choices.empty()) out += " values='" + join(option.choices, " ") + '\'';
        out += " ;;\n";
    }
    return out.empty() ? "" : "        case $previous in\n" + out + "        esac\n";
}

std::string context(const std::string& pattern, const CommandInfo& info,
                    const std::vector<OptionInfo>& options) {
    std::string out = "    " + pattern + ")\n";
    if (!options.empty()) out += "        options='" + all_names(options) + "'\n";
    if (!info.subcommands.empty()) {
        out +=
            "        argument=choice argument_values='" + join(subcommand_names(info), " ") + "'\n";
    } else if (!info.arguments.empty()) {
        // The last argument is the one that may be repeated, and a good guess for the others.
        const auto& last = info.arguments.back();
        out += std::string("        argument=") + kind_word(last);
        if (!last.choices.empty()) out += " argument_values='" + join(last.choices, " ") + '\'';
        out += '\n';
    }
    return out + value_cases(options) + "        ;;\n";
}

std::string command_contexts(const CommandInfo& info) {
    std::string out = context("'" + info.name + " '", info, info.options);
    for (const auto& sub : info.subcommands) {
        auto options = sub.options;
        options.insert(options.end(), info.options.begin(), info.options.end());
        out += context("'" + info.name + ' ' + sub.name + "'", sub, options);
    }
    return out;
}

}  // namespace

std::string bash_script(const Toolkit& toolkit) {
    std::vector<std::string> words = subcommand_names(toolkit.front);
    for (const auto& command : toolkit.commands) words.push_back(command.name);
    std::string out(kHead);
    // Plug-ins are known only to the program itself.
    out += "        options='" + all_names(toolkit.front.options) + "'\n";
    out += "        values='" + join(words, " ") + "'\n";
    out +=
        "        values+=\" $(topgun-cli commands 2>/dev/null)\"\n"
        "        [[ $current == -* ]] && values=$options\n"
        "        mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$current\")\n"
        "        return\n"
        "    fi\n"
        "    local argument='' argument_values=''\n"
        "    case $command in\n";
    for (const auto& command : toolkit.commands) {
        if (command.subcommands.empty()) continue;
        out += "    " + command.name + ") subcommands='" + join(subcommand_names(command), " ") +
               "' ;;\n";
    }
    out += "    esac\n";
    out += kFindWord;
    out += "    case \"$command $word\" in\n";
    for (const auto& word : toolkit.front.subcommands)
        out += context("'" + word.name + " '", word, {});
    for (const auto& command : toolkit.commands) out += command_contexts(command);
    out += "    *) argument=file ;;\n    esac\n";
    out += kTail;
    return out;
}

}  // namespace topgun::cli::docs
