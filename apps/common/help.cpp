// SPDX-License-Identifier: Apache-2.0
// --help: usage, examples, then options in two columns, 80 columns wide.
#include <algorithm>

#include "common/describe.hpp"
#include "common/text.hpp"
#include "topgun/base/utf.hpp"

namespace topgun::cli {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kLeftMax = 30;

struct Row {
    std::string left, right;
};

std::string option_heading(const OptionInfo& option) {
    // Long names line up whether or not a short one stands before them.
    std::string text = option.names.front().starts_with("--") ? "    " : "";
    for (const auto& name : option.names) {
        if (&name != &option.names.front()) text += ", ";
        text += name;
    }
    if (!option.value_name.empty()) text += ' ' + option.value_name;
    return text;
}

std::string with_choices(const OptionInfo& option) {
    if (option.choices.empty()) return option.description;
    std::string text = option.description + ": ";
    for (const auto& choice : option.choices) {
        if (&choice != &option.choices.front()) {
            text += &choice == &option.choices.back() ? " or " : ", ";
        }
        text += choice;
    }
    return text;
}

void print_rows(std::string& out, const std::string& heading, const std::vector<Row>& rows) {
    if (rows.empty()) return;
    std::size_t left = 0;
    for (const auto& row : rows) left = std::max(left, display_width(row.left));
    left = std::min(left, kLeftMax);
    out += '\n' + heading + ":\n";
    for (const auto& row : rows) {
        out += "  " + row.left;
        auto at = display_width(row.left);
        if (at > left) {
            out += '\n';
            at = 0;
            out += "  ";
        }
        bool first = true;
        for (const auto& line : wrap(row.right, kColumns - left - 4)) {
            out += std::string(first ? left - at + 2 : left + 4, ' ') + line + '\n';
            first = false;
        }
        if (first) out += '\n';
    }
}

void print_options(std::string& out, const std::vector<OptionInfo>& options) {
    std::vector<std::string> groups;
    for (const auto& option : options) {
        if (std::find(groups.begin(), groups.end(), option.group) == groups.end()) {
            groups.push_back(option.group);
        }
    }
    for (const auto& group : groups) {
        std::vector<Row> rows;
        for (const auto& option : options) {
            if (option.group == group)
                rows.push_back({option_heading(option), with_choices(option)});
        }
        print_rows(out, group, rows);
    }
}

}  // namespace

std::string usage_line(const std::string& program, const CommandInfo& info) {
    std::string line = "Usage: " + program + " [OPTION]...";
    if (!info.subcommands.empty()) line += " COMMAND ...";
    for (const auto& argument : info.arguments) {
        const auto name = argument.names.front() + (argument.repeatable ? "..." : "");
        line += argument.required ? ' ' + name : " [" + name + ']';
    }
    for (const auto& option : info.options) {
        if (option.required) line += ' ' + option.names.front() + ' ' + option.value_name;
    }
    return line + '\n';
}

std::string help_text(const std::string& program, const CommandInfo& info, const CommandInfo* outer,
                      const char* examples) {
    std::string out = usage_line(program, info) + '\n' + info.summary + ".\n";
    if (*examples != '\0') {
        out += "\nExamples:\n";
        std::string_view rest = examples;
        while (!rest.empty()) {
            const auto end = rest.find('\n');
            out += "  " + std::string(rest.substr(0, end)) + '\n';
            rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        }
    }
    std::vector<Row> rows;
    for (const auto& sub : info.subcommands) rows.push_back({sub.name, sub.summary});
    print_rows(out, "Commands", rows);
    rows.clear();
    for (const auto& argument : info.arguments) {
        rows.push_back({argument.names.front(), with_choices(argument)});
    }
    print_rows(out, "Arguments", rows);
    auto options = info.options;
    if (outer != nullptr) {
        options.insert(options.end(), outer->options.begin(), outer->options.end());
    }
    print_options(out, options);
    return out;
}

}  // namespace topgun::cli
