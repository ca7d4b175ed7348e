// SPDX-License-Identifier: Apache-2.0
#include "window_range.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "interval_math.hpp"
#include "moment.hpp"
#include "order_of.hpp"

namespace topgun::sql {
namespace {

Error invalid_size() {
    return Error(Errc::usage, "invalid preceding or following size in window function");
}

// Days as microseconds, so that a part of a day is a distance, too.
ColumnPtr with_micros(const ColumnPtr& column) {
    if (column->type().id != TypeId::date) return column;
    auto out = std::make_shared<Column>(TypeId::timestamp);
    out->reserve(column->size());
    for (std::size_t row = 0; row < column->size(); ++row) {
        if (column->is_null(row))
            out->add_null();
        else
            out->add_integer(midnight_of(column->integer(row)));
    }
    return out;
}

bool takes_distance(DataType key, DataType distance) {
    switch (key.id) {
        case TypeId::bigint:
        case TypeId::real:
        case TypeId::numeric: return key == distance;
        case TypeId::date:
        case TypeId::time:
        case TypeId::timestamp:
        case TypeId::timestamptz:
        case TypeId::interval: return distance.id == TypeId::interval;
        default: return false;
    }
}

// Where a value would be, moved down or up by a distance that is not negative: the value, or an end
// of the order when it is out of range.
template <typename T>
struct Moved {
    T value{};
    int end = 0;  // -1 before all values, 1 behind them
};

Result<Moved<std::int64_t>> moved(std::int64_t value, std::int64_t distance, bool down) {
    if (distance < 0) return invalid_size();
    Moved<std::int64_t> out;
    const bool over = down ? __builtin_sub_overflow(value, distance, &out.value)
                           : __builtin_add_overflow(value, distance, &out.value);
    if (over) out.end = down ? -1 : 1;
    return out;
}
// @param all  where a bound would stand that takes in all numbers.
Result<Moved<double>> moved(double value, double distance, bool down, double all) {
    if (std::isnan(distance) || distance < 0) return invalid_size();
    // An infinity less an infinity: everything is within that distance.
    const bool undefined = std::isinf(distance) && std::isinf(value) && (value > 0) == down;
    if (undefined) return Moved<double>{all, 0};
    return Moved<double>{down ? value - distance : value + distance, 0};
}
Result<Moved<Decimal>> moved(const Decimal& value, const Decimal& distance, bool down) {
    if (distance.is_negative()) return invalid_size();
    const auto sum = down ? subtract(value, distance) : add(value, distance);
    if (!sum) return Moved<Decimal>{{}, down ? -1 : 1};
    return Moved<Decimal>{*sum, 0};
}
Result<Moved<Interval>> moved(const Interval& value, const Interval& distance, bool down) {
    if (distance.span() < 0) return invalid_size();
    auto sum = down ? difference_of(value, distance) : sum_of(value, distance);
    if (!sum) return std::move(sum).error();
    return Moved<Interval>{*sum, 0};
}
// A moment, or with `clock` a time of day, of which months and days are not a part.
Result<Moved<std::int64_t>> moved_moment(std::int64_t value, const Interval& distance, bool down,
                                         bool clock) {
    if (clock) return moved(value, distance.micros, down);
    if (distance.span() < 0) return invalid_size();
    auto step = down ? difference_of({}, distance) : Result<Interval>(distance);
    if (!step) return std::move(step).error();
    auto sum = add_interval(value, *step);
    if (!sum) return std::move(sum).error();
    return Moved<std::int64_t>{*sum, 0};
}

// The first row of `rows` that is not before the target; with `past`, the first behind it.
template <typename T>
std::uint32_t search(const Column& keys, RowRange rows, bool descending, bool past,
                     const Moved<T>& target) {
    const bool before_all = (target.end < 0) != descending;
    if (target.end != 0) return before_all ? rows.first : rows.last;
    while (rows.first < rows.last) {
        const auto middle = rows.first + rows.size() / 2;
        const int order = order_of(value_at<T>(keys, middle), target.value);
        const int along = descending ? -order : order;
        if (along < 0 || (past && along == 0))
            rows.first = middle + 1;
        else
            rows.last = middle;
    }
    return rows.first;
}

}  // namespace

Result<RangeBounds> RangeBounds::make(const WindowCall& call, const Batch& partition,
                                      std::size_t distance, bool preceding) {
    if (call.order.size() != 1) {
        return Error(Errc::usage,
                     "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column");
    }
    const auto& key = call.order[0];
    const auto& column = partition.columns[key.column];
    const auto& distances = partition.columns[distance];
    if (!takes_distance(column->type(), distances->type())) {
        return Error(Errc::usage,
                     "RANGE with offset PRECEDING/FOLLOWING is not supported for column type " +
                         type_name(column->type()) + " and offset type " +
                         type_name(distances->type()));
    }
    RangeBounds out;
    out.keys_ = with_micros(column);
    out.distances_ = distances;
    out.preceding_ = preceding;
    out.descending_ = key.descending;
    const auto nulls = static_cast<std::uint32_t>(column->null_count());
    const auto rows = static_cast<std::uint32_t>(partition.rows);
    out.values_ = key.nulls_first ? RowRange{nulls, rows} : RowRange{0, rows - nulls};
    return out;
}

Result<std::uint32_t> RangeBounds::find(std::uint32_t row, bool past) const {
    const bool down = preceding_ != descending_;
    const auto at = [&](const auto& target) -> Result<std::uint32_t> {
        if (!target) return target.error().clone();
        return search(*keys_, values_, descending_, past, *target);
    };
    switch (keys_->type().id) {
        case TypeId::bigint: return at(moved(keys_->integer(row), distances_->integer(row), down));
        case TypeId::real: {
            constexpr double kEndless = std::numeric_limits<double>::infinity();
            const double all = past != descending_ ? kEndless : -kEndless;
            return at(moved(keys_->real(row), distances_->real(row), down, all));
        }
        case TypeId::numeric: return at(moved(keys_->decimal(row), distances_->decimal(row), down));
        case TypeId::interval:
            return at(moved(keys_->interval(row), distances_->interval(row), down));
        default:
            return at(moved_moment(keys_->integer(row), distances_->interval(row), down,
                                   keys_->type().id == TypeId::time));
    }
}

}  // namespace topgun::sql
