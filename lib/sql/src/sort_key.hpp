// SPDX-License-Identifier: Apache-2.0
// Values as eight bytes that sort as the values do: sorts compare numbers instead of values.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "topgun/column/column.hpp"

namespace topgun::sql {

struct KeyedRow {
    std::uint64_t key = 0;
    std::uint32_t row = 0;
};

/// Makes a key for each of the rows: where a value is less than another, its key is not greater.
/// @return true when the keys of unequal values differ, too.
/// @pre none of the values is NULL. Cost: some nanoseconds a row.
bool make_keys(const Column& column, std::span<const std::uint32_t> rows,
               std::vector<KeyedRow>& keyed);

/// Sorts by key; rows with equal keys stay as they stood. Cost: at most 8 passes over the rows,
/// fewer where keys agree in some of their bytes.
void sort_keys(std::vector<KeyedRow>& keyed);

}  // namespace topgun::sql
