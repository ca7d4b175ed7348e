// SPDX-License-Identifier: Apache-2.0
// Parts of moments and intervals, and what is left when the smaller parts are cut off.
#include <cstdlib>
#include <limits>

#include "function.hpp"
#include "moment.hpp"
#include "moment_units.hpp"
#include "text_kernels.hpp"
#include "zone.hpp"

namespace topgun::sql {
namespace {

using I = std::int64_t;
using T = std::string_view;
using enum MomentUnit;
constexpr I kMinute = 60 * kMicrosPerSecond, kHour = 60 * kMinute;

Error bad_unit(const char* what, T name, DataType type) {
    return Error(Errc::bad_input, "unit \"" + std::string(name.substr(0, 64)) + "\" not " + what +
                                      " for type " + type_name(type));
}

Decimal scaled(I digits, int scale) {
    return Decimal::from_parts(digits, scale);
}

// Centuries and the like count from one, and there is no year 0.
I period_of(I year, I length) {
    return year > 0 ? (year + length - 1) / length : -((length - year) / length);
}
// The year as people write it: 1 BC is -1.
I spoken_year(I year) {
    return year > 0 ? year : year - 1;
}

std::optional<Decimal> part_of_time(MomentUnit unit, I micros) {
    switch (unit) {
        case microseconds: return Decimal(micros % kMinute);
        case milliseconds: return scaled(micros % kMinute, 3);
        case second: return scaled(micros % kMinute, 6);
        case minute: return Decimal(micros / kMinute % 60);
        case hour: return Decimal(micros / kHour);
        default: return std::nullopt;
    }
}

std::optional<Decimal> part_of_day(MomentUnit unit, I days) {
    const auto date = civil_of(days);
    switch (unit) {
        case day: return Decimal(I{date.day});
        case week: return Decimal(iso_week(days).week);
        case month: return Decimal(I{date.month});
        case quarter: return Decimal(I{(date.month + 2) / 3});
        case year: return Decimal(spoken_year(date.year));
        case decade: return Decimal(floor_to(date.year, 10) / 10);
        case century: return Decimal(period_of(date.year, 100));
        case millennium: return Decimal(period_of(date.year, 1000));
        case dow: return Decimal(iso_weekday(days) % 7);
        case isodow: return Decimal(iso_weekday(days));
        case doy: return Decimal(day_of_year(days));
        case isoyear: return Decimal(spoken_year(iso_week(days).year));
        default: return std::nullopt;
    }
}

Result<Decimal> part_of_interval(MomentUnit unit, const Interval& value, T name) {
    switch (unit) {
        case day: return Decimal(value.days);
        case month: return Decimal(value.months % 12);
        case quarter: return Decimal(value.months % 12 / 3 + 1);
        case year: return Decimal(value.months / 12);
        case decade: return Decimal(value.months / 120);
        case century: return Decimal(value.months / 1200);
        case millennium: return Decimal(value.months / 12'000);
        case epoch: {
            // A year has 365.25 days here, a month thirty.
            constexpr I kHoursPerYear = 8766;
            const auto years = value.months / 12, months = value.months % 12;
            const auto whole = Int128{years} * kHoursPerYear * kHour +
                               (Int128{months} * 30 + value.days) * kMicrosPerDay + value.micros;
            return Decimal::from_parts(whole, 6);
        }
        default:
            if (const auto part = part_of_time(unit, value.micros)) return *part;
            return bad_unit("supported", name, TypeId::interval);
    }
}

Result<Decimal> part_of_moment(MomentUnit unit, I value, DataType type, T name) {
    const auto [days, micros] = split(value);
    switch (unit) {
        case epoch: return scaled(value, 6);
        case julian: {
            auto fraction = divide(Decimal(micros), Decimal(kMicrosPerDay));
            return fraction ? add(Decimal(days + kJulianOfEpoch), *fraction) : std::move(fraction);
        }
        case timezone:
        case timezone_hour:
        case timezone_minute:
            if (type.id == TypeId::timestamptz) return Decimal(0);
            return bad_unit("supported", name, type);
        default: break;
    }
    if (const auto part = part_of_time(unit, micros)) return *part;
    if (const auto part = part_of_day(unit, days)) return *part;
    return bad_unit("supported", name, type);
}

Result<Decimal> part_of(const Column& column, std::size_t row, T name) {
    const auto type = column.type();
    const auto unit = moment_unit(name);
    if (!unit) return bad_unit("recognized", name, type);
    switch (type.id) {
        case TypeId::interval: return part_of_interval(*unit, column.interval(row), name);
        case TypeId::time:
            if (*unit == epoch) return scaled(column.integer(row), 6);
            if (const auto part = part_of_time(*unit, column.integer(row))) return *part;
            break;
        case TypeId::date: {
            const auto days = column.integer(row);
            if (*unit == epoch) return Decimal(days * (kMicrosPerDay / kMicrosPerSecond));
            if (*unit == julian) return Decimal(days + kJulianOfEpoch);
            if (const auto part = part_of_day(*unit, days)) return *part;
            break;
        }
        default: return part_of_moment(*unit, column.integer(row), type, name);
    }
    return bad_unit("supported", name, type);
}

// What grows without end with time; all other parts of an infinite moment are NULL.
bool is_endless(MomentUnit unit) {
    return unit == year || unit == decade || unit == century || unit == millennium ||
           unit == isoyear || unit == julian || unit == epoch;
}

bool is_infinite_at(const Column& moments, std::size_t row) {
    return moments.type().is_moment() && is_infinite(moments.integer(row));
}

Status add_infinite_part(const Column& moments, std::size_t row, T name, Column& out) {
    const auto unit = moment_unit(name);
    if (!unit) return bad_unit("recognized", name, moments.type());
    if (!is_endless(*unit)) {
        out.add_null();
    } else if (out.type().id == TypeId::real) {
        const auto infinity = std::numeric_limits<double>::infinity();
        out.add_real(moments.integer(row) > 0 ? infinity : -infinity);
    } else {
        return Error(Errc::limit, "numeric has no infinity here: use date_part()");
    }
    return {};
}

Result<ColumnPtr> extract_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                               DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        if (is_infinite_at(*arguments[1], row)) {
            return add_infinite_part(*arguments[1], row, arguments[0]->bytes(row), out);
        }
        auto part = part_of(*arguments[1], row, arguments[0]->bytes(row));
        if (!part) return std::move(part).error();
        if (result.id == TypeId::real)
            out.add_real(part->to_double());
        else
            out.add_decimal(*part);
        return {};
    });
}

// The first year of a decade, century or millennium.
I first_year(I year, MomentUnit unit) {
    if (unit == decade) return floor_to(year, 10);
    const I length = unit == century ? 100 : 1000;
    return floor_to(year - 1, length) + 1;
}

Result<I> truncated(I value, MomentUnit unit, DataType type, T name) {
    if (is_infinite(value)) return value;
    const auto [days, micros] = split(value);
    const auto midnight = days * kMicrosPerDay;
    const auto date = civil_of(days);
    const auto first_of = [](I years, unsigned months) {
        return days_of({years, months, 1}) * kMicrosPerDay;
    };
    switch (unit) {
        case microseconds: return value;
        case milliseconds: return floor_to(value, 1000);
        case second: return floor_to(value, kMicrosPerSecond);
        case minute: return floor_to(value, kMinute);
        case hour: return floor_to(value, kHour);
        case day: return midnight;
        case week: return midnight - (iso_weekday(days) - 1) * kMicrosPerDay;
        case month: return first_of(date.year, date.month);
        case quarter: return first_of(date.year, (date.month - 1) / 3 * 3 + 1);
        case year: return first_of(date.year, 1);
        case decade:
        case century:
        case millennium: return first_of(first_year(date.year, unit), 1);
        default: return bad_unit("recognized", name, type);
    }
}

Result<Interval> truncated(const Interval& value, MomentUnit unit, T name) {
    const auto months = [&value](std::int32_t length) {
        return Interval{value.months / length * length, 0, 0};
    };
    const auto time = [&value](I length) {
        return Interval{value.months, value.days, value.micros / length * length};
    };
    switch (unit) {
        case microseconds: return value;
        case milliseconds: return time(1000);
        case second: return time(kMicrosPerSecond);
        case minute: return time(kMinute);
        case hour: return time(kHour);
        case day: return Interval{value.months, value.days, 0};
        case month: return months(1);
        case quarter: return months(3);
        case year: return months(12);
        case decade: return months(120);
        case century: return months(1200);
        case millennium: return months(12'000);
        default: return bad_unit(unit == week ? "supported" : "recognized", name, TypeId::interval);
    }
}

Result<ColumnPtr> trunc_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                             DataType result) {
    // The unit is nearly always one for all rows.
    T known;
    std::optional<MomentUnit> unit;
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto name = arguments[0]->bytes(row);
        if (!unit || name.data() != known.data() || name.size() != known.size()) {
            unit = moment_unit(name);
            known = name;
        }
        if (!unit) return bad_unit("recognized", name, result);
        if (result.id == TypeId::interval) {
            return add_result(out, truncated(arguments[1]->interval(row), *unit, name));
        }
        return add_result(out, truncated(arguments[1]->integer(row), *unit, result, name));
    });
}

// Truncated as the clocks of a zone show it.
Result<ColumnPtr> trunc_in_zone(const EvalContext&, Arguments arguments, std::size_t rows,
                                DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto name = arguments[0]->bytes(row);
        const auto unit = moment_unit(name);
        if (!unit) return bad_unit("recognized", name, result);
        auto offset = offset_of_zone(arguments[2]->bytes(row));
        if (!offset) return std::move(offset).error();
        const auto moment = arguments[1]->integer(row);
        if (is_infinite(moment)) return add_result(out, moment);
        auto local = truncated(moment + *offset, *unit, result, name);
        if (!local) return std::move(local).error();
        return add_result(out, *local - *offset);
    });
}

}  // namespace

void add_extracts(std::vector<Function>& to) {
    const DataType text(TypeId::text);
    for (const DataType type :
         {TypeId::date, TypeId::time, TypeId::timestamp, TypeId::timestamptz, TypeId::interval}) {
        to.push_back({"extract", {text, type}, TypeId::numeric, extract_rows});
        to.push_back({"date_part", {text, type}, TypeId::real, extract_rows});
    }
    for (const DataType type : {TypeId::timestamp, TypeId::timestamptz, TypeId::interval}) {
        to.push_back({"date_trunc", {text, type}, type, trunc_rows});
    }
    to.push_back(
        {"date_trunc", {text, TypeId::timestamptz, text}, TypeId::timestamptz, trunc_in_zone});
    // As in PostgreSQL, where a date becomes a timestamptz first.
    to.push_back({"date_trunc",
                  {text, TypeId::date},
                  TypeId::timestamptz,
                  [](const EvalContext& context, Arguments arguments, std::size_t rows,
                     DataType result) -> Result<ColumnPtr> {
                      const auto kernel = find_cast(TypeId::date, TypeId::timestamptz);
                      auto moments = kernel(context, arguments.subspan(1), rows, result);
                      if (!moments) return moments;
                      const ColumnPtr cast[] = {arguments[0], *moments};
                      return trunc_rows(context, cast, rows, result);
                  }});
}

}  // namespace topgun::sql
