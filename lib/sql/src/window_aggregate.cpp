// SPDX-License-Identifier: Apache-2.0
// Aggregates over moving frames. A frame that grew takes the rows that came; one that moved gives
// back those that left, where that is exact; others are put together from states of blocks of rows.
#include <algorithm>

#include "characters.hpp"
#include "window_internal.hpp"

namespace topgun::sql {
namespace {

// Sums of rows by powers of two of blocks: any range is a few of them, and some rows at its ends.
class BlockTree {
public:
    static constexpr std::size_t kBlock = 16;

    // Groups from 1 on are the tree's; group 0 is the caller's.
    Status build(const EvalContext& context, Accumulators& states, Arguments arguments,
                 std::size_t rows) {
        leaves_ = rows / kBlock;
        states.resize(1 + 2 * leaves_);
        for (std::size_t leaf = 0; leaf < leaves_; ++leaf) {
            TOPGUN_TRY(states.add_rows(context, arguments, leaf * kBlock, (leaf + 1) * kBlock,
                                       group(leaves_ + leaf)));
        }
        // Node n is the sum of 2n and 2n + 1; leaves stand behind all others.
        for (auto node = leaves_ - 1; leaves_ > 1 && node >= 1; --node) {
            states.combine(group(node), group(2 * node));
            states.combine(group(node), group(2 * node + 1));
        }
        return {};
    }

    // Adds rows to group 0.
    Status add(const EvalContext& context, Accumulators& states, Arguments arguments,
               RowRange rows) const {
        const auto first = (rows.first + kBlock - 1) / kBlock;
        const auto last = std::min<std::size_t>(rows.last / kBlock, leaves_);
        if (first >= last) return states.add_rows(context, arguments, rows.first, rows.last, 0);
        TOPGUN_TRY(states.add_rows(context, arguments, rows.first, first * kBlock, 0));
        auto low = first + leaves_, high = last + leaves_;
        for (; low < high; low /= 2, high /= 2) {
            if (low % 2 == 1) states.combine(0, group(low++));
            if (high % 2 == 1) states.combine(0, group(--high));
        }
        return states.add_rows(context, arguments, last * kBlock, rows.last, 0);
    }

private:
    static std::size_t group(std::size_t node) { return node; }
    std::size_t leaves_ = 0;
};

class FrameAggregate {
public:
    explicit FrameAggregate(const WindowInput& input)
        : input_(input),
          states_(make_accumulators(*input.call.aggregate)),
          out_(input.call.result) {
        states_->resize(1);
        if (input.call.filter)
            apply_filter(*input.partition.columns[*input.call.filter]);
        else
            for (const auto at : input.call.arguments)
                arguments_.push_back(input.partition.columns[at]);
        can_remove_ = states_->can_remove(arguments_);
    }

    Result<ColumnPtr> compute() {
        const auto rows = input_.rows();
        const bool excludes = input_.call.frame.exclude != WindowFrame::Exclude::nothing;
        out_.reserve(rows);
        for (std::size_t row = 0; row < rows; ++row) {
            TOPGUN_TRY(check_row());
            if (excludes) {
                TOPGUN_TRY(recompute(input_.frame(row)));
                TOPGUN_TRY(states_->finish(0, out_));
                continue;
            }
            const auto frame = kept(input_.frames[row]);
            if (row > 0 && frame == current_) {
                repeat();
                continue;
            }
            TOPGUN_TRY(move_to(frame));
            TOPGUN_TRY(states_->finish(0, out_));
        }
        return ColumnPtr(std::make_shared<const Column>(std::move(out_)));
    }

private:
    // Only rows that the filter lets pass are there; frames are counted in these.
    void apply_filter(const Column& filter) {
        std::vector<std::uint32_t> passed;
        before_.reserve(input_.rows() + 1);
        for (std::uint32_t row = 0; row < input_.rows(); ++row) {
            before_.push_back(static_cast<std::uint32_t>(passed.size()));
            if (!filter.is_null(row) && filter.boolean(row)) passed.push_back(row);
        }
        before_.push_back(static_cast<std::uint32_t>(passed.size()));
        for (const auto at : input_.call.arguments) {
            arguments_.push_back(Column::gather(*input_.partition.columns[at], passed));
        }
    }
    RowRange kept(RowRange rows) const {
        if (before_.empty()) return rows;
        return {before_[rows.first], before_[rows.last]};
    }

    // A moving frame can make far more than it was given: a text of each frame's rows.
    Status check_row() const {
        if (out_.heap_bytes() > kTextBytesMax) {
            return Error(Errc::limit, "an aggregate makes texts of more than " +
                                          std::to_string(kTextBytesMax >> 20) +
                                          " MiB over the frames of a partition");
        }
        return check_stop();
    }

    void repeat() {
        const auto last = out_.size() - 1;
        if (out_.is_null(last))
            out_.add_null();
        else
            out_.add_from(out_, last);
    }

    Status add(std::uint32_t first, std::uint32_t last) {
        return states_->add_rows(input_.context, arguments_, first, last, 0);
    }

    Status move_to(RowRange frame) {
        const bool onwards = frame.first <= current_.last && frame.last >= current_.last;
        if (onwards && frame.first == current_.first) {
            TOPGUN_TRY(add(current_.last, frame.last));
        } else if (onwards && can_remove_ && frame.first > current_.first &&
                   frame.first - current_.first < frame.size()) {
            states_->remove_rows(arguments_, current_.first, frame.first, 0);
            TOPGUN_TRY(add(current_.last, frame.last));
        } else {
            states_->clear(0);
            TOPGUN_TRY(add_range(frame));
        }
        current_ = frame;
        return {};
    }

    Status recompute(const std::array<RowRange, 3>& ranges) {
        states_->clear(0);
        for (const auto& range : ranges) TOPGUN_TRY(add_range(kept(range)));
        return {};
    }

    Status add_range(RowRange rows) {
        // A few rows are added faster than found in the tree, which is not built for their sake.
        constexpr std::size_t kFew = 4 * BlockTree::kBlock;
        if (rows.size() < kFew || !states_->can_combine()) return add(rows.first, rows.last);
        if (!tree_) {
            tree_.emplace();
            TOPGUN_TRY(tree_->build(input_.context, *states_, arguments_, kept_rows()));
        }
        return tree_->add(input_.context, *states_, arguments_, rows);
    }
    std::size_t kept_rows() const { return before_.empty() ? input_.rows() : before_.back(); }

    const WindowInput& input_;
    std::unique_ptr<Accumulators> states_;
    Column out_;
    std::vector<ColumnPtr> arguments_;
    std::vector<std::uint32_t> before_;  // rows let pass before each row, and in all; or nothing
    bool can_remove_ = false;
    RowRange current_;
    std::optional<BlockTree> tree_;
};

}  // namespace

Result<ColumnPtr> aggregate_frames(const WindowInput& input) {
    return FrameAggregate(input).compute();
}

}  // namespace topgun::sql
