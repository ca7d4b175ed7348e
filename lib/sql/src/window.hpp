// SPDX-License-Identifier: Apache-2.0
// Window functions over one partition that lies sorted in memory.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "aggregate.hpp"
#include "ast.hpp"

namespace topgun::sql {

/// A frame whose distances are columns of the partition's batch.
struct WindowFrame {
    using Unit = ast::Frame::Unit;
    using Exclude = ast::Frame::Exclude;
    using Bound = ast::FrameBound::Kind;
    Unit unit = Unit::range;
    Bound start = Bound::unbounded_preceding;
    Bound end = Bound::current_row;
    /// Columns that hold the distances of PRECEDING and FOLLOWING. ROWS and GROUPS: bigint, not
    /// negative. RANGE: a number for a number, an interval for a moment or time.
    std::size_t start_distance = 0, end_distance = 0;
    Exclude exclude = Exclude::nothing;
};

/// A function that is only a window function: row_number, lag ...
struct WindowFunction {
    std::string_view name;
    std::vector<DataType> arguments;  ///< Pseudo types as in Function.
    DataType result;
    bool takes_frame = false;  ///< first_value, last_value, nth_value.
};

/// A call whose types are settled: either of a window function or of an aggregate.
struct WindowCall {
    const WindowFunction* function = nullptr;
    std::optional<AggregateCall> aggregate;
    std::vector<DataType> argument_types;
    DataType result;
    std::vector<std::size_t> arguments;  ///< Columns of the partition's batch.
    std::optional<std::size_t> filter;   ///< A boolean column: FILTER, of aggregates.
    std::vector<SortSpec> order;         ///< ORDER BY of the window: the batch lies so.
    WindowFrame frame;
};

bool is_window_function(std::string_view name) noexcept;
std::span<const WindowFunction> window_functions();
/// Which window function a call means: sets function, argument_types and result. Errors as
/// resolve().
Result<WindowCall> resolve_window(std::string_view name, std::span<const ArgumentType> arguments);

/// Computes a call for each row of a partition. Errors: those of functions; bad_input for a frame
/// distance that is NULL or negative.
/// Cost: O(rows) for the default frame, ROWS frames of sum, count and avg and rank functions;
/// O(rows log rows) for other moving frames where the aggregate has partial states.
Result<ColumnPtr> compute_window(const EvalContext& context, const WindowCall& call,
                                 const Batch& partition);

}  // namespace topgun::sql
