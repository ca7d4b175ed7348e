// SPDX-License-Identifier: Apache-2.0
// The findings of one row: one for each problem, however often the row has it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "topgun/maptable/check.hpp"

namespace topgun::maptable {

class RowFindings {
public:
    void begin(const TableRow& row) {
        row_ = &row;
        problems_.reset();
        noted_.clear();
    }

    /// @param what  a function that gives the text, called for the first of its problem only.
    template <typename What>
    void add(Problem problem, What&& what) {
        const auto bit = static_cast<std::size_t>(problem);
        if (!problems_[bit]) {
            problems_.set(bit);
            noted_.push_back({problem, what(), 0});
            return;
        }
        for (auto& one : noted_) one.more += one.problem == problem ? 1 : 0;
    }

    ProblemSet problems() const noexcept { return problems_; }

    Status hand_on(const TableChecker::Found& found) {
        for (auto& one : noted_) {
            Finding finding{one.problem, row_->map, row_->key, row_->is_backup,
                            std::move(one.what)};
            if (one.more > 0) finding.what += ", and " + std::to_string(one.more) + " more";
            TOPGUN_TRY(found(finding));
        }
        return {};
    }

private:
    struct Noted {
        Problem problem;
        std::string what;
        std::size_t more;
    };
    const TableRow* row_ = nullptr;
    ProblemSet problems_;
    std::vector<Noted> noted_;
};

}  // namespace topgun::maptable
