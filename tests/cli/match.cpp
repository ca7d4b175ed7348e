// SPDX-License-Identifier: Apache-2.0
#include "match.hpp"

#include <algorithm>
#include <stdexcept>

namespace topgun::test {
namespace {

constexpr std::string_view kAnyText = "<*>";
constexpr std::string_view kAnyLines = "<...>";

bool line_matches(std::string_view pattern, std::string_view line) {
    const auto wild = pattern.find(kAnyText);
    if (wild == std::string_view::npos) return pattern == line;
    if (line.substr(0, wild) != pattern.substr(0, wild)) return false;
    const auto rest = pattern.substr(wild + kAnyText.size());
    for (auto at = wild; at <= line.size(); ++at) {
        if (line_matches(rest, line.substr(at))) return true;
    }
    return false;
}

// Dynamic programming over lines: reachable[j] says that the pattern so far can end before line j.
bool lines_match(const std::vector<std::string>& pattern, const std::vector<std::string>& lines) {
    std::vector<bool> reachable(lines.size() + 1, false);
    reachable[0] = true;
    for (const auto& expected : pattern) {
        std::vector<bool> next(lines.size() + 1, false);
        if (expected == kAnyLines) {
            bool any = false;
            for (std::size_t j = 0; j <= lines.size(); ++j) {
                any = any || reachable[j];
                next[j] = any;
            }
        } else {
            for (std::size_t j = 0; j < lines.size(); ++j) {
                next[j + 1] = reachable[j] && line_matches(expected, lines[j]);
            }
        }
        reachable = std::move(next);
    }
    return reachable.back();
}

}  // namespace

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

bool matches(std::string_view expected, std::string_view actual) {
    if (expected == actual) return true;
    const bool has_wildcard = expected.find(kAnyText) != std::string_view::npos ||
                              expected.find(kAnyLines) != std::string_view::npos;
    return has_wildcard && lines_match(split_lines(expected), split_lines(actual));
}

std::string first_difference(std::string_view expected, std::string_view actual) {
    if (matches(expected, actual)) return "";
    const auto wanted = split_lines(expected);
    const auto found = split_lines(actual);
    std::size_t at = 0;
    while (at < wanted.size() && at < found.size() && line_matches(wanted[at], found[at])) ++at;
    const auto shown = [at](const std::vector<std::string>& lines) {
        return at < lines.size() ? "'" + lines[at] + "'" : std::string("the end");
    };
    return "line " + std::to_string(at + 1) + ": expected " + shown(wanted) + ", found " +
           shown(found);
}

std::vector<std::string> split_words(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    bool in_word = false;
    char quote = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
            word += text[++i];
            in_word = true;
        } else if (quote != 0) {
            if (c == quote) {
                quote = 0;
            } else {
                word += c;
            }
        } else if (c == '\'' || c == '"') {
            quote = c;
            in_word = true;
        } else if (c == ' ' || c == '\n' || c == '\t') {
            if (in_word) words.push_back(std::move(word));
            word.clear();
            in_word = false;
        } else {
            word += c;
            in_word = true;
        }
    }
    if (quote != 0) throw std::runtime_error("a quote is not closed");
    if (in_word) words.push_back(std::move(word));
    return words;
}

}  // namespace topgun::test
