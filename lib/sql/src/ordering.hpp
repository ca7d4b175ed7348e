// SPDX-License-Identifier: Apache-2.0
// SQL's orders over columns: what ORDER BY, DISTINCT, min() and merges of sorted runs agree on.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "topgun/column/column.hpp"

namespace topgun::sql {

/// One key of an order.
struct SortSpec {
    std::size_t column = 0;
    bool descending = false;
    bool nulls_first = false;
    bool operator==(const SortSpec&) const = default;
};

/// Compares two values of one type: negative, zero or positive. Zero exactly where SQL's `=` is
/// true: 1.0 and 1.00, 0.0 and -0.0, NaN and NaN. JSON and lists go by query::compare_values().
/// @pre neither is NULL; the types are equal.
int compare_values(const Column& a, std::size_t row_a, const Column& b, std::size_t row_b) noexcept;

/// Equal, or both NULL: what GROUP BY, DISTINCT and IS NOT DISTINCT FROM call the same.
bool same_values(const Column& a, std::size_t row_a, const Column& b, std::size_t row_b) noexcept;

/// Compares rows of two batches with the same columns by the keys of an order.
int compare_rows(const Batch& a, std::size_t row_a, const Batch& b, std::size_t row_b,
                 std::span<const SortSpec> order) noexcept;

/// The rows of a batch in order; equal ones stay as they stood. Cost: O(n log n) comparisons of
/// about 10 ns, most of them of eight bytes of the first key.
std::vector<std::uint32_t> sorted_rows(const Batch& batch, std::span<const SortSpec> order);

}  // namespace topgun::sql
