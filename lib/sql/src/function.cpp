// SPDX-License-Identifier: Apache-2.0
// Resolution by the rules of PostgreSQL's manual, chapter 10, over the types that we have.
#include "function.hpp"

#include <algorithm>

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

std::vector<Function> all_functions() {
    std::vector<Function> all;
    add_arithmetic(all);
    add_comparisons(all);
    std::stable_sort(all.begin(), all.end(),
                     [](const Function& a, const Function& b) { return a.name < b.name; });
    return all;
}

std::span<const Function> versions(std::string_view name) {
    const auto all = functions();
    const auto [first, last] =
        std::equal_range(all.begin(), all.end(), name, [](const auto& a, const auto& b) {
            if constexpr (std::is_same_v<std::decay_t<decltype(a)>, Function>)
                return a.name < b;
            else
                return a < b.name;
        });
    return {first, last};
}

// How well a version suits a call; smaller is better in the order of the fields.
struct Fit {
    std::size_t casts = 0;        // arguments that are not of the very type
    std::size_t steps = 0;        // up the ladders
    std::size_t unpreferred = 0;  // unknowns that become something else than they incline to
    auto operator<=>(const Fit&) const = default;
};

DataType wanted_type(const Function& function, std::size_t at) {
    return function.arguments[std::min(at, function.arguments.size() - 1)];
}

bool takes(const Function& function, std::size_t count) {
    if (function.variadic) return count + 1 >= function.arguments.size();
    return count == function.arguments.size();
}

std::optional<Fit> fit(const Function& function, std::span<const ArgumentType> arguments) {
    if (!takes(function, arguments.size())) return std::nullopt;
    Fit out;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto wanted = wanted_type(function, i);
        if (arguments[i].unknown) {
            // A literal in quotes is a text before it is anything else.
            out.unpreferred += wanted.id == TypeId::text ? 0 : is_preferred(wanted.id) ? 1 : 2;
            continue;
        }
        if (arguments[i].type == wanted) continue;
        if (!is_implicit_cast(arguments[i].type, wanted)) return std::nullopt;
        ++out.casts;
        out.steps +=
            static_cast<std::size_t>(number_step(wanted.id) - number_step(arguments[i].type.id) +
                                     moment_step(wanted.id) - moment_step(arguments[i].type.id));
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

std::string version_text(const Function& function) {
    std::vector<ArgumentType> types;
    for (const auto type : function.arguments) types.push_back({type, false});
    return call_text(function.name, types);
}

Error not_found(std::string_view name, std::span<const ArgumentType> arguments,
                std::span<const Function> there) {
    std::string text = "function " + call_text(name, arguments) + " does not exist";
    constexpr std::size_t kShown = 4;
    for (std::size_t i = 0; i < std::min(there.size(), kShown); ++i) {
        text += (i == 0 ? "; there is " : ", ") + version_text(there[i]);
    }
    if (there.size() > kShown) text += ", ...";
    return Error(Errc::not_found, std::move(text));
}

}  // namespace

std::span<const Function> functions() {
    static const std::vector<Function> all = all_functions();
    return all;
}

bool is_implicit_cast(DataType from, DataType to) noexcept {
    if (from == to || from.id == TypeId::null) return true;
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
    const auto there = versions(name);
    for (const auto& given :
         {assume(arguments), std::vector<ArgumentType>(arguments.begin(), arguments.end())}) {
        const Function* best = nullptr;
        std::optional<Fit> best_fit;
        bool tie = false;
        for (const auto& version : there) {
            const auto how = fit(version, given);
            if (!how) continue;
            if (!best_fit || *how < *best_fit) {
                best = &version;
                best_fit = how;
                tie = false;
            } else if (*how == *best_fit) {
                tie = true;
            }
        }
        if (best == nullptr) continue;
        if (tie) {
            return Error(Errc::usage, "function " + call_text(name, arguments) +
                                          " is not unique: cast its arguments");
        }
        Resolved out;
        out.function = best;
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            out.arguments.push_back(wanted_type(*best, i));
        }
        out.result = best->result;
        return out;
    }
    return not_found(name, arguments, there);
}

}  // namespace topgun::sql
