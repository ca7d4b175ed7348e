// SPDX-License-Identifier: Apache-2.0
// Ordered-set aggregates: percentiles, the mode, and where a row would stand among others.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "aggregate_state.hpp"
#include "interval_math.hpp"
#include "list.hpp"
#include "row_buffer.hpp"

namespace topgun::sql {
namespace {

// The rows of one group in order, and the direct arguments of the call.
struct SortedGroup {
    const Batch& rows;
    std::size_t first = 0, last = 0;
    const Batch& direct;
    std::optional<std::size_t> direct_row;  // none when the group has no rows
    std::span<const SortSpec> order;

    std::size_t size() const { return last - first; }
    const Column& values() const { return *rows.columns[0]; }
};

// What settles one group.
using Finish = Status (*)(const SortedGroup& group, Column& out);

template <Finish finish_group, bool keep_nulls>
class OrderedSet final : public Accumulators {
public:
    explicit OrderedSet(const AggregateCall& call)
        : arguments_(call.arguments.size()), order_(call.order) {
        // Without directions given, values ascend.
        for (auto i = order_.size(); i < call.order_types.size(); ++i) order_.push_back({i});
    }

    void resize(std::size_t count) override { direct_rows_.resize(count); }
    Status update(const EvalContext&, Arguments columns,
                  std::span<const std::uint32_t> groups) override {
        const auto direct = columns.first(arguments_), sorted = columns.subspan(arguments_);
        for (std::size_t row = 0; row < groups.size(); ++row) {
            if (!direct_rows_[groups[row]]) {
                direct_rows_[groups[row]] = direct_.rows();
                direct_.add(direct, row);
            }
            if (!keep_nulls && sorted[0]->is_null(row)) continue;
            rows_.add(sorted, row);
            groups_.push_back(groups[row]);
        }
        return {};
    }
    Status finish(std::size_t group, Column& out) override {
        sort();
        const auto [first, last] = std::equal_range(sorted_.groups.begin(), sorted_.groups.end(),
                                                    static_cast<std::uint32_t>(group));
        const auto at = [this](auto it) {
            return static_cast<std::size_t>(it - sorted_.groups.begin());
        };
        return finish_group(SortedGroup{sorted_.batch, at(first), at(last), direct_batch_,
                                        direct_rows_[group], order_},
                            out);
    }
    std::size_t memory() const override {
        return rows_.memory() + direct_.memory() + groups_.capacity() * sizeof(groups_[0]);
    }

private:
    // Once, when all rows are there.
    void sort() {
        if (is_sorted_) return;
        is_sorted_ = true;
        sorted_ = sorted_by_group(rows_.take(), groups_, order_);
        direct_batch_ = direct_.take();
    }

    std::size_t arguments_;
    std::vector<SortSpec> order_;
    RowBuffer rows_, direct_;
    std::vector<std::uint32_t> groups_;
    std::vector<std::optional<std::size_t>> direct_rows_;
    GroupedRows sorted_;
    Batch direct_batch_;
    bool is_sorted_ = false;
};

Status add_null(Column& out) {
    out.add_null();
    return {};
}

Result<double> checked_fraction(double fraction) {
    if (fraction >= 0 && fraction <= 1) return fraction;
    char text[32];
    std::snprintf(text, sizeof text, "%g", fraction);
    return Error(Errc::limit, "percentile value " + std::string(text) + " is not between 0 and 1");
}

// The value that so much of the rows reach, from among them.
Status add_discrete(const SortedGroup& group, double fraction, Column& out) {
    const auto rank = std::ceil(fraction * static_cast<double>(group.size()));
    const auto at = rank < 1 ? std::size_t{0} : static_cast<std::size_t>(rank) - 1;
    const auto& values = group.values();
    const auto row = group.first + std::min(at, group.size() - 1);
    if (values.storage() == Storage::bytes)
        out.add_bytes(values.bytes(row));
    else
        out.add_from(values, row);
    return {};
}

// Between the two nearest values, in proportion.
Status add_continuous(const SortedGroup& group, double fraction, Column& out) {
    const double place = fraction * static_cast<double>(group.size() - 1);
    const auto low = group.first + static_cast<std::size_t>(std::floor(place));
    const auto high = group.first + static_cast<std::size_t>(std::ceil(place));
    const auto& values = group.values();
    if (low == high) {
        out.add_from(values, low);
        return {};
    }
    const double part = place - std::floor(place);
    if (values.storage() == Storage::real) {
        const double from = values.real(low);
        out.add_real(from + part * (values.real(high) - from));
        return {};
    }
    auto apart = difference_of(values.interval(high), values.interval(low));
    if (!apart) return std::move(apart).error();
    auto way = multiplied(*apart, part);
    if (!way) return std::move(way).error();
    return add_result(out, sum_of(*way, values.interval(low)));
}

using AddPercentile = Status (*)(const SortedGroup& group, double fraction, Column& out);

template <AddPercentile add>
Status percentile(const SortedGroup& group, Column& out) {
    if (group.size() == 0) return add_null(out);
    const auto& fractions = *group.direct.columns[0];
    if (fractions.is_null(*group.direct_row)) return add_null(out);
    auto fraction = checked_fraction(fractions.real(*group.direct_row));
    if (!fraction) return std::move(fraction).error();
    return add(group, *fraction, out);
}

// Of a list of fractions, a list.
template <AddPercentile add>
Status percentiles(const SortedGroup& group, Column& out) {
    if (group.size() == 0) return add_null(out);
    const auto& lists = *group.direct.columns[0];
    if (lists.is_null(*group.direct_row)) return add_null(out);
    Column fractions(TypeId::real), values(group.values().type());
    TOPGUN_TRY(append_elements(lists, *group.direct_row, fractions));
    for (std::size_t i = 0; i < fractions.size(); ++i) {
        if (fractions.is_null(i)) {
            values.add_null();
            continue;
        }
        auto fraction = checked_fraction(fractions.real(i));
        if (!fraction) return std::move(fraction).error();
        TOPGUN_TRY(add(group, *fraction, values));
    }
    append_list(values, 0, values.size(), out);
    return {};
}

// The value that stands most often; of several the first.
Status mode(const SortedGroup& group, Column& out) {
    if (group.size() == 0) return add_null(out);
    const auto& values = group.values();
    std::size_t best = group.first, most = 0;
    for (auto first = group.first; first < group.last;) {
        auto last = first + 1;
        while (last < group.last && same_values(values, first, values, last)) ++last;
        if (last - first > most) {
            most = last - first;
            best = first;
        }
        first = last;
    }
    if (values.storage() == Storage::bytes)
        out.add_bytes(values.bytes(best));
    else
        out.add_from(values, best);
    return {};
}

// Rows that come before the hypothetical one, or before it and its peers' end.
std::size_t rows_before(const SortedGroup& group, bool peers_too) {
    if (group.size() == 0) return 0;
    std::size_t low = group.first, high = group.last;
    while (low < high) {
        const auto middle = low + (high - low) / 2;
        const int order =
            compare_rows(group.rows, middle, group.direct, *group.direct_row, group.order);
        if (order < 0 || (peers_too && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low - group.first;
}

Status hypothetical_rank(const SortedGroup& group, Column& out) {
    out.add_integer(static_cast<std::int64_t>(rows_before(group, false)) + 1);
    return {};
}
Status hypothetical_dense_rank(const SortedGroup& group, Column& out) {
    std::int64_t rank = 1;
    const auto end = group.first + rows_before(group, false);
    for (auto row = group.first; row < end; ++row) {
        const bool new_value = row == group.first ||
                               compare_rows(group.rows, row - 1, group.rows, row, group.order) != 0;
        rank += new_value ? 1 : 0;
    }
    out.add_integer(rank);
    return {};
}
Status hypothetical_percent_rank(const SortedGroup& group, Column& out) {
    const auto before = static_cast<double>(rows_before(group, false));
    out.add_real(group.size() == 0 ? 0 : before / static_cast<double>(group.size()));
    return {};
}
Status hypothetical_cume_dist(const SortedGroup& group, Column& out) {
    const auto up_to = static_cast<double>(rows_before(group, true) + 1);
    out.add_real(up_to / static_cast<double>(group.size() + 1));
    return {};
}

template <Finish finish, bool keep_nulls = false>
AggregateFunction ordered_set(std::string_view name, std::vector<DataType> arguments,
                              std::vector<DataType> sorted, DataType result) {
    AggregateFunction out;
    out.name = name;
    out.arguments = std::move(arguments);
    out.result = result;
    out.make = [](const AggregateCall& call) -> std::unique_ptr<Accumulators> {
        return std::make_unique<OrderedSet<finish, keep_nulls>>(call);
    };
    out.ordered_set = true;
    out.sorted = std::move(sorted);
    return out;
}

template <Finish finish>
AggregateFunction hypothetical(std::string_view name, DataType result) {
    auto out = ordered_set<finish, true>(name, {kAny}, {kAny}, result);
    out.hypothetical = true;
    return out;
}

}  // namespace

void add_ordered_sets(std::vector<AggregateFunction>& to) {
    const DataType real = TypeId::real, interval = TypeId::interval;
    const auto reals = DataType::list_of(TypeId::real);
    for (const auto type : {real, interval}) {
        const auto list = DataType::list_of(type.id);
        to.push_back(
            ordered_set<percentile<add_continuous>>("percentile_cont", {real}, {type}, type));
        to.push_back(
            ordered_set<percentiles<add_continuous>>("percentile_cont", {reals}, {type}, list));
    }
    to.push_back(
        ordered_set<percentile<add_discrete>>("percentile_disc", {real}, {kElement}, kElement));
    to.push_back(
        ordered_set<percentiles<add_discrete>>("percentile_disc", {reals}, {kElement}, kElements));
    to.push_back(ordered_set<mode>("mode", {}, {kElement}, kElement));
    to.push_back(hypothetical<hypothetical_rank>("rank", TypeId::bigint));
    to.push_back(hypothetical<hypothetical_dense_rank>("dense_rank", TypeId::bigint));
    to.push_back(hypothetical<hypothetical_percent_rank>("percent_rank", real));
    to.push_back(hypothetical<hypothetical_cume_dist>("cume_dist", real));
}

}  // namespace topgun::sql
