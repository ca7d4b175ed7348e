// SPDX-License-Identifier: Apache-2.0
#include "slt_values.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "md5.hpp"

namespace topgun::sql::slt {
namespace {

std::string integer_text(DataType type, const std::string& value) {
    if (type.id == TypeId::boolean) return value == "true" || value == "t" ? "1" : "0";
    const auto digits = value.find_first_not_of("0123456789", value.starts_with('-') ? 1 : 0);
    // Digits stay as they are, whatever their number; all else is cut as C's atoi() does.
    if (digits == std::string::npos && !value.empty()) return value;
    return std::to_string(std::strtoll(value.c_str(), nullptr, 10));
}

std::string real_text(const std::string& value) {
    const double number = std::strtod(value.c_str(), nullptr);
    if (std::isnan(number)) return "NaN";
    if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
    // Digits of the greatest double, its point and three decimals.
    char text[320];
    const int size = std::snprintf(text, sizeof text, "%.3f", number);
    return {text, static_cast<std::size_t>(size)};
}

std::string plain_text(const std::string& value, bool exact) {
    if (value.empty()) return "(empty)";
    std::string out = value;
    for (auto& c : out) {
        const bool foreign = static_cast<unsigned char>(c) >= 0x80;
        if (c < ' ' || c > '~') c = exact && foreign ? c : '@';
    }
    return out;
}

void sort_rows(std::vector<std::string>& values, std::size_t columns) {
    std::vector<std::vector<std::string>> rows;
    for (std::size_t at = 0; at + columns <= values.size(); at += columns) {
        const auto row = std::span(values).subspan(at, columns);
        rows.emplace_back(row.begin(), row.end());
    }
    std::sort(rows.begin(), rows.end());
    std::size_t at = 0;
    for (auto& row : rows) {
        for (auto& value : row) values[at++] = std::move(value);
    }
}

// A row, or a line that spells one, with single blanks between its words.
void append_words(std::string& row, std::string_view text) {
    for (const auto word : words_of(text)) {
        if (!row.empty()) row += ' ';
        row += word;
    }
}

// One line for each row, as later runners write files. Blanks in values cannot be told from those
// between values, so only the words of both sides are compared.
bool agrees_by_rows(const Record& record, const std::vector<std::string>& values) {
    const auto columns = record.types.size();
    std::vector<std::string> wanted, got;
    for (const auto line : record.results) append_words(wanted.emplace_back(), line);
    for (std::size_t at = 0; at + columns <= values.size(); at += columns) {
        auto& row = got.emplace_back();
        for (std::size_t i = 0; i < columns; ++i) append_words(row, values[at + i]);
    }
    if (record.sort != Sort::none) {
        std::sort(wanted.begin(), wanted.end());
        std::sort(got.begin(), got.end());
    }
    return wanted == got;
}

bool agrees_as(const Record& record, const std::vector<std::string>& values) {
    const auto& lines = record.results;
    if (lines.size() == 1 && lines[0] == hash_line(values)) return true;
    if (std::equal(lines.begin(), lines.end(), values.begin(), values.end())) return true;
    return record.types.size() > 1 && lines.size() * record.types.size() == values.size() &&
           agrees_by_rows(record, values);
}

}  // namespace

std::string format_value(char letter, DataType type, const std::optional<std::string>& value,
                         bool exact) {
    if (!value) return "NULL";
    switch (letter) {
        case 'I': return integer_text(type, *value);
        case 'R': return real_text(*value);
        default: return plain_text(*value, exact);
    }
}

std::vector<std::string> format_answer(const Record& record, const Answer& answer, bool exact) {
    const auto columns = answer.types.size();
    std::vector<std::string> values;
    values.reserve(answer.values.size());
    for (std::size_t i = 0; i < answer.values.size(); ++i) {
        const auto column = i % columns;
        const char letter = column < record.types.size() ? record.types[column] : 'T';
        values.push_back(format_value(letter, answer.types[column], answer.values[i], exact));
    }
    if (record.sort == Sort::rows) sort_rows(values, columns);
    if (record.sort == Sort::values) std::sort(values.begin(), values.end());
    return values;
}

std::string hash_line(const std::vector<std::string>& values) {
    std::string all;
    for (const auto& value : values) (all += value) += '\n';
    return std::to_string(values.size()) + " values hashing to " + md5_hex(all);
}

bool agrees(const Record& record, const Answer& answer) {
    return agrees_as(record, format_answer(record, answer, false)) ||
           agrees_as(record, format_answer(record, answer, true));
}

bool message_matches(const std::string& pattern, std::string_view message) {
    if (pattern.empty() || message.find(pattern) != std::string_view::npos) return true;
    RE2::Options options;
    options.set_log_errors(false);
    options.set_dot_nl(true);
    const RE2 expression(pattern, options);
    return expression.ok() &&
           RE2::PartialMatch(re2::StringPiece(message.data(), message.size()), expression);
}

}  // namespace topgun::sql::slt
