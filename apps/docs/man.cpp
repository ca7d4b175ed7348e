// SPDX-License-Identifier: Apache-2.0
// The generated parts of man pages, as Markdown that pandoc turns into roff.
#include "docs.hpp"

namespace topgun::cli::docs {
namespace {

// Characters that Markdown would take as markup.
std::string plain(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '*' || c == '_' || c == '\\' || c == '`' || c == '<' || c == '[' || c == ']' ||
            c == '$' || c == '@' || c == '~' || c == '^' || c == '#') {
            out += '\\';
        }
        out += c;
    }
    return out;
}

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of('\n');
    if (first == std::string_view::npos) return "";
    return std::string(text.substr(first, text.find_last_not_of('\n') - first + 1));
}

std::string sentence(const OptionInfo& option) {
    std::string text = plain(option.description);
    if (!option.choices.empty()) {
        text += ": ";
        for (const auto& choice : option.choices) {
            if (&choice != &option.choices.front()) {
                text += &choice == &option.choices.back() ? " or " : ", ";
            }
            text += "**" + plain(choice) + "**";
        }
    }
    if (!text.ends_with('.') && !text.ends_with('?')) text += '.';
    if (option.repeatable && !option.names.front().starts_with('-')) text += " May be repeated.";
    return text;
}

std::string entry(const std::string& heading, const std::string& text) {
    return heading + "\n:   " + text + "\n\n";
}

std::string option_entry(const OptionInfo& option) {
    std::vector<std::string> names;
    for (const auto& name : option.names) names.push_back("**" + plain(name) + "**");
    auto heading = join(names, ", ");
    if (!option.value_name.empty()) heading += " *" + plain(option.value_name) + '*';
    return entry(heading, sentence(option));
}

std::string argument_entry(const OptionInfo& argument) {
    return entry('*' + plain(argument.names.front()) + '*', sentence(argument));
}

std::string usage_markdown(const std::string& program, const CommandInfo& info) {
    std::string out = "**" + plain(program) + "** \\[*OPTION*\\]...";
    if (!info.subcommands.empty()) out += " *COMMAND* ...";
    for (const auto& argument : info.arguments) {
        const auto name =
            '*' + plain(argument.names.front()) + '*' + (argument.repeatable ? "..." : "");
        out += argument.required ? ' ' + name : " \\[" + name + "\\]";
    }
    for (const auto& option : info.options) {
        if (!option.required) continue;
        out += " **" + plain(option.names.front()) + "** *" + plain(option.value_name) + '*';
    }
    return out;
}

}  // namespace

std::string synopsis_markdown(const CommandInfo& info) {
    const auto program = "topgun-cli " + info.name;
    if (info.subcommands.empty()) return usage_markdown(program, info) + '\n';
    std::string out;
    for (const auto& sub : info.subcommands) {
        out += (out.empty() ? "" : "\n") + usage_markdown(program + ' ' + sub.name, sub) + '\n';
    }
    return out;
}

std::string options_markdown(const CommandInfo& info) {
    std::string out;
    for (const auto& argument : info.arguments) out += argument_entry(argument);
    for (const auto& sub : info.subcommands) {
        out += "## " + info.name + ' ' + sub.name + "\n\n" + plain(sub.summary) + ".\n\n";
        for (const auto& argument : sub.arguments) out += argument_entry(argument);
        for (const auto& option : sub.options) out += option_entry(option);
    }
    std::string group = info.subcommands.empty() ? "Options" : "";
    for (const auto& option : info.options) {
        if (option.group != group) {
            group = option.group;
            out += "## " + (group == "Options" ? "Options of all of them" : group) + "\n\n";
        }
        out += option_entry(option);
    }
    return out;
}

std::string commands_markdown(const Toolkit& toolkit) {
    std::string out;
    for (const auto& command : toolkit.commands) {
        out += entry("**topgun-cli-" + command.name + "**(1)", plain(command.summary) + '.');
    }
    for (const auto& word : toolkit.front.subcommands) {
        auto heading = "**topgun-cli " + word.name + "**";
        for (const auto& argument : word.arguments) {
            const auto name = '*' + argument.names.front() + '*';
            heading += argument.required ? ' ' + name : " \\[" + name + "\\]";
        }
        out += entry(heading, plain(word.summary) + '.');
    }
    return out;
}

Result<std::string> replace_between(const std::string& page, const std::string& name,
                                    const std::string& content) {
    const auto begin_mark = "<!-- " + name + " -->\n";
    const auto end_mark = "<!-- /" + name + " -->\n";
    const auto begin = page.find(begin_mark);
    const auto end = page.find(end_mark);
    if (begin == std::string::npos || end == std::string::npos || end < begin) {
        return Error(Errc::not_found,
                     "needs lines '<!-- " + name + " -->' and '<!-- /" + name + " -->'");
    }
    const auto start = begin + begin_mark.size();
    // Without blank lines, pandoc would draw the marks into the paragraphs beside them.
    return page.substr(0, start) + '\n' + trimmed(content) + "\n\n" + page.substr(end);
}

std::string with_minus_signs(std::string_view roff) {
    std::string out;
    bool literal = false;
    for (std::size_t at = 0; at < roff.size(); ++at) {
        if (roff.substr(at).starts_with("\\f[") && at + 3 < roff.size()) {
            literal = roff[at + 3] == 'B' || roff[at + 3] == 'C';
        }
        const bool escaped = at > 0 && roff[at - 1] == '\\';
        if (literal && roff[at] == '-' && !escaped) out += '\\';
        out += roff[at];
    }
    return out;
}

std::string join(const std::vector<std::string>& words, std::string_view separator) {
    std::string out;
    for (const auto& word : words) {
        if (&word != &words.front()) out += separator;
        out += word;
    }
    return out;
}

std::vector<std::string> subcommand_names(const CommandInfo& info) {
    std::vector<std::string> names;
    for (const auto& sub : info.subcommands) names.push_back(sub.name);
    return names;
}

}  // namespace topgun::cli::docs
