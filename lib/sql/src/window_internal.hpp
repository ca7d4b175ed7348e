// SPDX-License-Identifier: Apache-2.0
// The parts that windows are computed by.
#pragma once

#include "window_frame.hpp"

namespace topgun::sql {

/// What a window function sees of its partition.
struct WindowInput {
    const EvalContext& context;
    const WindowCall& call;
    const Batch& partition;
    const Peers& peers;
    /// Frames of the rows; empty when the function takes none.
    std::span<const RowRange> frames;

    std::size_t rows() const noexcept { return partition.rows; }
    const Column& argument(std::size_t at) const { return *partition.columns[call.arguments[at]]; }
    /// Rows of a row's frame, in order.
    std::array<RowRange, 3> frame(std::size_t row) const {
        return without_excluded(frames[row], call.frame.exclude, static_cast<std::uint32_t>(row),
                                peers);
    }
};

/// How a window function is computed. Errors: its own.
using WindowKernel = Status (*)(const WindowInput& input, Column& out);
struct WindowEntry {
    WindowFunction function;
    WindowKernel kernel;
};
/// Sorted by name.
std::span<const WindowEntry> window_entries();

/// An aggregate over the frame of each row.
Result<ColumnPtr> aggregate_frames(const WindowInput& input);

}  // namespace topgun::sql
