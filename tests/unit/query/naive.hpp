// SPDX-License-Identifier: Apache-2.0
// The rules of filters and orders once more, as plainly as they can be said: values are decoded
// into trees, nothing is fast. What the module answers is compared with this.
#pragma once

#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topgun/query/predicate.hpp"

namespace topgun::test {

/// A decoded value. Numbers are long double, which holds 64-bit integers and doubles exactly.
struct Tree {
    msgpack::Kind kind = msgpack::Kind::nil;
    bool whole = false;  ///< A number written as an integer.
    long double number = 0;
    std::string text;  ///< Also of binary and, after the type, of extensions.
    std::vector<Tree> elements;
    std::vector<std::pair<std::string, Tree>> fields;

    bool is_number() const { return kind == msgpack::Kind::real; }
};

static_assert(std::numeric_limits<long double>::digits >= 64, "the model needs exact numbers");

inline Tree decode(ValueView value) {
    Tree tree;
    tree.kind = value.kind();
    msgpack::Reader reader(value.bytes());
    msgpack::Token token;
    static_cast<void>(reader.next(token));
    switch (tree.kind) {
        case msgpack::Kind::boolean: tree.number = token.boolean ? 1 : 0; break;
        case msgpack::Kind::integer:
            tree.kind = msgpack::Kind::real;
            tree.whole = true;
            tree.number = token.negative ? static_cast<long double>(token.as_signed())
                                         : static_cast<long double>(token.bits);
            break;
        case msgpack::Kind::real: tree.number = token.real; break;
        case msgpack::Kind::extension:
            tree.text = static_cast<char>(token.extension_type + 128);
            tree.text += token.bytes;
            break;
        case msgpack::Kind::string:
        case msgpack::Kind::binary: tree.text = token.bytes; break;
        case msgpack::Kind::array:
            value.for_each_element([&](ValueView e) { tree.elements.push_back(decode(e)); });
            break;
        case msgpack::Kind::map:
            value.for_each_field([&](std::string_view name, ValueView member) {
                tree.fields.emplace_back(name, decode(member));
            });
            break;
        case msgpack::Kind::nil: break;
    }
    return tree;
}

inline bool naive_same(const Tree& a, const Tree& b) {
    if (a.kind != b.kind || a.whole != b.whole || a.text != b.text) return false;
    if (a.number != b.number || a.elements.size() != b.elements.size()) return false;
    for (std::size_t i = 0; i < a.elements.size(); ++i) {
        if (!naive_same(a.elements[i], b.elements[i])) return false;
    }
    if (a.fields.size() != b.fields.size()) return false;
    for (std::size_t i = 0; i < a.fields.size(); ++i) {
        if (a.fields[i].first != b.fields[i].first) return false;
        if (!naive_same(a.fields[i].second, b.fields[i].second)) return false;
    }
    return true;
}

inline bool naive_equal(const Tree& a, const Tree& b) {
    if (a.is_number() && b.is_number()) return a.number == b.number;
    return naive_same(a, b);
}

/// The total order, from its definition.
inline int naive_order(const Tree& a, const Tree& b) {
    if (a.kind != b.kind) return a.kind < b.kind ? -1 : 1;  // the order of Kind is that of the rule
    if (a.is_number()) {
        if (std::isnan(a.number) || std::isnan(b.number)) {
            return int{std::isnan(a.number)} - int{std::isnan(b.number)};
        }
    }
    if (a.number != b.number) return a.number < b.number ? -1 : 1;
    if (a.text != b.text) return a.text < b.text ? -1 : 1;
    for (std::size_t i = 0; i < std::min(a.elements.size(), b.elements.size()); ++i) {
        if (const int order = naive_order(a.elements[i], b.elements[i])) return order;
    }
    for (std::size_t i = 0; i < std::min(a.fields.size(), b.fields.size()); ++i) {
        if (a.fields[i].first != b.fields[i].first) {
            return a.fields[i].first < b.fields[i].first ? -1 : 1;
        }
        if (const int order = naive_order(a.fields[i].second, b.fields[i].second)) return order;
    }
    const auto size = [](const Tree& t) { return t.elements.size() + t.fields.size(); };
    return size(a) < size(b) ? -1 : size(a) > size(b) ? 1 : 0;
}

inline const Tree* naive_find(const Tree& tree, std::string_view path) {
    const Tree* at = &tree;
    for (;;) {
        const auto name = path.substr(0, path.find('.'));
        const Tree* next = nullptr;
        for (const auto& [field, value] : at->fields) {
            if (field == name) next = &value;
        }
        if (next == nullptr || name.size() == path.size()) return next;
        at = next;
        path.remove_prefix(name.size() + 1);
    }
}

/// Operators without patterns on attributes of the value itself.
inline bool naive_matches(const query::PredicateNode& node, const Tree& record) {
    using query::Operator;
    const auto& children = node.children;
    if (node.op == Operator::all_of) {
        for (const auto& child : children) {
            if (!naive_matches(child, record)) return false;
        }
        return true;
    }
    if (node.op == Operator::any_of) {
        for (const auto& child : children) {
            if (naive_matches(child, record)) return true;
        }
        return false;
    }
    if (node.op == Operator::negate) return children.empty() || !naive_matches(children[0], record);
    if (!node.attribute) return false;
    const Tree* const actual = naive_find(record, *node.attribute);
    const bool missing = actual == nullptr || actual->kind == msgpack::Kind::nil;
    if (node.op == Operator::is_null) return missing;
    if (node.op == Operator::is_not_null) return !missing;
    if (missing) return false;
    Tree expected;
    if (node.value_ref) {
        const auto* const other = naive_find(record, node.value_ref->substr(5));
        if (other == nullptr) return false;
        expected = *other;
    } else {
        if (!node.value) return false;
        expected = decode(ValueView(*node.value));
        if (expected.kind == msgpack::Kind::nil) return false;
    }
    const auto ordered = [](const Tree& a, const Tree& b) {
        return (a.is_number() && b.is_number()) ||
               (a.kind == msgpack::Kind::string && b.kind == msgpack::Kind::string);
    };
    const auto less = [&](const Tree& a, const Tree& b) {
        return ordered(a, b) && (a.number < b.number || (a.number == b.number && a.text < b.text));
    };
    const auto least = [&](const Tree& a, const Tree& b) {
        return ordered(a, b) && (less(a, b) || naive_equal(a, b));
    };
    const auto in = [](const Tree& array, const Tree& wanted) {
        for (const auto& element : array.elements) {
            if (naive_equal(element, wanted)) return true;
        }
        return false;
    };
    const auto is_array = [](const Tree& tree) { return tree.kind == msgpack::Kind::array; };
    const auto wanted = is_array(expected) ? expected.elements : std::vector<Tree>{expected};
    std::size_t found = 0;
    for (const auto& one : wanted) found += is_array(*actual) && in(*actual, one) ? 1 : 0;
    switch (node.op) {
        case Operator::eq: return naive_equal(*actual, expected);
        case Operator::neq: return !naive_equal(*actual, expected);
        case Operator::gt: return less(expected, *actual);
        case Operator::gte: return least(expected, *actual);
        case Operator::lt: return less(*actual, expected);
        case Operator::lte: return least(*actual, expected);
        case Operator::between:
            return is_array(expected) && expected.elements.size() == 2 &&
                   least(expected.elements[0], *actual) && least(*actual, expected.elements[1]);
        case Operator::in:
            return is_array(expected) ? in(expected, *actual) : in(*actual, expected);
        case Operator::contains_all: return is_array(*actual) && found == wanted.size();
        case Operator::contains_any: return is_array(*actual) && found > 0;
        default: return false;
    }
}

}  // namespace topgun::test
