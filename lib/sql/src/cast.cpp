// SPDX-License-Identifier: Apache-2.0
#include "cast.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "json_text.hpp"
#include "kernel.hpp"
#include "list.hpp"
#include "moment.hpp"
#include "topgun/value/json.hpp"

namespace topgun::sql {
namespace {

Error invalid(DataType type, std::string_view text) {
    return Error(Errc::bad_input, "invalid input syntax for type " + type_name(type) + ": \"" +
                                      std::string(text.substr(0, 64)) + "\"");
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpaces = " \t\n\r\v\f";
    const auto first = text.find_first_not_of(kSpaces);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

std::string lowered(std::string_view text) {
    std::string out(text);
    for (auto& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

Result<bool> parse_boolean(std::string_view text) {
    const auto word = lowered(trimmed(text));
    const auto begins = [&word](std::string_view whole, std::size_t least) {
        return word.size() >= least && whole.starts_with(word);
    };
    if (begins("true", 1) || begins("yes", 1) || word == "on" || word == "1") return true;
    if (begins("false", 1) || begins("no", 1) || begins("off", 2) || word == "0") return false;
    return invalid(TypeId::boolean, text);
}

Result<std::int64_t> parse_integer(std::string_view text) {
    auto digits = trimmed(text);
    if (digits.starts_with('+') && digits.size() > 1 && digits[1] != '-') digits.remove_prefix(1);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error == std::errc::result_out_of_range) {
        return Error(Errc::limit, "value \"" + std::string(text.substr(0, 64)) +
                                      "\" is out of range for type bigint");
    }
    if (error != std::errc() || end != digits.data() + digits.size()) {
        return invalid(TypeId::bigint, text);
    }
    return value;
}

Result<double> parse_real(std::string_view text) {
    auto word = trimmed(text);
    const bool negative = word.starts_with('-');
    const auto name = lowered(word.substr(negative || word.starts_with('+') ? 1 : 0));
    const auto infinity = std::numeric_limits<double>::infinity();
    if (name == "nan") return std::numeric_limits<double>::quiet_NaN();
    if (name == "inf" || name == "infinity") return negative ? -infinity : infinity;
    if (word.starts_with('+')) word.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error == std::errc::result_out_of_range) {
        return Error(Errc::limit, "\"" + std::string(text.substr(0, 64)) +
                                      "\" is out of range for type double precision");
    }
    if (error != std::errc() || end != word.data() + word.size()) {
        return invalid(TypeId::real, text);
    }
    return value;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// The older form: bytes as they are, backslashes doubled, others as three octal digits.
Result<std::string> parse_escaped_bytes(std::string_view text) {
    std::string out;
    const auto octal = [&text](std::size_t at, char most) {
        return at < text.size() && text[at] >= '0' && text[at] <= most;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            out += text[i];
        } else if (i + 1 < text.size() && text[i + 1] == '\\') {
            out += text[++i];
        } else if (octal(i + 1, '3') && octal(i + 2, '7') && octal(i + 3, '7')) {
            out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                     (text[i + 3] - '0'));
            i += 3;
        } else {
            return invalid(TypeId::bytea, text);
        }
    }
    return out;
}

Result<std::string> parse_bytes(std::string_view text) {
    if (!text.starts_with("\\x")) return parse_escaped_bytes(text);
    const auto digits = text.substr(2);
    if (digits.size() % 2 != 0) {
        return Error(Errc::bad_input, "invalid hexadecimal data: odd number of digits");
    }
    std::string out;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        const int high = hex_digit(digits[i]), low = hex_digit(digits[i + 1]);
        if (high < 0 || low < 0) {
            return Error(Errc::bad_input, "invalid hexadecimal digit in \"" +
                                              std::string(text.substr(0, 64)) + "\"");
        }
        out += static_cast<char>(high * 16 + low);
    }
    return out;
}

std::string hex_text(std::string_view bytes) {
    std::string out = "\\x";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += "0123456789abcdef"[byte >> 4];
        out += "0123456789abcdef"[byte & 15];
    }
    return out;
}

}  // namespace

std::string real_text(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
    if (value == 0) return std::signbit(value) ? "-0" : "0";
    // "-d.ddde+xx": the shortest digits, which are then laid out anew.
    char text[40];
    const auto end =
        std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
    const std::string_view all(text, static_cast<std::size_t>(end - text));
    const auto mark = all.find('e');
    int exponent = 0;
    const auto from = all.data() + mark + (all[mark + 1] == '+' ? 2 : 1);
    std::from_chars(from, end, exponent);
    constexpr int kLeast = -4, kMost = 14;
    if (exponent < kLeast || exponent > kMost) return std::string(all);
    const auto fixed = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed).ptr;
    return {text, fixed};
}

Status add_parsed(Column& out, std::string_view text) {
    switch (out.type().id) {
        case TypeId::boolean: return add_result(out, parse_boolean(text));
        case TypeId::bigint: return add_result(out, parse_integer(text));
        case TypeId::real: return add_result(out, parse_real(text));
        case TypeId::numeric: {
            auto value = Decimal::parse(trimmed(text));
            if (!value && value.error().code() == Errc::bad_input) return invalid(out.type(), text);
            return add_result(out, std::move(value));
        }
        case TypeId::date: return add_result(out, parse_date(text));
        case TypeId::time: return add_result(out, parse_time(text));
        case TypeId::timestamp: return add_result(out, parse_timestamp(text, false));
        case TypeId::timestamptz: return add_result(out, parse_timestamp(text, true));
        case TypeId::interval: return add_result(out, parse_interval(text));
        case TypeId::bytea: return add_result(out, parse_bytes(text));
        case TypeId::json: return add_result(out, parse_json(text));
        case TypeId::text: out.add_bytes(text); return {};
        case TypeId::list: return add_result(out, parse_list(text, out.type().element));
        case TypeId::null: break;
    }
    return Error(Errc::usage, "no text is a " + type_name(out.type()));
}

std::string value_text(const Column& column, std::size_t row) {
    switch (column.type().id) {
        case TypeId::null: return {};
        case TypeId::boolean: return column.boolean(row) ? "true" : "false";
        case TypeId::bigint: return std::to_string(column.integer(row));
        case TypeId::real: return real_text(column.real(row));
        case TypeId::numeric: return column.decimal(row).text();
        case TypeId::text: return std::string(column.bytes(row));
        case TypeId::bytea: return hex_text(column.bytes(row));
        case TypeId::date: return format_date(column.integer(row));
        case TypeId::time: return format_time(column.integer(row));
        case TypeId::timestamp: return format_timestamp(column.integer(row));
        case TypeId::timestamptz: return format_timestamptz(column.integer(row));
        case TypeId::interval: return format_interval(column.interval(row));
        case TypeId::json: {
            std::string out;
            append_json_text(column.bytes(row), out);
            return out;
        }
        case TypeId::list: {
            std::string out;
            append_list_text(column.bytes(row), column.type().element, out);
            return out;
        }
    }
    return {};
}

}  // namespace topgun::sql
