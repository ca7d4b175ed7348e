// SPDX-License-Identifier: Apache-2.0
// Formatting for people. Nothing here is meant to be parsed: --json is for that.
#include "common/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "topgun/base/utf.hpp"

namespace topgun::cli {
namespace {

template <typename... Arguments>
std::string formatted(const char* format, Arguments... arguments) {
    std::array<char, 64> buffer{};
    std::snprintf(buffer.data(), buffer.size(), format, arguments...);
    return buffer.data();
}

// What could move the cursor, change colours, or make text read backwards.
bool is_hostile(std::uint32_t c) noexcept {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

std::string printable_character(std::string_view text, std::size_t& at) {
    const auto decoded = decode_utf8(text.substr(at));
    const auto raw = text.substr(at, decoded.length);
    at += decoded.length;
    if (!decoded.valid) return "\xef\xbf\xbd";
    if (!is_hostile(decoded.code_point)) return std::string(raw);
    if (decoded.code_point == '\n') return "\\n";
    if (decoded.code_point == '\t') return "\\t";
    return formatted(decoded.code_point < 0x100 ? "\\x%02x" : "\\u{%x}", decoded.code_point);
}

}  // namespace

std::string human_count(std::uint64_t count) {
    std::string digits = std::to_string(count);
    for (auto at = digits.size(); at > 3;) {
        at -= 3;
        digits.insert(at, 1, ',');
    }
    return digits;
}

std::string short_count(std::uint64_t count) {
    if (count < 10'000) return human_count(count);
    static constexpr const char* kUnits[] = {"k", "M", "G", "T", "P", "E"};
    double value = static_cast<double>(count) / 1000;
    std::size_t unit = 0;
    // 999.5 would print as 1000.
    while (value >= 999.5 && unit + 1 < std::size(kUnits)) {
        value /= 1000;
        ++unit;
    }
    const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    return formatted("%.*f %s", decimals, value, kUnits[unit]);
}

std::string human_bytes(std::uint64_t bytes) {
    if (bytes < 1024) return std::to_string(bytes) + " B";
    static constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    // 1023.95 would print as 1024.0.
    while (value >= 1023.95 && unit + 1 < std::size(kUnits)) {
        value /= 1024;
        ++unit;
    }
    return formatted("%.1f %s", value, kUnits[unit]);
}

std::string human_duration(std::uint64_t millis) {
    if (millis < 1000) return std::to_string(millis) + " ms";
    const auto seconds = millis / 1000;
    if (seconds < 60) return formatted("%.1f s", static_cast<double>(millis / 100) / 10);
    const auto pair = [](std::uint64_t big, const char* format, std::uint64_t small) {
        return formatted(format, static_cast<unsigned long long>(big),
                         static_cast<unsigned long long>(small));
    };
    if (seconds < 3600) return pair(seconds / 60, "%llu min %02llu s", seconds % 60);
    if (seconds < 86400) return pair(seconds / 3600, "%llu h %02llu min", seconds / 60 % 60);
    return pair(seconds / 86400, "%llu d %llu h", seconds / 3600 % 24);
}

std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural) {
    return human_count(count) + ' ' + std::string(count == 1 ? singular : plural);
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) out += printable_character(text, at);
    return out;
}

std::string printable(std::string_view text, std::size_t columns_max) {
    constexpr std::string_view kCut = "...";
    std::string out;
    std::size_t width = 0;
    std::size_t room_end = 0;  // bytes of `out` that leave room for kCut
    for (std::size_t at = 0; at < text.size();) {
        const auto piece = printable_character(text, at);
        width += display_width(piece);
        if (width > columns_max) {
            out.resize(room_end);
            return out.append(kCut.substr(0, std::min(columns_max, kCut.size())));
        }
        out += piece;
        if (width + kCut.size() <= columns_max) room_end = out.size();
    }
    return out;
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
    std::vector<std::string> lines;
    std::string line;
    while (!text.empty()) {
        const auto blank = text.find(' ');
        const auto word = text.substr(0, blank);
        text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
        if (word.empty()) continue;
        if (!line.empty() && display_width(line) + 1 + display_width(word) > width) {
            lines.push_back(std::move(line));
            line.clear();
        }
        if (!line.empty()) line += ' ';
        line += word;
    }
    if (!line.empty()) lines.push_back(std::move(line));
    return lines;
}

}  // namespace topgun::cli
