// SPDX-License-Identifier: Apache-2.0
// Functions that return rows: generate_series, unnest, jsonb_each ...
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "function.hpp"

namespace topgun::sql {

/// The rows of one call, made on demand. Threads: one owner.
class SetRows {
public:
    virtual ~SetRows();
    /// Adds up to `most` rows to `out`, one column for each result column; all columns grow alike.
    /// @return how many; fewer than `most` at the end only.
    virtual Result<std::size_t> next(std::span<Column> out, std::size_t most) = 0;
};

/// A column of the result. Its type may be a pseudo type as in Function.
struct SetColumn {
    std::string_view name;
    DataType type;
};

struct SetFunction {
    std::string_view name;
    std::vector<DataType> arguments;
    std::vector<SetColumn> columns;
    /// The rows for row `row` of the arguments. Views into `arguments` stay valid while it lives.
    Result<std::unique_ptr<SetRows>> (*open)(const EvalContext& context, Arguments arguments,
                                             std::size_t row) = nullptr;
    bool variadic = false;
};

struct ResolvedSet {
    const SetFunction* function = nullptr;
    std::vector<DataType> arguments;
    std::vector<DataType> columns;
};

bool is_set_function(std::string_view name) noexcept;
std::span<const SetFunction> set_functions();
/// Errors as resolve().
Result<ResolvedSet> resolve_set(std::string_view name, std::span<const ArgumentType> arguments);

/// A set without rows: what a call with NULL for an argument gives.
std::unique_ptr<SetRows> no_rows();
/// The rows of columns that are there already. @pre the columns are as long as each other.
std::unique_ptr<SetRows> rows_of(std::vector<Column> columns);

// Where the versions come from: each file adds its own.
void add_series(std::vector<SetFunction>& to);
void add_regexp_sets(std::vector<SetFunction>& to);
void add_json_sets(std::vector<SetFunction>& to);
void add_path_sets(std::vector<SetFunction>& to);

}  // namespace topgun::sql
