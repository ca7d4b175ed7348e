// SPDX-License-Identifier: Apache-2.0
// Hashes of rows by some of their columns: what equal keys meet by.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "topgun/column/column.hpp"

namespace topgun {

/// Hashes each row of a batch over the columns named. Values that SQL calls equal have equal
/// hashes: 1.0 and 1.00, 0.0 and -0.0, one month and thirty days, the JSON numbers 1 and 1.0; so
/// have NULLs, and NaNs. Types of the columns must agree between batches that are compared.
/// Cost: O(rows * columns), a few nanoseconds each. Threads: no shared state.
TOPGUN_API void hash_rows(const Batch& batch, std::span<const std::size_t> columns,
                          std::vector<std::uint64_t>& hashes);

/// Continues `hashes`, one for each row, with one more column.
TOPGUN_API void hash_column(const Column& column, std::span<std::uint64_t> hashes);

}  // namespace topgun
