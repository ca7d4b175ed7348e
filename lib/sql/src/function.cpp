// SPDX-License-Identifier: Apache-2.0
// Resolution by the rules of PostgreSQL's manual, chapter 10, over the types that we have.
#include "function.hpp"

#include <algorithm>

#include "set_function.hpp"

namespace topgun::sql {
namespace {

// Steps of the two ladders of implicit casts; 0 stands on none.
int number_step(TypeId id) {
    switch (id) {
        case TypeId::bigint: return 1;
        case TypeId::numeric: return 2;
        case TypeId::real: return 3;
        default: return 0;
    }
}
int moment_step(TypeId id) {
    switch (id) {
        case TypeId::date: return 1;
        case TypeId::timestamp: return 2;
        case TypeId::timestamptz: return 3;
        default: return 0;
    }
}

// The type of each category to which unknowns incline.
bool is_preferred(TypeId id) {
    return id == TypeId::text || id == TypeId::real || id == TypeId::timestamptz ||
           id == TypeId::boolean || id == TypeId::interval;
}

using Adder = void (*)(std::vector<Function>&);
constexpr Adder kAdders[] = {
    add_arithmetic,  add_comparisons,     add_texts,       add_words,
    add_identifiers, add_bytes_functions, add_digests,     add_lists,
    add_patterns,    add_regexps,         add_json,        add_json_changes,
    add_json_paths,  add_json_rows,       add_moments,     add_makers,
    add_zoned,       add_extracts,        add_mathematics, add_formats,
};

std::vector<Function> all_functions() {
    std::vector<Function> all;
    for (const auto add : kAdders) add(all);
    std::stable_sort(all.begin(), all.end(),
                     [](const Function& a, const Function& b) { return a.name < b.name; });
    return all;
}

// All of one name, of what is sorted by name.
template <typename Version>
std::span<const Version> versions(std::span<const Version> all, std::string_view name) {
    const auto [first, last] =
        std::equal_range(all.begin(), all.end(), name, [](const auto& a, const auto& b) {
            if constexpr (std::is_same_v<std::decay_t<decltype(a)>, Version>)
                return a.name < b;
            else
                return a < b.name;
        });
    return {first, last};
}

// How well a version suits a call; smaller is better in the order of the fields.
struct Fit {
    std::size_t casts = 0;        // arguments that are not of the very type
    std::size_t pseudo = 0;       // arguments that any type would suit
    std::size_t others = 0;       // casts to a type that its kind does not incline to
    std::size_t steps = 0;        // up the ladders
    std::size_t unpreferred = 0;  // unknowns that become something else than they incline to
    auto operator<=>(const Fit&) const = default;
};

bool is_pseudo(DataType type) {
    return type == kAny || type == kScalar || type == kElement || type == kElements;
}

DataType wanted_type(const std::vector<DataType>& wanted, std::size_t at) {
    return wanted[std::min(at, wanted.size() - 1)];
}

bool takes(const std::vector<DataType>& wanted, bool variadic, std::size_t count) {
    if (variadic) return count + 1 >= wanted.size();
    return count == wanted.size();
}

// A version with the types that a call gives its pseudo types.
struct Match {
    Fit fit;
    TypeId element = TypeId::null;  // T
};

// T, as the arguments decide. Empty when they contradict each other.
std::optional<TypeId> find_element(const std::vector<DataType>& wanted,
                                   std::span<const ArgumentType> arguments) {
    std::vector<ArgumentType> candidates;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto& given = arguments[i];
        if (given.unknown || given.type.id == TypeId::null) continue;
        const bool list = given.type.id == TypeId::list;
        const auto type = wanted_type(wanted, i);
        if ((type == kElement && list) || (type == kElements && !list)) return std::nullopt;
        if (type == kElement) candidates.push_back(given);
        if (type == kElements) candidates.push_back({given.type.element, false});
    }
    const auto common = common_type(candidates);
    if (!common) return std::nullopt;
    return common->id;
}

// The real type of an argument or a result.
DataType real_type(DataType wanted, TypeId element, const ArgumentType* given) {
    if (wanted == kElement) return element;
    if (wanted == kElements) return DataType::list_of(element);
    if (!is_pseudo(wanted)) return wanted;
    return given == nullptr || given->unknown ? DataType(TypeId::text) : given->type;
}

std::optional<Match> match(const std::vector<DataType>& wanted, bool variadic,
                           std::span<const ArgumentType> arguments) {
    if (!takes(wanted, variadic, arguments.size())) return std::nullopt;
    Match out;
    const auto element = find_element(wanted, arguments);
    if (!element) return std::nullopt;
    out.element = *element;
    auto& fit = out.fit;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto& given = arguments[i];
        const auto pseudo = wanted_type(wanted, i);
        if (pseudo == kScalar && given.type.id == TypeId::list) return std::nullopt;
        if (is_pseudo(pseudo)) ++fit.pseudo;
        const auto type = real_type(pseudo, out.element, &given);
        if (given.unknown) {
            // A literal in quotes is a text before it is anything else.
            fit.unpreferred += type.id == TypeId::text ? 0 : is_preferred(type.id) ? 1 : 2;
            continue;
        }
        if (given.type == type) continue;
        if (!is_implicit_cast(given.type, type)) return std::nullopt;
        ++fit.casts;
        if (!is_preferred(type.id)) ++fit.others;
        fit.steps += static_cast<std::size_t>(
            std::max(0, number_step(type.id) - number_step(given.type.id) + moment_step(type.id) -
                            moment_step(given.type.id)));
    }
    return out;
}

// Of an operator with one known and one unknown side, the unknown is taken to be like the known.
std::vector<ArgumentType> assume(std::span<const ArgumentType> arguments) {
    std::vector<ArgumentType> out(arguments.begin(), arguments.end());
    if (out.size() != 2 || out[0].unknown == out[1].unknown) return out;
    if (out[0].unknown)
        out[0] = out[1];
    else
        out[1] = out[0];
    return out;
}

std::string call_text(std::string_view name, std::span<const ArgumentType> arguments) {
    std::string out(name);
    out += '(';
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (i > 0) out += ", ";
        out += arguments[i].unknown ? "unknown" : type_name(arguments[i].type);
    }
    return out + ')';
}

std::string wanted_name(DataType type) {
    if (type == kAny) return "any";
    if (type == kScalar) return "anynonarray";
    if (type == kElement) return "anyelement";
    return type == kElements ? "anyarray" : type_name(type);
}

template <typename Version>
std::string version_text(const Version& version) {
    std::string out(version.name);
    for (std::size_t i = 0; i < version.arguments.size(); ++i) {
        out += (i == 0 ? "(" : ", ") + wanted_name(version.arguments[i]);
    }
    return out + (version.arguments.empty() ? "()" : version.variadic ? "...)" : ")");
}

template <typename Version>
Error not_found(std::string_view name, std::span<const ArgumentType> arguments,
                std::span<const Version> there) {
    std::string text = "function " + call_text(name, arguments) + " does not exist";
    constexpr std::size_t kShown = 4;
    for (std::size_t i = 0; i < std::min(there.size(), kShown); ++i) {
        text += (i == 0 ? "; there is " : ", ") + version_text(there[i]);
    }
    if (there.size() > kShown) text += ", ...";
    return Error(Errc::not_found, std::move(text));
}

// What was found: the version, and the types that its pseudo types stand for.
template <typename Version>
struct Found {
    const Version* version = nullptr;
    TypeId element = TypeId::null;
    std::vector<DataType> arguments;
};

template <typename Version>
Result<Found<Version>> find(std::string_view name, std::span<const ArgumentType> arguments,
                            std::span<const Version> there) {
    for (const auto& given :
         {assume(arguments), std::vector<ArgumentType>(arguments.begin(), arguments.end())}) {
        Found<Version> best;
        std::optional<Match> how_best;
        bool tie = false;
        for (const auto& version : there) {
            const auto how = match(version.arguments, version.variadic, given);
            if (!how) continue;
            if (how_best && how_best->fit < how->fit) continue;
            tie = how_best && how_best->fit == how->fit;
            if (tie) continue;
            best.version = &version;
            how_best = how;
        }
        if (!how_best) continue;
        if (tie) {
            return Error(Errc::usage, "function " + call_text(name, arguments) +
                                          " is not unique: cast its arguments");
        }
        best.element = how_best->element;
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            best.arguments.push_back(
                real_type(wanted_type(best.version->arguments, i), best.element, &given[i]));
        }
        return best;
    }
    return not_found(name, arguments, there);
}

}  // namespace

std::span<const Function> functions() {
    static const std::vector<Function> all = all_functions();
    return all;
}

bool is_implicit_cast(DataType from, DataType to) noexcept {
    if (from == to || from.id == TypeId::null) return true;
    if (from.id == TypeId::list && to.id == TypeId::list) {
        return is_implicit_cast(from.element, to.element);
    }
    const auto up = [](int a, int b) { return a != 0 && b != 0 && a < b; };
    return up(number_step(from.id), number_step(to.id)) ||
           up(moment_step(from.id), moment_step(to.id));
}

std::optional<DataType> common_type(std::span<const ArgumentType> types) {
    std::optional<DataType> common;
    for (const auto& type : types) {
        if (type.unknown || type.type.id == TypeId::null) continue;
        if (!common || is_implicit_cast(*common, type.type))
            common = type.type;
        else if (!is_implicit_cast(type.type, *common))
            return std::nullopt;
    }
    return common ? *common : DataType(TypeId::text);
}

Result<Resolved> resolve(std::string_view name, std::span<const ArgumentType> arguments) {
    return resolve_among(functions(), name, arguments);
}

Result<Resolved> resolve_among(std::span<const Function> all, std::string_view name,
                               std::span<const ArgumentType> arguments) {
    auto found = find(name, arguments, versions(all, name));
    if (!found) return std::move(found).error();
    Resolved out;
    out.function = found->version;
    out.result = real_type(found->version->result, found->element, nullptr);
    out.arguments = std::move(found->arguments);
    return out;
}

bool is_set_function(std::string_view name) noexcept {
    return !versions(set_functions(), name).empty();
}

Result<ResolvedSet> resolve_set(std::string_view name, std::span<const ArgumentType> arguments) {
    auto found = find(name, arguments, versions(set_functions(), name));
    if (!found) return std::move(found).error();
    ResolvedSet out;
    out.function = found->version;
    out.arguments = std::move(found->arguments);
    for (const auto& column : found->version->columns) {
        out.columns.push_back(real_type(column.type, found->element, nullptr));
    }
    return out;
}

}  // namespace topgun::sql
