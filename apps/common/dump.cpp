// SPDX-License-Identifier: Apache-2.0
// The text form of CommandInfo that travels from a program to the generator of its documents.
#include <algorithm>
#include <array>

#include "common/describe.hpp"
#include "topgun/base/check.hpp"

namespace topgun::cli {
namespace {

constexpr std::array<std::string_view, 4> kKindNames = {"none", "text", "file", "choice"};

std::string join(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ",") + word;
    return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    for (;;) {
        const auto end = text.find(separator);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

void dump_line(std::string& out, const std::vector<std::string>& fields) {
    for (const auto& field : fields) {
        TOPGUN_ASSERT(field.find_first_of("\t\n") == std::string::npos,
                      "names and descriptions of options are one line of plain text");
        out += field;
        out += &field == &fields.back() ? '\n' : '\t';
    }
}

void dump_options(std::string& out, const char* what, const std::vector<OptionInfo>& options) {
    for (const auto& option : options) {
        dump_line(out, {what, join(option.names),
                        std::string(kKindNames[static_cast<std::size_t>(option.kind)]),
                        option.value_name, join(option.choices), option.required ? "required" : "",
                        option.repeatable ? "repeatable" : "", option.group, option.description});
    }
}

void dump_command(std::string& out, const char* what, const CommandInfo& info) {
    dump_line(out, {what, info.name, info.summary});
    dump_options(out, "option", info.options);
    dump_options(out, "argument", info.arguments);
    for (const auto& sub : info.subcommands) dump_command(out, "subcommand", sub);
}

constexpr std::size_t kOptionFields = 9;

bool parse_option(const std::vector<std::string>& fields, OptionInfo& option) {
    if (fields.size() != kOptionFields) return false;
    const auto kind = std::find(kKindNames.begin(), kKindNames.end(), fields[2]);
    if (kind == kKindNames.end()) return false;
    option.names = split(fields[1], ',');
    option.kind = static_cast<ValueKind>(kind - kKindNames.begin());
    option.value_name = fields[3];
    if (!fields[4].empty()) option.choices = split(fields[4], ',');
    option.required = !fields[5].empty();
    option.repeatable = !fields[6].empty();
    option.group = fields[7];
    option.description = fields[8];
    return true;
}

}  // namespace

std::string dump(const CommandInfo& info) {
    std::string out;
    dump_command(out, "command", info);
    return out;
}

Result<CommandInfo> parse_dump(std::string_view text) {
    CommandInfo info;
    CommandInfo* current = nullptr;
    std::size_t line_number = 0;
    for (const auto& line : split(text, '\n')) {
        ++line_number;
        if (line.empty()) continue;
        const auto fields = split(line, '\t');
        const bool is_header = fields.size() == 3 && (fields[0] == "command" || current != nullptr);
        OptionInfo option;
        if (is_header && (fields[0] == "command" || fields[0] == "subcommand")) {
            current = fields[0] == "command" ? &info : &info.subcommands.emplace_back();
            current->name = fields[1];
            current->summary = fields[2];
        } else if (current != nullptr && parse_option(fields, option)) {
            (fields[0] == "option" ? current->options : current->arguments).push_back(option);
        } else {
            return Error(Errc::bad_input, "line " + std::to_string(line_number) +
                                              ": expected a command, an option or an argument");
        }
    }
    return info;
}

}  // namespace topgun::cli
