// SPDX-License-Identifier: Apache-2.0
// One of two row streams that are walked side by side.
#pragma once

#include <memory>
#include <span>

#include "topgun/replica/state.hpp"

namespace topgun::reconcile {

// Walks one side row by row; the current row stays valid until the next step.
class Side {
public:
    explicit Side(std::unique_ptr<RowCursor> cursor) : cursor_(std::move(cursor)) {}
    const Row* row() const { return at_ < batch_.size() ? &batch_[at_] : nullptr; }
    std::uint64_t rows() const { return rows_; }
    Status step() {
        if (at_ < batch_.size()) ++at_;
        return fill();
    }
    Status fill() {
        while (cursor_ && at_ == batch_.size()) {
            auto next = cursor_->next();
            if (!next) return std::move(next).error();
            batch_ = *next;
            at_ = 0;
            rows_ += batch_.size();
            if (batch_.empty()) cursor_.reset();
        }
        return {};
    }

private:
    std::unique_ptr<RowCursor> cursor_;
    std::span<const Row> batch_;
    std::size_t at_ = 0;
    std::uint64_t rows_ = 0;
};

}  // namespace topgun::reconcile
