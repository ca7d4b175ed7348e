// SPDX-License-Identifier: Apache-2.0
// From CLI11's objects to plain data. Only this file and the option groups know CLI11's ways.
#include "common/describe.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace topgun::cli {
namespace {

std::string upper(std::string text) {
    for (auto& c : text) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return text;
}

// CLI11 appends what validators accept: "WORD:{auto,always,never}".
std::vector<std::string> choices_in(const std::string& type_name) {
    std::vector<std::string> choices;
    const auto open = type_name.find(":{");
    if (open == std::string::npos) return choices;
    const auto close = type_name.find('}', open);
    std::string_view rest = std::string_view(type_name).substr(open + 2, close - open - 2);
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        choices.emplace_back(rest.substr(0, comma));
        rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
    return choices;
}

bool names_files(const std::string& value_name) {
    return value_name == "FILE" || value_name == "SOURCE" || value_name == "DIR" ||
           value_name == "SINK" || value_name == "PATH";
}

OptionInfo describe_option(const CLI::Option& option) {
    OptionInfo info;
    const auto type_name = option.get_type_name();
    info.value_name = type_name.substr(0, type_name.find(':'));
    info.choices = choices_in(type_name);
    if (option.get_items_expected_max() == 0) {
        info.value_name.clear();
    } else if (!info.choices.empty()) {
        info.kind = ValueKind::choice;
    } else {
        info.kind = names_files(info.value_name) ? ValueKind::file : ValueKind::text;
    }
    if (option.nonpositional()) {
        for (const auto& name : option.get_snames()) info.names.push_back('-' + name);
        for (const auto& name : option.get_lnames()) info.names.push_back("--" + name);
    } else {
        info.names.push_back(upper(option.get_name(true)));
        info.value_name.clear();
    }
    info.required = option.get_required();
    info.repeatable = option.get_expected_max() > 1;
    info.group = option.get_group();
    info.description = option.get_description();
    return info;
}

}  // namespace

CommandInfo describe(const CLI::App& app, std::string name) {
    CommandInfo info;
    info.name = std::move(name);
    info.summary = app.get_description();
    const bool is_sub = app.get_parent() != nullptr;
    for (const auto* option : app.get_options()) {
        if (option->get_group().empty()) continue;
        // Every subcommand inherits its own copy of --help.
        if (is_sub && option == app.get_help_ptr()) continue;
        (option->nonpositional() ? info.options : info.arguments)
            .push_back(describe_option(*option));
    }
    for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
        info.subcommands.push_back(describe(*sub, sub->get_name()));
    }
    // Options that every command has come last, where readers skip them.
    std::stable_sort(info.options.begin(), info.options.end(), [](const auto& a, const auto& b) {
        return (a.group == "Common options") < (b.group == "Common options");
    });
    return info;
}

}  // namespace topgun::cli
