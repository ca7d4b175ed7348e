// SPDX-License-Identifier: Apache-2.0
#include "conditions.hpp"

#include <cmath>

#include "like.hpp"

namespace topgun::query {

using msgpack::Kind;
using msgpack::Reader;
using msgpack::Token;

namespace {

bool is_number(Kind kind) noexcept {
    return kind == Kind::integer || kind == Kind::real;
}

bool first_token(ValueView value, Token& token) noexcept {
    Reader reader(value.bytes());
    return reader.next(token);
}

bool is_nan(const Token& token) noexcept {
    return token.kind == Kind::real && std::isnan(token.real);
}

// Equality of what has one form only: no number of one kind equals one of the other kind.
bool same_token(const Token& a, const Token& b) noexcept {
    if (a.kind != b.kind) return false;
    switch (a.kind) {
        case Kind::nil: return true;
        case Kind::boolean: return a.boolean == b.boolean;
        case Kind::integer: return a.bits == b.bits && a.negative == b.negative;
        case Kind::real: return a.real == b.real;  // NaN differs from itself, -0.0 equals 0.0
        case Kind::string:
        case Kind::binary: return a.bytes == b.bytes;
        case Kind::extension: return a.extension_type == b.extension_type && a.bytes == b.bytes;
        case Kind::array:
        case Kind::map: return a.count == b.count;
    }
    return false;
}

// Canonical maps have one order of keys, so that equal containers are equal token by token.
bool same_structure(ValueView a, ValueView b) noexcept {
    Reader left(a.bytes());
    Reader right(b.bytes());
    Token x, y;
    while (!left.at_end() && !right.at_end()) {
        if (!left.next(x) || !right.next(y) || !same_token(x, y)) return false;
    }
    return left.at_end() && right.at_end();
}

enum class Order : std::uint8_t { none, less, equal, greater };

Order order_of(ValueView a, ValueView b) noexcept {
    Token x, y;
    if (!first_token(a, x) || !first_token(b, y)) return Order::none;
    int order = 0;
    if (is_number(x.kind) && is_number(y.kind)) {
        if (is_nan(x) || is_nan(y)) return Order::none;
        order = compare_numbers(x, y);
    } else if (x.kind == Kind::string && y.kind == Kind::string) {
        order = x.bytes.compare(y.bytes);
    } else {
        return Order::none;
    }
    return order < 0 ? Order::less : order > 0 ? Order::greater : Order::equal;
}

bool at_least(Order order) noexcept {
    return order == Order::greater || order == Order::equal;
}
bool at_most(Order order) noexcept {
    return order == Order::less || order == Order::equal;
}

bool has_element(ValueView array, ValueView wanted) noexcept {
    bool found = false;
    array.for_each_element([&](ValueView element) {
        if (!found) found = values_equal(element, wanted);
    });
    return found;
}

bool is_between(ValueView actual, ValueView bounds) noexcept {
    if (bounds.kind() != Kind::array || bounds.size() != 2) return false;
    const auto low = bounds.at(0);
    const auto high = bounds.at(1);
    return low && high && at_least(order_of(actual, *low)) && at_most(order_of(actual, *high));
}

bool is_in(ValueView actual, ValueView expected) noexcept {
    if (expected.kind() == Kind::array) return has_element(expected, actual);
    return actual.kind() == Kind::array && has_element(actual, expected);
}

bool contains(ValueView actual, ValueView wanted, bool all) noexcept {
    if (actual.kind() != Kind::array) return false;
    if (wanted.kind() != Kind::array) return has_element(actual, wanted);
    bool every = true;
    bool any = false;
    wanted.for_each_element([&](ValueView element) {
        if (all ? !every : any) return;
        const bool found = has_element(actual, element);
        every = every && found;
        any = any || found;
    });
    return all ? every : any;
}

}  // namespace

bool values_equal(ValueView a, ValueView b) noexcept {
    Token x, y;
    if (!first_token(a, x) || !first_token(b, y)) return false;
    if (is_number(x.kind) && is_number(y.kind)) {
        return !is_nan(x) && !is_nan(y) && compare_numbers(x, y) == 0;
    }
    return x.kind == y.kind && same_structure(a, b);
}

bool holds(Operator op, ValueView actual, ValueView expected) noexcept {
    const auto text = actual.as_string();
    const auto other = expected.as_string();
    const bool texts = text && other;
    switch (op) {
        case Operator::eq: return values_equal(actual, expected);
        case Operator::neq: return !values_equal(actual, expected);
        case Operator::gt: return order_of(actual, expected) == Order::greater;
        case Operator::gte: return at_least(order_of(actual, expected));
        case Operator::lt: return order_of(actual, expected) == Order::less;
        case Operator::lte: return at_most(order_of(actual, expected));
        case Operator::like: return texts && matches_like(*text, *other);
        case Operator::in: return is_in(actual, expected);
        case Operator::between: return is_between(actual, expected);
        case Operator::contains_all: return contains(actual, expected, true);
        case Operator::contains_any: return contains(actual, expected, false);
        case Operator::starts_with: return texts && text->starts_with(*other);
        case Operator::ends_with: return texts && text->ends_with(*other);
        case Operator::regex:
        case Operator::all_of:
        case Operator::any_of:
        case Operator::negate:
        case Operator::is_null:
        case Operator::is_not_null: break;
    }
    return false;
}

}  // namespace topgun::query
