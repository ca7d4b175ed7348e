// SPDX-License-Identifier: Apache-2.0
// Functions and operators by name and argument types, found as PostgreSQL finds them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel.hpp"

namespace topgun::sql {

/// Pseudo types of a version's arguments and result. An argument of kAny takes a value of any type
/// as it is, one of kScalar anything but a list. kElement and kElements stand for one type T and
/// its arrays: all of them in a version mean the same T, which the call's arguments decide.
inline constexpr DataType kAny = DataType::list_of(TypeId::list);
inline constexpr DataType kScalar = [] {
    DataType type;
    type.element = TypeId::list;
    return type;
}();
inline constexpr DataType kElement = TypeId::null;
inline constexpr DataType kElements = DataType::list_of(TypeId::null);

/// One version of a function: strict in all its arguments unless its kernel says otherwise.
struct Function {
    std::string_view name;  ///< Operators have theirs: "+", "||".
    std::vector<DataType> arguments;
    DataType result;
    Kernel kernel = nullptr;
    /// The last argument may be given any number of times.
    bool variadic = false;
    /// Two calls with equal arguments may differ, so that calls are not computed ahead.
    bool is_volatile = false;
};

/// An argument of a call that is to be resolved. A literal in quotes, or NULL, is `unknown`: it
/// takes whatever type suits the others.
struct ArgumentType {
    DataType type;
    bool unknown = false;
};

/// Which function a call means, and to which types its arguments are to be cast.
struct Resolved {
    const Function* function = nullptr;
    std::vector<DataType> arguments;  ///< As many as the call has.
    DataType result;
};

/// True when a value of `from` may be taken for one of `to` without a word in the statement:
/// bigint for numeric for double precision, date for timestamp for timestamptz.
bool is_implicit_cast(DataType from, DataType to) noexcept;

/// The one type that values of all these types can be cast to, as for CASE, UNION and VALUES; empty
/// when there is none. Unknown ones alone become text.
std::optional<DataType> common_type(std::span<const ArgumentType> types);

/// Finds the function that a call means.
/// Errors: not_found with "function f(bigint, text) does not exist" and what there is instead;
/// usage when several would do equally well. Unknown arguments of kAny, and those that leave T
/// open, become text.
Result<Resolved> resolve(std::string_view name, std::span<const ArgumentType> arguments);
/// The same among versions sorted by name, for what is called like a function.
Result<Resolved> resolve_among(std::span<const Function> all, std::string_view name,
                               std::span<const ArgumentType> arguments);

/// All functions, sorted by name: for completion, and for those who look.
std::span<const Function> functions();

/// The kernel that casts, by rules of assignment or of CAST. Null when there is none.
Kernel find_cast(DataType from, DataType to) noexcept;

// Where the versions come from: each file adds its own.
void add_arithmetic(std::vector<Function>& to);
void add_comparisons(std::vector<Function>& to);
void add_texts(std::vector<Function>& to);
void add_words(std::vector<Function>& to);
void add_identifiers(std::vector<Function>& to);
void add_bytes_functions(std::vector<Function>& to);
void add_lists(std::vector<Function>& to);
void add_patterns(std::vector<Function>& to);
void add_regexps(std::vector<Function>& to);
void add_json(std::vector<Function>& to);
void add_json_changes(std::vector<Function>& to);
void add_moments(std::vector<Function>& to);
void add_makers(std::vector<Function>& to);
void add_zoned(std::vector<Function>& to);
void add_json_paths(std::vector<Function>& to);
void add_json_rows(std::vector<Function>& to);
void add_digests(std::vector<Function>& to);
void add_extracts(std::vector<Function>& to);
void add_mathematics(std::vector<Function>& to);
void add_formats(std::vector<Function>& to);

}  // namespace topgun::sql
