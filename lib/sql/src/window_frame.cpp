// SPDX-License-Identifier: Apache-2.0
#include "window_frame.hpp"

#include <algorithm>

#include "window_range.hpp"

namespace topgun::sql {
namespace {

using Bound = WindowFrame::Bound;

bool has_distance(Bound bound) {
    return bound == Bound::preceding || bound == Bound::following;
}

// A distance in rows or groups, at most `most`.
Result<std::uint32_t> distance_at(const Column& column, std::size_t row, std::size_t most,
                                  const char* which) {
    const auto wrong = [which](const char* how) {
        return Error(Errc::usage, std::string("frame ") + which + " offset must not be " + how);
    };
    if (column.is_null(row)) return wrong("null");
    const auto distance = column.integer(row);
    if (distance < 0) return wrong("negative");
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(static_cast<std::uint64_t>(distance), most));
}

// One end of frames counted in steps, each a row or a group of peers: the step that a frame begins
// with, or the one behind its last.
std::uint32_t step_of(Bound bound, bool is_end, std::uint32_t current, std::uint32_t distance,
                      std::uint32_t steps) {
    const std::uint32_t behind = is_end ? 1 : 0;
    switch (bound) {
        case Bound::unbounded_preceding: return 0;
        case Bound::preceding: return distance > current ? 0 : current - distance + behind;
        case Bound::current_row: return current + behind;
        case Bound::following:
            return distance >= steps - current ? steps : current + distance + behind;
        case Bound::unbounded_following: return steps;
    }
    return 0;
}

class FrameFinder {
public:
    FrameFinder(const WindowCall& call, const Batch& partition, const Peers& peers)
        : call_(call), partition_(partition), peers_(peers) {}

    Status find_all(bool is_end) {
        const auto bound = is_end ? call_.frame.end : call_.frame.start;
        const auto column = is_end ? call_.frame.end_distance : call_.frame.start_distance;
        const bool by_value = call_.frame.unit == WindowFrame::Unit::range && has_distance(bound);
        if (by_value) return find_values(is_end, bound, column);
        return find_steps(is_end, bound, column);
    }

    std::vector<RowRange> take() {
        // An end before its start: such a frame is empty.
        for (auto& range : ranges_) range.last = std::max(range.first, range.last);
        return std::move(ranges_);
    }

private:
    // ROWS and GROUPS, and RANGE without distances, whose steps are groups of peers.
    Status find_steps(bool is_end, Bound bound, std::size_t column) {
        const bool rows = call_.frame.unit == WindowFrame::Unit::rows;
        const auto steps = static_cast<std::uint32_t>(rows ? partition_.rows : peers_.groups());
        for (std::uint32_t row = 0; row < partition_.rows; ++row) {
            std::uint32_t distance = 0;
            if (has_distance(bound)) {
                auto given = distance_at(*partition_.columns[column], row, steps,
                                         is_end ? "ending" : "starting");
                if (!given) return std::move(given).error();
                distance = *given;
            }
            const auto current = rows ? row : peers_.group_of(row);
            const auto step = step_of(bound, is_end, current, distance, steps);
            set(row, is_end, rows ? step : first_row_of(step));
        }
        return {};
    }

    Status find_values(bool is_end, Bound bound, std::size_t column) {
        auto bounds = RangeBounds::make(call_, partition_, column, bound == Bound::preceding);
        if (!bounds) return std::move(bounds).error();
        const auto& keys = *partition_.columns[call_.order[0].column];
        for (std::uint32_t row = 0; row < partition_.rows; ++row) {
            if (partition_.columns[column]->is_null(row)) {
                return Error(Errc::usage, std::string("frame ") + (is_end ? "ending" : "starting") +
                                              " offset must not be null");
            }
            // No distance leads from NULL to a value: NULLs are as near to each other as peers.
            if (keys.is_null(row)) {
                const auto peers = peers_.around(row);
                set(row, is_end, is_end ? peers.last : peers.first);
                continue;
            }
            auto at = bounds->find(row, is_end);
            if (!at) return std::move(at).error();
            set(row, is_end, *at);
        }
        return {};
    }

    std::uint32_t first_row_of(std::uint32_t group) const {
        return group == peers_.groups() ? static_cast<std::uint32_t>(partition_.rows)
                                        : peers_.rows_of(group).first;
    }
    void set(std::size_t row, bool is_end, std::uint32_t at) {
        (is_end ? ranges_[row].last : ranges_[row].first) = at;
    }

    const WindowCall& call_;
    const Batch& partition_;
    const Peers& peers_;
    std::vector<RowRange> ranges_ = std::vector<RowRange>(partition_.rows);
};

}  // namespace

Peers::Peers(const Batch& partition, std::span<const SortSpec> order) {
    group_of_.reserve(partition.rows);
    for (std::uint32_t row = 0; row < partition.rows; ++row) {
        if (row == 0 || compare_rows(partition, row - 1, partition, row, order) != 0) {
            starts_.push_back(row);
        }
        group_of_.push_back(static_cast<std::uint32_t>(starts_.size() - 1));
    }
    starts_.push_back(static_cast<std::uint32_t>(partition.rows));
}

Result<std::vector<RowRange>> frame_ranges(const WindowCall& call, const Batch& partition,
                                           const Peers& peers) {
    FrameFinder finder(call, partition, peers);
    TOPGUN_TRY(finder.find_all(false));
    TOPGUN_TRY(finder.find_all(true));
    return finder.take();
}

std::array<RowRange, 3> without_excluded(RowRange frame, WindowFrame::Exclude exclude,
                                         std::uint32_t row, const Peers& peers) {
    using Exclude = WindowFrame::Exclude;
    if (exclude == Exclude::nothing) return {frame};
    const auto out = exclude == Exclude::current_row ? RowRange{row, row + 1} : peers.around(row);
    const auto cut = [&frame](std::uint32_t first, std::uint32_t last) {
        first = std::max(first, frame.first);
        last = std::min(last, frame.last);
        return first < last ? RowRange{first, last} : RowRange{first, first};
    };
    const auto self =
        exclude == Exclude::ties ? cut(row, row + 1) : RowRange{frame.first, frame.first};
    return {cut(0, out.first), self, cut(out.last, frame.last)};
}

}  // namespace topgun::sql
