// SPDX-License-Identifier: Apache-2.0
// DISTINCT and ORDER BY inside of calls: rows are dropped, or wait to be sorted, before an
// aggregate sees them.
#include <algorithm>

#include "aggregate_state.hpp"
#include "row_buffer.hpp"
#include "topgun/base/random.hpp"
#include "topgun/column/hash.hpp"

namespace topgun::sql {
namespace {

class Distinct final : public Accumulators {
public:
    Distinct(std::unique_ptr<Accumulators> inner, std::size_t arguments)
        : inner_(std::move(inner)), arguments_(arguments) {}

    void resize(std::size_t count) override { inner_->resize(count); }
    Status update(const EvalContext& context, Arguments columns,
                  std::span<const std::uint32_t> groups) override {
        const auto arguments = columns.first(arguments_);
        std::vector<std::uint64_t> hashes(groups.size());
        for (std::size_t row = 0; row < groups.size(); ++row) hashes[row] = splitmix64(groups[row]);
        for (const auto& argument : arguments) hash_column(*argument, hashes);
        std::vector<std::uint32_t> fresh, fresh_groups;
        for (std::size_t row = 0; row < groups.size(); ++row) {
            if (!insert(arguments, row, groups[row], hashes[row])) continue;
            fresh.push_back(static_cast<std::uint32_t>(row));
            fresh_groups.push_back(groups[row]);
        }
        if (fresh.empty()) return {};
        std::vector<ColumnPtr> rows;
        for (const auto& column : columns) rows.push_back(Column::gather(*column, fresh));
        return inner_->update(context, rows, fresh_groups);
    }
    Status finish(std::size_t group, Column& out) override { return inner_->finish(group, out); }
    std::size_t memory() const override {
        return inner_->memory() + seen_.memory() + slots_.capacity() * sizeof(slots_[0]) +
               rows_.capacity() * sizeof(rows_[0]);
    }

private:
    struct SeenRow {
        std::uint64_t hash = 0;
        std::uint32_t group = 0;
    };

    // False when the group has the values already.
    bool insert(Arguments arguments, std::size_t row, std::uint32_t group, std::uint64_t hash) {
        if (rows_.size() * 2 >= slots_.size()) grow();
        const auto mask = slots_.size() - 1;
        auto slot = hash & mask;
        for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
            const auto there = slots_[slot] - 1;
            if (rows_[there].hash == hash && rows_[there].group == group &&
                same_row(arguments, row, there)) {
                return false;
            }
        }
        seen_.add(arguments, row);
        rows_.push_back({hash, group});
        slots_[slot] = static_cast<std::uint32_t>(rows_.size());
        return true;
    }
    bool same_row(Arguments arguments, std::size_t row, std::size_t there) const {
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            if (!same_values(seen_.column(i), there, *arguments[i], row)) return false;
        }
        return true;
    }
    void grow() {
        constexpr std::size_t kLeast = 64;
        slots_.assign(std::max(kLeast, slots_.size() * 2), 0);
        const auto mask = slots_.size() - 1;
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            auto slot = rows_[i].hash & mask;
            while (slots_[slot] != 0) slot = (slot + 1) & mask;
            slots_[slot] = static_cast<std::uint32_t>(i + 1);
        }
    }

    std::unique_ptr<Accumulators> inner_;
    std::size_t arguments_;
    RowBuffer seen_;
    std::vector<SeenRow> rows_;
    std::vector<std::uint32_t> slots_;  // row of `seen_` plus 1; 0 is free
};

class Ordered final : public Accumulators {
public:
    Ordered(std::unique_ptr<Accumulators> inner, std::size_t arguments, std::vector<SortSpec> order)
        : inner_(std::move(inner)), arguments_(arguments), order_(std::move(order)) {}

    void resize(std::size_t count) override { inner_->resize(count); }
    Status update(const EvalContext& context, Arguments columns,
                  std::span<const std::uint32_t> groups) override {
        context_ = context;
        for (std::size_t row = 0; row < groups.size(); ++row) rows_.add(columns, row);
        groups_.insert(groups_.end(), groups.begin(), groups.end());
        return {};
    }
    Status finish(std::size_t group, Column& out) override {
        TOPGUN_TRY(flush());
        return inner_->finish(group, out);
    }
    std::size_t memory() const override {
        return inner_->memory() + rows_.memory() + groups_.capacity() * sizeof(groups_[0]);
    }

private:
    Status flush() {
        if (groups_.empty()) return {};
        const auto sorted = sorted_by_group(rows_.take(), groups_, order_);
        groups_.clear();
        return inner_->update(context_, Arguments(sorted.batch.columns).first(arguments_),
                              sorted.groups);
    }

    std::unique_ptr<Accumulators> inner_;
    std::size_t arguments_;
    std::vector<SortSpec> order_;
    EvalContext context_;
    RowBuffer rows_;
    std::vector<std::uint32_t> groups_;
};

}  // namespace

GroupedRows sorted_by_group(const Batch& batch, const std::vector<std::uint32_t>& groups,
                            std::vector<SortSpec> order) {
    auto keyed = batch;
    auto group = std::make_shared<Column>(TypeId::bigint);
    group->reserve(groups.size());
    for (const auto each : groups) group->add_integer(each);
    order.insert(order.begin(), SortSpec{keyed.columns.size(), false, false});
    keyed.columns.push_back(std::move(group));
    const auto rows = sorted_rows(keyed, order);
    GroupedRows out;
    out.batch = batch.gather(rows);
    out.groups.reserve(rows.size());
    for (const auto row : rows) out.groups.push_back(groups[row]);
    return out;
}

std::unique_ptr<Accumulators> make_distinct(std::unique_ptr<Accumulators> inner,
                                            std::size_t arguments) {
    return std::make_unique<Distinct>(std::move(inner), arguments);
}

std::unique_ptr<Accumulators> make_ordered(std::unique_ptr<Accumulators> inner,
                                           std::size_t arguments, std::vector<SortSpec> order) {
    return std::make_unique<Ordered>(std::move(inner), arguments, std::move(order));
}

}  // namespace topgun::sql
