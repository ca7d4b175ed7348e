// SPDX-License-Identifier: Apache-2.0
#include "cast.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "function.hpp"
#include "moment.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::sql {
namespace {

Error invalid(DataType type, std::string_view text) {
    return Error(Errc::bad_input, "invalid input syntax for type " + type_name(type) + ": \"" +
                                      std::string(text.substr(0, 64)) + "\"");
}
Error out_of_range(DataType type) {
    return Error(Errc::limit, type_name(type) + " out of range");
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

Result<std::string> parse_bytes(std::string_view text) {
    if (!text.starts_with("\\x")) return std::string(text);
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

// The whole number nearest to a float, halves to the even one.
Result<std::int64_t> real_to_integer(double value) {
    const auto rounded = std::nearbyint(value);
    if (!(rounded >= -9223372036854775808.0 && rounded < 9223372036854775808.0)) {
        return out_of_range(TypeId::bigint);
    }
    return static_cast<std::int64_t>(rounded);
}

// Kernels. From and to text they go row by row through the functions above.
Result<ColumnPtr> from_text(const EvalContext&, Arguments arguments, std::size_t rows,
                            DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) {
        return add_parsed(out, arguments[0]->bytes(row));
    });
}
Result<ColumnPtr> to_text(const EvalContext&, Arguments arguments, std::size_t rows,
                          DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        out.add_bytes(value_text(*arguments[0], row));
        return {};
    });
}

// Types that are kept alike: only the name changes.
Result<ColumnPtr> relabel(const EvalContext&, Arguments arguments, std::size_t rows,
                          DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        out.add_from(*arguments[0], row);
        return {};
    });
}

// A scalar inside of JSON; null is NULL, and what does not fit is an error.
Result<ColumnPtr> from_json(const EvalContext&, Arguments arguments, std::size_t rows,
                            DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const ValueView value(arguments[0]->bytes(row));
        if (value.is_nil()) {
            out.add_null();
            return {};
        }
        const auto cannot = [&value, result] {
            return Error(Errc::bad_input, "cannot cast jsonb " +
                                              std::string(msgpack::kind_name(value.kind())) +
                                              " to type " + type_name(result));
        };
        if (result.id == TypeId::boolean) {
            const auto truth = value.as_bool();
            if (!truth) return cannot();
            out.add_boolean(*truth);
            return {};
        }
        const auto whole = value.as_int64();
        const auto real = value.as_double();
        if (!real) return cannot();
        switch (result.id) {
            case TypeId::bigint:
                return whole ? add_result(out, *whole) : add_result(out, real_to_integer(*real));
            case TypeId::real: return add_result(out, *real);
            default:
                return whole ? add_result(out, Decimal(*whole))
                             : add_result(out, Decimal::from_double(*real));
        }
    });
}

Result<ColumnPtr> number_to_json(const EvalContext&, Arguments arguments, std::size_t rows,
                                 DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto& from = *arguments[0];
        Bytes bytes;
        msgpack::Writer writer(bytes);
        switch (from.type().id) {
            case TypeId::boolean: writer.boolean(from.boolean(row)); break;
            case TypeId::bigint: writer.signed_integer(from.integer(row)); break;
            case TypeId::real: writer.real(from.real(row)); break;
            case TypeId::numeric: writer.real(from.decimal(row).to_double()); break;
            default: writer.string(value_text(from, row)); break;
        }
        out.add_bytes(bytes);
        return {};
    });
}

using I = std::int64_t;

struct Cast {
    TypeId from, to;
    Kernel kernel;
};

const Cast kCasts[] = {
    {TypeId::bigint, TypeId::numeric, kernel1<I>([](I a) { return Decimal(a); })},
    {TypeId::bigint, TypeId::real, kernel1<I>([](I a) { return static_cast<double>(a); })},
    {TypeId::bigint, TypeId::boolean, kernel1<I>([](I a) { return a != 0; })},
    {TypeId::boolean, TypeId::bigint, relabel},
    {TypeId::numeric, TypeId::bigint, kernel1<Decimal>([](const Decimal& a) -> Result<I> {
         const auto whole = a.to_int64();
         if (!whole) return out_of_range(TypeId::bigint);
         return *whole;
     })},
    {TypeId::numeric, TypeId::real,
     kernel1<Decimal>([](const Decimal& a) { return a.to_double(); })},
    {TypeId::real, TypeId::bigint, kernel1<double>([](double a) { return real_to_integer(a); })},
    {TypeId::real, TypeId::numeric,
     kernel1<double>([](double a) { return Decimal::from_double(a); })},
    {TypeId::date, TypeId::timestamp, kernel1<I>([](I a) { return a * kMicrosPerDay; })},
    {TypeId::date, TypeId::timestamptz, kernel1<I>([](I a) { return a * kMicrosPerDay; })},
    {TypeId::timestamp, TypeId::timestamptz, relabel},
    {TypeId::timestamptz, TypeId::timestamp, relabel},
    {TypeId::timestamp, TypeId::date, kernel1<I>([](I a) { return split(a).days; })},
    {TypeId::timestamptz, TypeId::date, kernel1<I>([](I a) { return split(a).days; })},
    {TypeId::timestamp, TypeId::time, kernel1<I>([](I a) { return split(a).micros; })},
    {TypeId::timestamptz, TypeId::time, kernel1<I>([](I a) { return split(a).micros; })},
    {TypeId::time, TypeId::interval, kernel1<I>([](I a) {
         return Interval{0, 0, a};
     })},
    {TypeId::json, TypeId::boolean, from_json},
    {TypeId::json, TypeId::bigint, from_json},
    {TypeId::json, TypeId::real, from_json},
    {TypeId::json, TypeId::numeric, from_json},
    {TypeId::boolean, TypeId::json, number_to_json},
    {TypeId::bigint, TypeId::json, number_to_json},
    {TypeId::real, TypeId::json, number_to_json},
    {TypeId::numeric, TypeId::json, number_to_json},
};

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
        case TypeId::null:
        case TypeId::list: break;
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
        case TypeId::json:
        case TypeId::list: {
            std::string out;
            append_json(column.bytes(row), out);
            return out;
        }
    }
    return {};
}

Kernel find_cast(DataType from, DataType to) noexcept {
    for (const auto& cast : kCasts) {
        if (DataType(cast.from) == from && DataType(cast.to) == to) return cast.kernel;
    }
    if (to.id == TypeId::text) return to_text;
    const bool readable = to.id != TypeId::null && to.id != TypeId::list;
    return from.id == TypeId::text && readable ? from_text : nullptr;
}

}  // namespace topgun::sql
