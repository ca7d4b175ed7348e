// SPDX-License-Identifier: Apache-2.0
// Classes in brackets: [a-z], [^\s,], [[:alpha:]_].
#include <optional>
#include <vector>

#include "pattern_parser.hpp"

namespace topgun::schema {
namespace {

struct NamedClass {
    std::string_view name;
    std::vector<CodeRange> ranges;
};

// The bracketed classes; ASCII, as the dialect has them.
const std::vector<NamedClass>& named_classes() {
    static const std::vector<NamedClass> classes{
        {"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
        {"alpha", {{'A', 'Z'}, {'a', 'z'}}},
        {"blank", {{'\t', '\t'}, {' ', ' '}}},
        {"digit", {{'0', '9'}}},
        {"lower", {{'a', 'z'}}},
        {"punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
        {"space", {{'\t', '\r'}, {' ', ' '}}},
        {"upper", {{'A', 'Z'}}},
        {"word", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
        {"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
    };
    return classes;
}

}  // namespace

PatternParser::Index PatternParser::parse_class() {
    take("[");
    const bool negated = take("^");
    CharSet set;
    bool first = true;
    while (first || !next_is(']')) {
        if (at_end()) {
            fail("'[' without ']'");
            return std::nullopt;
        }
        if (!parse_class_item(set)) return std::nullopt;
        first = false;
    }
    take("]");
    // Folded before it is negated: (?i)[^a] excludes both cases.
    if (flags_.ignore_case) set.fold_case();
    if (negated) set.negate();
    set.finish();
    sets.push_back(std::move(set));
    PatternNode node;
    node.kind = PatternNode::Kind::set;
    node.value = static_cast<std::uint32_t>(sets.size() - 1);
    return add(std::move(node));
}

bool PatternParser::parse_named_class(CharSet& set) {
    take("[:");
    const bool negated = take("^");
    for (const auto& known : named_classes()) {
        if (!text_.substr(at_).starts_with(known.name)) continue;
        const auto end = at_ + known.name.size();
        if (!text_.substr(end).starts_with(":]")) continue;
        at_ = end + 2;
        if (negated)
            set.add_others(known.ranges);
        else
            set.add(known.ranges);
        return true;
    }
    return fail("unknown class in brackets");
}

bool PatternParser::parse_class_item(CharSet& set) {
    const auto rest = text_.substr(at_);
    if (rest.starts_with("[:")) return parse_named_class(set);
    if (rest.starts_with("[")) return fail("a class inside a class is not supported; write \\[");
    for (const auto* operation : {"&&", "--", "~~"}) {
        if (rest.starts_with(operation)) return fail("set operations are not supported");
    }
    const auto bound = [this](std::optional<std::uint32_t>& code, CharSet& klass) {
        if (next_is('\\')) return parse_escaped(code, klass);
        code = take_character();
        return true;
    };
    std::optional<std::uint32_t> first, last;
    if (!bound(first, set)) return false;
    const bool range = next_is('-') && !text_.substr(at_).starts_with("-]");
    if (!first) return !range || fail("a range that begins with a class");
    last = first;
    if (range) {
        take("-");
        CharSet none;
        if (at_end()) return fail("'[' without ']'");
        last.reset();
        if (!bound(last, none)) return false;
        if (!last) return fail("a range that ends with a class");
    }
    if (*last < *first) return fail("a range that runs downwards");
    set.add(*first, *last);
    return true;
}

}  // namespace topgun::schema
