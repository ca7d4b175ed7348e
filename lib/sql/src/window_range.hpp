// SPDX-License-Identifier: Apache-2.0
// RANGE frames with distances: where in an order a value plus or minus a distance would stand.
#pragma once

#include "window_frame.hpp"

namespace topgun::sql {

/// Finds the bounds of RANGE frames with distances. The partition outlives it.
class RangeBounds {
public:
    /// @param distance  the column of distances.
    /// Errors: usage when the order or its type does not allow for distances.
    static Result<RangeBounds> make(const WindowCall& call, const Batch& partition,
                                    std::size_t distance, bool preceding);
    /// The first row at or behind the row's value moved by its distance; with `past`, the first
    /// behind it. @pre the row's value is not NULL. Errors: usage, limit.
    Result<std::uint32_t> find(std::uint32_t row, bool past) const;

private:
    RangeBounds() = default;
    ColumnPtr keys_;
    ColumnPtr distances_;
    RowRange values_;  // rows that are not NULL
    bool preceding_ = false;
    bool descending_ = false;
};

}  // namespace topgun::sql
