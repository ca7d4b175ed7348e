// SPDX-License-Identifier: Apache-2.0
#include "names.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "common/text.hpp"

namespace topgun::cli {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

template <typename Number>
bool parse_whole(std::string_view text, Number& out) {
    const auto result = std::from_chars(text.data(), text.data() + text.size(), out);
    return !text.empty() && result.ec == std::errc() && result.ptr == text.data() + text.size();
}

}  // namespace

NamedPath parse_named_path(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || !is_letter(text[0])) return {"", text};
    const bool identifier =
        std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(equals),
                    [](char c) { return is_letter(c) || is_digit(c); });
    if (!identifier) return {"", text};
    return {text.substr(0, equals), text.substr(equals + 1)};
}

std::string schema_name(const std::string& path) {
    if (path == "-") return "stdin";
    auto trimmed = path;
    while (trimmed.size() > 1 && trimmed.ends_with('/')) trimmed.pop_back();
    std::string name = std::filesystem::path(trimmed).stem().string();
    for (auto& c : name) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (!is_letter(c) && !is_digit(c)) c = '_';
    }
    if (name.empty()) return "source";
    return is_digit(name.front()) ? '_' + name : name;
}

std::string free_name(const std::string& name, const std::vector<std::string>& taken) {
    auto out = name;
    for (unsigned n = 2; std::find(taken.begin(), taken.end(), out) != taken.end(); ++n) {
        out = name + '_' + std::to_string(n);
    }
    return out;
}

Result<std::int32_t> parse_parameter_number(std::string_view text) {
    std::int32_t number = 0;
    if (text.starts_with('$')) text.remove_prefix(1);
    if (parse_whole(text, number) && number >= 1 && number <= 65535) return number;
    return Error(Errc::usage, "'" + printable(text.substr(0, 64)) +
                                  "' is no number of a parameter (1 to 65535)");
}

Result<Parameter> parse_parameter(const std::string& text) {
    const auto equals = text.find('=');
    const bool numbered =
        equals != std::string::npos && equals > 0 &&
        std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(equals), is_digit);
    if (!numbered) return Parameter{0, text};
    auto number = parse_parameter_number(std::string_view(text).substr(0, equals));
    if (!number) return std::move(number).error();
    return Parameter{*number, text.substr(equals + 1)};
}

Result<std::uint64_t> parse_seconds(std::string_view text) {
    double seconds = 0;
    // A day is longer than anybody watches.
    if (parse_whole(text, seconds) && seconds >= 0.001 && seconds <= 86400) {
        return static_cast<std::uint64_t>(seconds * 1000);
    }
    return Error(Errc::usage, "'" + printable(text.substr(0, 64)) +
                                  "' is no number of seconds from 0.001 to 86400");
}

}  // namespace topgun::cli
