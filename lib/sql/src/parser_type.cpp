// SPDX-License-Identifier: Apache-2.0
// Names of types, and casts to them.
#include <array>

#include "parser_tree.hpp"

namespace topgun::sql {

using namespace ast;

namespace {

// Bits of PostgreSQL's INTERVAL_MASK(): 1 << 1 for months, 2 years, 3 days, 10 hours, 11 minutes,
// 12 seconds.
struct IntervalFields {
    std::int64_t mask;
    std::string_view words;
};
constexpr std::array<IntervalFields, 14> kIntervalFields = {{
    {0x7fff, ""},
    {1 << 2, "year"},
    {1 << 1, "month"},
    {1 << 3, "day"},
    {1 << 10, "hour"},
    {1 << 11, "minute"},
    {1 << 12, "second"},
    {(1 << 2) | (1 << 1), "year to month"},
    {(1 << 3) | (1 << 10), "day to hour"},
    {(1 << 3) | (1 << 10) | (1 << 11), "day to minute"},
    {(1 << 3) | (1 << 10) | (1 << 11) | (1 << 12), "day to second"},
    {(1 << 10) | (1 << 11), "hour to minute"},
    {(1 << 10) | (1 << 11) | (1 << 12), "hour to second"},
    {(1 << 11) | (1 << 12), "minute to second"},
}};

}  // namespace

void TreeReader::type_modifiers(const Json& list, TypeName& type) {
    for (const auto& node : list) {
        if (kind(node) != "A_Const" || !has(body(node), "ival")) {
            unsupported(type.offset, "this modifier of a type", "modifiers are integers");
            return;
        }
        type.modifiers.push_back(constant_integer(body(node)));
    }
}

void TreeReader::interval_modifiers(TypeName& type) {
    if (type.modifiers.empty()) return;
    const auto mask = type.modifiers.front();
    type.modifiers.erase(type.modifiers.begin());
    for (const auto& fields : kIntervalFields) {
        if (fields.mask != mask) continue;
        type.interval_fields = fields.words;
        return;
    }
    unsupported(type.offset, "this kind of interval");
}

TypeName TreeReader::type(const Json& object) {
    TypeName result;
    result.offset = offset(object);
    allow_only(object, "a type",
               {"names", "typmods", "typemod", "arrayBounds", "setof", "pct_type"});
    if (flag(object, "setof") || flag(object, "pct_type")) {
        unsupported(result.offset, "SETOF and %TYPE", "name the type itself");
    }
    auto parts = names(list(object, "names"));
    const bool builtin = parts.size() == 2 && parts.front() == "pg_catalog";
    if (parts.empty() || (parts.size() > 1 && !builtin)) {
        unsupported(result.offset, "a type in a schema", "name the type alone");
        return result;
    }
    result.name = std::move(parts.back());
    result.dimensions = static_cast<std::uint32_t>(list(object, "arrayBounds").size());
    type_modifiers(list(object, "typmods"), result);
    // Only what was written as INTERVAL has the fields as its first modifier; "interval"(3) has
    // not.
    if (builtin && result.name == "interval") interval_modifiers(result);
    return result;
}

Expr::Node TreeReader::type_cast(const Json& object) {
    auto to = type(field(object, "typeName"));
    return Cast{required(object, "arg"), std::move(to)};
}

}  // namespace topgun::sql
