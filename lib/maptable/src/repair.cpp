// SPDX-License-Identifier: Apache-2.0
#include "topgun/maptable/repair.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "check_reserved.hpp"
#include "fix_row.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::maptable {
namespace {

using serverfiles::StoredRecord;

constexpr std::string_view kPolicyNode = "__policy_store";

// What the server's own index of its policies is made of.
StoredRecord index_record(const std::vector<std::string>& ids, const Timestamp& stamp) {
    Bytes list, value;
    msgpack::Writer writer(list);
    writer.array(ids.size());
    for (const auto& id : ids) writer.string(id);
    msgpack::Writer(value).binary(list);
    StoredRecord out;
    out.entries.push_back({stamp, {}, std::move(value), kNoTtl});
    return out;
}

}  // namespace

RowCopy::RowCopy(const TableRow& row)
    : numbers_(row), map_(row.map), key_(row.key), node_(row.node) {
    if (row.value) value_.emplace(*row.value);
    // Nothing here borrows from the row.
    numbers_.map = numbers_.key = numbers_.node = {};
    numbers_.value.reset();
}

TableRow RowCopy::view() const {
    auto out = numbers_;
    out.map = map_;
    out.key = key_;
    out.node = node_;
    if (value_) out.value = *value_;
    return out;
}

ProblemSet safe_repairs() noexcept {
    ProblemSet out;
    for (const auto& info : problem_infos()) {
        out.set(static_cast<std::size_t>(info.problem), info.repair == Repair::safe);
    }
    return out;
}

class RepairPlanner::Impl {
public:
    Impl(Generation generation, const CheckOptions& check, const RepairOptions& options,
         Planned planned)
        : rules_{generation, check, options}, planned_(std::move(planned)) {}

    Status finding(const Finding& finding) {
        if (finding.problem != Problem::policy_index || !rules_.wants(Problem::policy_index)) {
            return {};
        }
        TOPGUN_TRY(hand_on(waiting_));
        return plan_index();
    }

    Status row(const CheckedRow& checked) {
        const auto& row = checked.row;
        if (row.map != map_) {
            TOPGUN_TRY(finish());
            map_ = row.map;
        }
        std::optional<StoredRecord> record;
        auto fix = fix_row(rules_, checked, record);
        if (rules_.generation == Generation::jsonb) {
            return fix ? planned_({RowCopy(row), std::move(*fix)}) : Status();
        }
        if (row.is_backup) return backup(checked, std::move(fix), record);
        TOPGUN_TRY(hand_on(waiting_));
        if (map_ == kPolicies && row.key != kPolicyIndex && row.key != kPolicyMarker) {
            policies_.emplace(row.key);
        }
        // What follows may change what becomes of the row: its copy, or the end of the policies.
        auto& place = map_ == kPolicies && row.key == kPolicyIndex ? index_ : waiting_;
        place = {RowCopy(row), std::move(fix), std::move(record)};
        return {};
    }

    Status finish() {
        TOPGUN_TRY(hand_on(waiting_));
        TOPGUN_TRY(hand_on(index_));
        policies_.clear();
        return {};
    }

private:
    struct Waiting {
        RowCopy row;
        std::optional<RowFix> fix;
        std::optional<StoredRecord> record;  ///< What the row will say.
    };

    Status hand_on(std::optional<Waiting>& waiting) {
        auto one = std::exchange(waiting, std::nullopt);
        return one && one->fix ? planned_({std::move(one->row), std::move(*one->fix)}) : Status();
    }

    Status backup(const CheckedRow& checked, std::optional<RowFix> fix,
                  const std::optional<StoredRecord>& record) {
        const auto bit = static_cast<std::size_t>(Problem::newer_backup);
        const bool newer = checked.problems[bit] && rules_.wants(Problem::newer_backup);
        if (newer && record && waiting_ && waiting_->record) {
            waiting_->record = merge_copy(std::move(*waiting_->record), *record);
            if (!waiting_->fix) waiting_->fix.emplace();
            waiting_->fix->value = encode(*waiting_->record);
            waiting_->fix->problems.set(bit);
        }
        TOPGUN_TRY(hand_on(waiting_));
        return fix ? planned_({RowCopy(checked.row), std::move(*fix)}) : Status();
    }

    // Policies that the index has keep their order; the others follow.
    Status plan_index() {
        std::vector<std::string> ids;
        Timestamp stamp(0, 0, std::string(kPolicyNode));
        if (index_ && index_->record && index_->record->kind == MapKind::lww) {
            const auto& entry = index_->record->entries.front();
            stamp = entry.stamp;
            const auto content = ValueView(entry.value).as_binary();
            auto listed = content ? read_text_list(*content) : std::nullopt;
            for (auto& id : listed.value_or(std::vector<std::string>())) {
                if (policies_.erase(id) > 0) ids.push_back(std::move(id));
            }
        }
        ids.insert(ids.end(), policies_.begin(), policies_.end());
        auto index = std::exchange(index_, std::nullopt);
        PlannedFix out;
        if (index) {
            out.row = std::move(index->row);
            if (index->fix) out.fix = std::move(*index->fix);
        } else {
            TableRow row;
            row.map = kPolicies;
            row.key = kPolicyIndex;
            out.row = RowCopy(row);
            out.fix.action = RowFix::Action::insert;
        }
        out.fix.value = encode(index_record(ids, stamp));
        out.fix.problems.set(static_cast<std::size_t>(Problem::policy_index));
        return planned_(out);
    }

    FixRules rules_;
    Planned planned_;
    std::string map_;
    std::optional<Waiting> waiting_, index_;
    std::set<std::string> policies_;
};

RepairPlanner::RepairPlanner(Generation generation, const CheckOptions& check,
                             const RepairOptions& options, Planned planned)
    : impl_(std::make_unique<Impl>(generation, check, options, std::move(planned))) {}

RepairPlanner::~RepairPlanner() = default;

Status RepairPlanner::finding(const Finding& finding) {
    return impl_->finding(finding);
}

Status RepairPlanner::row(const CheckedRow& checked) {
    return impl_->row(checked);
}

Status RepairPlanner::finish() {
    return impl_->finish();
}

}  // namespace topgun::maptable
