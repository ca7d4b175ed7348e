// SPDX-License-Identifier: Apache-2.0
// Which rows of a partition a window frame holds.
#pragma once

#include <array>
#include <vector>

#include "window.hpp"

namespace topgun::sql {

/// Rows [first, last).
struct RowRange {
    std::uint32_t first = 0, last = 0;
    std::uint32_t size() const noexcept { return last - first; }
    bool operator==(const RowRange&) const = default;
};

/// Rows that an order calls equal, of a partition that lies in it.
class Peers {
public:
    Peers(const Batch& partition, std::span<const SortSpec> order);
    std::size_t groups() const noexcept { return starts_.size() - 1; }
    std::uint32_t group_of(std::size_t row) const noexcept { return group_of_[row]; }
    RowRange rows_of(std::size_t group) const noexcept {
        return {starts_[group], starts_[group + 1]};
    }
    RowRange around(std::size_t row) const noexcept { return rows_of(group_of_[row]); }

private:
    std::vector<std::uint32_t> group_of_;
    std::vector<std::uint32_t> starts_;  // of each group, and the end of the last
};

/// The frame of each row, before EXCLUDE.
/// Errors: usage for a distance that is NULL or negative; limit.
Result<std::vector<RowRange>> frame_ranges(const WindowCall& call, const Batch& partition,
                                           const Peers& peers);

/// A frame without what it excludes: ranges in order, some of them empty.
std::array<RowRange, 3> without_excluded(RowRange frame, WindowFrame::Exclude exclude,
                                         std::uint32_t row, const Peers& peers);

}  // namespace topgun::sql
