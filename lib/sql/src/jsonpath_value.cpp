// SPDX-License-Identifier: Apache-2.0
// What a path computes: conditions of three truths, arithmetic, and methods.
#include <charconv>
#include <cmath>

#include "jsonpath.hpp"
#include "topgun/column/decimal.hpp"
#include "topgun/query/order.hpp"

namespace topgun::sql::jsonpath {
namespace {

using T = std::string_view;
using JsonKind = msgpack::Kind;

Error failed(const std::string& text) {
    return Error(Errc::bad_input, text);
}

bool is_number(ValueView value) {
    return value.kind() == JsonKind::integer || value.kind() == JsonKind::real;
}

// Integers that fit are exact, all else has the digits that PostgreSQL gives a float.
Result<Decimal> decimal_of(ValueView value) {
    if (const auto whole = value.as_int64()) {
        if (value.kind() == JsonKind::integer) return Decimal(*whole);
    }
    if (const auto large = value.as_uint64(); large && value.kind() == JsonKind::integer) {
        return Decimal::from_parts(static_cast<Int128>(*large), 0);
    }
    return Decimal::from_double(value.as_double().value_or(0));
}

void write_decimal(const Decimal& value, msgpack::Writer& out) {
    const auto whole = value.to_int64();
    if (value.scale() == 0 && whole)
        out.signed_integer(*whole);
    else
        out.real(value.to_double());
}

// What SQL/JSON calls the kind of a value.
T type_name_of(ValueView value) {
    switch (value.kind()) {
        case JsonKind::nil: return "null";
        case JsonKind::boolean: return "boolean";
        case JsonKind::integer:
        case JsonKind::real: return "number";
        case JsonKind::string: return "string";
        case JsonKind::array: return "array";
        default: return "object";
    }
}

const char* symbol_of(Node::Kind kind) {
    switch (kind) {
        case Node::Kind::subtract:
        case Node::Kind::minus: return "-";
        case Node::Kind::multiply: return "*";
        case Node::Kind::divide: return "/";
        case Node::Kind::remainder: return "%";
        default: return "+";
    }
}

Result<Decimal> computed(Node::Kind kind, const Decimal& a, const Decimal& b) {
    switch (kind) {
        case Node::Kind::add: return add(a, b);
        case Node::Kind::subtract: return subtract(a, b);
        case Node::Kind::multiply: return multiply(a, b);
        case Node::Kind::divide: return divide(a, b);
        default: return remainder(a, b);
    }
}

bool holds(Node::Kind kind, int order) {
    switch (kind) {
        case Node::Kind::equal: return order == 0;
        case Node::Kind::unequal: return order != 0;
        case Node::Kind::less: return order < 0;
        case Node::Kind::at_most: return order <= 0;
        case Node::Kind::greater: return order > 0;
        default: return order >= 0;
    }
}

// Empty where two values do not compare.
std::optional<bool> compared(Node::Kind kind, ValueView a, ValueView b) {
    if (type_name_of(a) != type_name_of(b)) {
        // Null differs from all else, and is neither before nor behind it.
        if (a.is_nil() || b.is_nil()) return kind == Node::Kind::unequal;
        return std::nullopt;
    }
    if (type_name_of(a) == "array" || type_name_of(a) == "object") return std::nullopt;
    return holds(kind, query::compare_values(a, b));
}

// Errors that a condition turns into "unknown".
bool is_suppressed(const Error& error) {
    return error.code() == Errc::bad_input;
}

}  // namespace

// True when any pair passes the test. Strict paths look at all pairs, lax ones stop at the first.
template <typename Test>
Result<Executor::Truth> Executor::compare(const Node& node, ValueView value, bool unwrap_right,
                                          Test&& test) {
    auto left = operand(*node.left, value, true);
    if (!left && is_suppressed(left.error())) return Truth::unknown;
    if (!left) return std::move(left).error();
    Values right(1);
    if (node.right) {
        auto found = operand(*node.right, value, unwrap_right);
        if (!found && is_suppressed(found.error())) return Truth::unknown;
        if (!found) return std::move(found).error();
        right = std::move(*found);
    }
    bool any = false, unknown = false;
    for (const auto a : *left) {
        for (const auto b : right) {
            const std::optional<bool> passes = test(a, b);
            if (!passes && !path_.lax) return Truth::unknown;
            if (passes && *passes && path_.lax) return Truth::yes;
            any = any || (passes && *passes);
            unknown = unknown || !passes;
        }
    }
    return any ? Truth::yes : unknown ? Truth::unknown : Truth::no;
}

Result<Executor::Truth> Executor::exists(const Node& node, ValueView value) {
    Values found;
    auto status = item(*node.left, value, found, path_.lax);
    // A lax path is not followed beyond the first that it finds.
    if (path_.lax && !found.empty()) return Truth::yes;
    if (!status && is_suppressed(status.error())) return Truth::unknown;
    if (!status) return std::move(status).error();
    return found.empty() ? Truth::no : Truth::yes;
}

Result<Executor::Truth> Executor::condition(const Node& node, ValueView value) {
    // Conditions with steps behind them are values, and come here through item() alone.
    switch (node.kind) {
        case Node::Kind::all_of:
        case Node::Kind::any_of: {
            const bool all = node.kind == Node::Kind::all_of;
            const auto decides = all ? Truth::no : Truth::yes;
            auto left = condition(*node.left, value);
            if (!left || *left == decides) return left;
            auto right = condition(*node.right, value);
            if (!right || *right == decides) return right;
            return *left == Truth::unknown ? *left : *right;
        }
        case Node::Kind::negation: {
            auto inner = condition(*node.left, value);
            if (!inner || *inner == Truth::unknown) return inner;
            return *inner == Truth::yes ? Truth::no : Truth::yes;
        }
        case Node::Kind::is_unknown: {
            auto inner = condition(*node.left, value);
            if (!inner) return inner;
            return *inner == Truth::unknown ? Truth::yes : Truth::no;
        }
        case Node::Kind::exists: return exists(node, value);
        case Node::Kind::starts_with:
            return compare(node, value, false, [](ValueView a, ValueView b) -> std::optional<bool> {
                const auto whole = a.as_string(), start = b.as_string();
                if (!whole || !start) return std::nullopt;
                return whole->starts_with(*start);
            });
        case Node::Kind::like_regex:
            return compare(node, value, false, [&](ValueView a, ValueView) -> std::optional<bool> {
                const auto text = a.as_string();
                if (!text) return std::nullopt;
                return node.regexp->found_in(*text);
            });
        default:
            return compare(node, value, true,
                           [&](ValueView a, ValueView b) { return compared(node.kind, a, b); });
    }
}

Status Executor::arithmetic(const Node& node, ValueView value, Values& found) {
    Decimal sides[2];
    for (std::size_t i = 0; i < 2; ++i) {
        auto values = operand(i == 0 ? *node.left : *node.right, value, true);
        if (!values) return std::move(values).error();
        if (values->size() != 1 || !is_number(values->front())) {
            return failed(std::string(i == 0 ? "left" : "right") +
                          " operand of jsonpath operator " + symbol_of(node.kind) +
                          " is not a single numeric value");
        }
        auto number = decimal_of(values->front());
        if (!number) return std::move(number).error();
        sides[i] = *number;
    }
    auto out = computed(node.kind, sides[0], sides[1]);
    if (!out) return failed(out.error().text());
    Bytes bytes;
    msgpack::Writer writer(bytes);
    write_decimal(*out, writer);
    return behind(node, keep(std::move(bytes)), found);
}

Status Executor::sign(const Node& node, ValueView value, Values& found) {
    auto values = operand(*node.left, value, true);
    if (!values) return std::move(values).error();
    for (const auto one : *values) {
        if (!is_number(one)) {
            return failed(std::string("operand of unary jsonpath operator ") +
                          symbol_of(node.kind) + " is not a numeric value");
        }
        if (node.kind == Node::Kind::plus) {
            TOPGUN_TRY(behind(node, one, found));
            continue;
        }
        auto number = decimal_of(one);
        if (!number) return std::move(number).error();
        Bytes bytes;
        msgpack::Writer writer(bytes);
        write_decimal(number->negated(), writer);
        TOPGUN_TRY(behind(node, keep(std::move(bytes)), found));
    }
    return {};
}

Status Executor::key_values(const Node& node, ValueView value, Values& found) {
    if (value.kind() != JsonKind::map) {
        return failed("jsonpath item method .keyvalue() can only be applied to an object");
    }
    // Tells objects of one document apart: where they stand in it, 0 for the document itself.
    const auto* const start = document_.bytes().data();
    const auto* const at = value.bytes().data();
    const bool inside = at >= start && at < start + document_.bytes().size();
    const auto id = inside ? at - start : 0;
    Status status;
    value.for_each_field([&](T key, ValueView field) {
        if (!status) return;
        Bytes bytes;
        msgpack::Writer out(bytes);
        out.map(3);
        out.string("id");
        out.signed_integer(id);
        out.string("key");
        out.string(key);
        out.string("value");
        out.raw(field.bytes());
        status = behind(node, keep(std::move(bytes)), found);
    });
    return status;
}

Status Executor::method(const Node& node, ValueView value, Values& found, bool unwrap) {
    Bytes bytes;
    msgpack::Writer out(bytes);
    const auto& name = node.text;
    if (name == "type") {
        out.string(type_name_of(value));
        return behind(node, keep(std::move(bytes)), found);
    }
    if (name == "size") {
        const bool array = value.kind() == JsonKind::array;
        if (!array && !path_.lax) {
            if (forgiving_) return {};
            return failed("jsonpath item method .size() can only be applied to an array");
        }
        out.unsigned_integer(array ? value.size() : 1);
        return behind(node, keep(std::move(bytes)), found);
    }
    if (unwrap && value.kind() == JsonKind::array) return each_element(node, value, found);
    if (name == "keyvalue") return key_values(node, value, found);
    if (name == "double") {
        const auto text = value.as_string();
        if (!text && !is_number(value)) {
            return failed(
                "jsonpath item method .double() can only be applied to a string or numeric value");
        }
        double number = value.as_double().value_or(0);
        if (text) {
            const auto end = text->data() + text->size();
            const auto read = std::from_chars(text->data(), end, number);
            if (read.ec != std::errc() || read.ptr != end || !std::isfinite(number)) {
                return failed(
                    "string argument of jsonpath item method .double() is not a valid "
                    "representation of a double precision number");
            }
        }
        // Whole ones are integers, as JSON's own are.
        constexpr double kExact = 9007199254740992.0;
        if (number == std::trunc(number) && std::fabs(number) < kExact)
            out.signed_integer(static_cast<std::int64_t>(number));
        else
            out.real(number);
        return behind(node, keep(std::move(bytes)), found);
    }
    if (!is_number(value)) {
        return failed("jsonpath item method ." + name +
                      "() can only be applied to a numeric value");
    }
    auto number = decimal_of(value);
    if (!number) return std::move(number).error();
    if (name == "abs") {
        write_decimal(number->is_negative() ? number->negated() : *number, out);
    } else {
        auto whole = number->truncated(0);
        if (!whole) return std::move(whole).error();
        const bool up = name == "ceiling";
        const auto order = *number <=> *whole;
        if (order != 0 && (order > 0) == up) whole = add(*whole, Decimal(up ? 1 : -1));
        if (!whole) return std::move(whole).error();
        write_decimal(*whole, out);
    }
    return behind(node, keep(std::move(bytes)), found);
}

}  // namespace topgun::sql::jsonpath
