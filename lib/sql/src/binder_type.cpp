// SPDX-License-Identifier: Apache-2.0
// Types by name, casts by context, and the one type of several values.
#include <algorithm>
#include <array>

#include "ast.hpp"
#include "binder.hpp"
#include "cast.hpp"
#include "internal_functions.hpp"
#include "moment.hpp"
#include "topgun/base/nearest.hpp"

namespace topgun::sql {
namespace {

struct NamedType {
    std::string_view name;
    TypeId id;
};
// As the parser spells them, and as people do.
constexpr NamedType kTypes[] = {
    {"bool", TypeId::boolean},        {"boolean", TypeId::boolean},
    {"int2", TypeId::bigint},         {"int4", TypeId::bigint},
    {"int8", TypeId::bigint},         {"smallint", TypeId::bigint},
    {"integer", TypeId::bigint},      {"int", TypeId::bigint},
    {"bigint", TypeId::bigint},       {"serial", TypeId::bigint},
    {"bigserial", TypeId::bigint},    {"oid", TypeId::bigint},
    {"float4", TypeId::real},         {"float8", TypeId::real},
    {"real", TypeId::real},           {"double", TypeId::real},
    {"numeric", TypeId::numeric},     {"decimal", TypeId::numeric},
    {"money", TypeId::numeric},       {"text", TypeId::text},
    {"varchar", TypeId::text},        {"bpchar", TypeId::text},
    {"char", TypeId::text},           {"name", TypeId::text},
    {"uuid", TypeId::text},           {"string", TypeId::text},
    {"citext", TypeId::text},         {"regclass", TypeId::text},
    {"bytea", TypeId::bytea},         {"blob", TypeId::bytea},
    {"date", TypeId::date},           {"time", TypeId::time},
    {"timestamp", TypeId::timestamp}, {"timestamptz", TypeId::timestamptz},
    {"interval", TypeId::interval},   {"json", TypeId::json},
    {"jsonb", TypeId::json},          {"datetime", TypeId::timestamp},
    {"jsonpath", TypeId::text},
};

}  // namespace

DataType Binder::type_of(const ast::TypeName& name) {
    const auto found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                    [&name](const auto& type) { return type.name == name.name; });
    if (found == std::end(kTypes)) {
        std::vector<std::string_view> known;
        for (const auto& type : kTypes) known.push_back(type.name);
        const auto near = nearest_word(name.name, known);
        fail(name.offset, "type \"" + name.name + "\" does not exist",
             near.empty() ? std::string() : "did you mean " + std::string(near) + "?",
             Errc::not_found);
    }
    return name.dimensions > 0 ? DataType::list_of(found->id) : DataType(found->id);
}

// What a cast to this type does beyond making a value of it: lengths, scales, ranges.
Scalar Binder::apply_type(Scalar value, const ast::TypeName& name) {
    const auto type = type_of(name);
    const auto at = ast::Offset{value.offset != 0 ? value.offset : name.offset.at};
    const auto fields = interval_fields(name.interval_fields);
    const bool limited = type.id == TypeId::interval && fields != IntervalFields::all;
    // What the number in INTERVAL '1' DAY counts is said behind it.
    if (limited && value.unknown && value.is_constant() && !value.value->is_null(0)) {
        Column parsed(type);
        auto interval = parse_interval(value.value->bytes(0), fields);
        if (!interval) fail(at, interval.error().text(), {}, interval.error().code());
        parsed.add_interval(*interval);
        value = constant_scalar(std::move(parsed), at.at);
    }
    auto out = coerce(std::move(value), type, true);
    if (name.dimensions > 0) return out;
    const auto with = [&](const Function& function, std::vector<std::int64_t> numbers) {
        std::vector<Scalar> arguments;
        arguments.push_back(std::move(out));
        for (const auto number : numbers) arguments.push_back(integer_scalar(number));
        return call_scalar({&function, {}, type}, std::move(arguments), at.at);
    };
    if (type.id == TypeId::numeric && !name.modifiers.empty()) {
        const auto precision = name.modifiers[0];
        const auto scale = name.modifiers.size() > 1 ? name.modifiers[1] : 0;
        if (precision < 1 || precision > 1000) {
            fail(name.offset,
                 "NUMERIC precision " + std::to_string(precision) + " must be between 1 and 1000");
        }
        return with(numeric_type_function(), {precision, scale});
    }
    const bool is_char = name.name == "bpchar" || name.name == "char";
    if (type.id == TypeId::text && !name.modifiers.empty() && (is_char || name.name == "varchar")) {
        return with(varchar_type_function(), {name.modifiers[0]});
    }
    const bool has_time =
        type.is_moment() || type.id == TypeId::time || type.id == TypeId::interval;
    if (type.id != TypeId::date && has_time && (limited || !name.modifiers.empty())) {
        constexpr std::int64_t kMicroseconds = 6;
        const auto digits = name.modifiers.empty() ? kMicroseconds : name.modifiers[0];
        return with(moment_type_function(),
                    {static_cast<std::int64_t>(fields), std::clamp<std::int64_t>(digits, 0, 6)});
    }
    if (name.name == "int2" || name.name == "smallint") return with(integer_type_function(), {16});
    if (name.name == "int4" || name.name == "integer" || name.name == "int") {
        return with(integer_type_function(), {32});
    }
    return out;
}

Scalar Binder::coerce(Scalar value, DataType to, bool is_explicit) {
    const auto at = ast::Offset{value.offset};
    if (value.is_constant() && (value.unknown || value.type.id == TypeId::null)) {
        if (value.value->is_null(0)) return typed_null(to, at);
        if (to.id == TypeId::text || to.id == TypeId::null) {
            value.unknown = false;
            return value;
        }
        Column parsed(to);
        const auto text = value.value->bytes(0);
        auto status = add_parsed(parsed, text);
        if (!status) fail(at, status.error().text(), {}, status.error().code());
        return constant_scalar(std::move(parsed), at.at);
    }
    if (value.type == to) return value;
    const auto kernel = find_cast(value.type, to);
    if (kernel == nullptr) {
        fail(at, "cannot cast type " + type_name(value.type) + " to " + type_name(to));
    }
    if (!is_explicit && !is_implicit_cast(value.type, to)) {
        fail(at,
             "a value of type " + type_name(value.type) + " stands where " + type_name(to) +
                 " is expected",
             "cast it: CAST(... AS " + type_name(to) + ")");
    }
    Scalar out;
    out.kind = Scalar::Kind::cast;
    out.type = to;
    out.offset = at.at;
    out.cast = kernel;
    out.children.push_back(std::move(value));
    fold(out, eval_);
    return out;
}

DataType Binder::common(const std::vector<const Scalar*>& values, ast::Offset at,
                        const char* what) {
    std::vector<ArgumentType> types;
    for (const auto* value : values) types.push_back(value->argument());
    const auto type = common_type(types);
    if (type) return *type;
    for (std::size_t i = 1; i < types.size(); ++i) {
        const std::array<ArgumentType, 2> two{types[0], types[i]};
        if (common_type(two)) continue;
        fail(at, std::string(what) + " types " + type_name(types[0].type) + " and " +
                     type_name(types[i].type) + " cannot be matched");
    }
    fail(at, std::string(what) + ": types cannot be matched");
}

}  // namespace topgun::sql
