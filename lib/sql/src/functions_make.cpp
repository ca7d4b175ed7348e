// SPDX-License-Identifier: Apache-2.0
// Functions that make moments and intervals out of parts, and move parts of intervals.
#include <algorithm>
#include <cmath>

#include "function.hpp"
#include "interval_math.hpp"
#include "moment.hpp"
#include "text_kernels.hpp"
#include "zone.hpp"

namespace topgun::sql {
namespace {

using I = std::int64_t;
using R = double;
using T = std::string_view;
using V = Interval;

Error beyond(const char* type) {
    return Error(Errc::limit, std::string(type) + " out of range");
}

// Days that timestamps reach, too.
Result<I> checked_date(I days) {
    constexpr I kFirst = -2'440'588, kLast = 106'751'991;
    if (days < kFirst || days > kLast) return beyond("date");
    return days;
}

std::string two_digits(I value) {
    return (value >= 0 && value < 10 ? "0" : "") + std::to_string(value);
}

Result<I> make_date(I year, I month, I day) {
    const auto text = std::to_string(year) + "-" + two_digits(month) + "-" + two_digits(day);
    const auto bad = [&text] {
        return Error(Errc::limit, "date field value out of range: " + text);
    };
    // Years before Christ are negative, and there is no year 0.
    const auto civil = year < 0 ? year + 1 : year;
    if (year == 0 || month < 1 || month > 12 || day < 1 || std::abs(civil) > 300'000) return bad();
    const auto of_year = static_cast<unsigned>(month);
    if (day > days_in_month(civil, of_year)) return bad();
    return checked_date(days_of({civil, of_year, static_cast<unsigned>(day)}));
}

Result<I> make_time(I hour, I minute, R seconds) {
    const bool whole_day = hour == 24 && minute == 0 && seconds == 0;
    if (hour < 0 || minute < 0 || minute > 59 || !(seconds >= 0 && seconds <= 60) ||
        (hour > 23 && !whole_day)) {
        char text[64];
        std::snprintf(text, sizeof text, "%lld:%02lld:%02g", static_cast<long long>(hour),
                      static_cast<long long>(minute), seconds);
        return Error(Errc::limit, std::string("time field value out of range: ") + text);
    }
    return (hour * 60 + minute) * 60 * kMicrosPerSecond +
           static_cast<I>(std::nearbyint(seconds * 1e6));
}

Result<ColumnPtr> make_timestamp_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                                      DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto whole = [&](std::size_t at) { return arguments[at]->integer(row); };
        auto date = make_date(whole(0), whole(1), whole(2));
        if (!date) return std::move(date).error();
        auto time = make_time(whole(3), whole(4), arguments[5]->real(row));
        if (!time) return std::move(time).error();
        auto moment = *date * kMicrosPerDay + *time;
        if (arguments.size() > 6) {
            auto offset = offset_of_zone(arguments[6]->bytes(row));
            if (!offset) return std::move(offset).error();
            moment -= *offset;
        }
        out.add_integer(moment);
        return {};
    });
}

// Years, months, weeks, days, hours, minutes, seconds: as many as are given.
Result<ColumnPtr> make_interval_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                                     DataType result) {
    return all_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        for (const auto& argument : arguments) {
            if (!argument->is_null(row)) continue;
            out.add_null();
            return {};
        }
        const auto whole = [&](std::size_t at) {
            return static_cast<R>(integer_or(
                arguments.first(std::min<std::size_t>(arguments.size(), 6)), at, row, 0));
        };
        const R months = whole(0) * 12 + whole(1), days = whole(2) * 7 + whole(3);
        const R seconds = arguments.size() > 6 ? arguments[6]->real(row) : 0;
        const R micros = (whole(4) * 60 + whole(5)) * 60e6 + std::nearbyint(seconds * 1e6);
        constexpr R kMost = 2147483647.0;
        if (!(std::fabs(months) <= kMost && std::fabs(days) <= kMost &&
              std::fabs(micros) < 9.2e18)) {
            return beyond("interval");
        }
        out.add_interval({static_cast<std::int32_t>(months), static_cast<std::int32_t>(days),
                          static_cast<I>(micros)});
        return {};
    });
}

Result<I> from_epoch(R seconds) {
    if (std::isinf(seconds)) return seconds > 0 ? kInfinity : kMinusInfinity;
    if (std::isnan(seconds)) return Error(Errc::bad_input, "timestamp cannot be NaN");
    // Years 4713 BC to 294246, as everywhere.
    if (!(seconds >= -210'866'803'200.0 && seconds < 9'223'371'331'200.0)) {
        return Error(Errc::limit, "timestamp out of range");
    }
    return static_cast<I>(std::nearbyint(seconds * 1e6));
}

Result<V> justified_hours(const V& value) {
    const auto days = value.micros / kMicrosPerDay;
    V out = value;
    if (__builtin_add_overflow(out.days, days, &out.days)) return interval_out_of_range();
    out.micros -= days * kMicrosPerDay;
    if (out.days > 0 && out.micros < 0) {
        out.micros += kMicrosPerDay;
        --out.days;
    } else if (out.days < 0 && out.micros > 0) {
        out.micros -= kMicrosPerDay;
        ++out.days;
    }
    return out;
}
Result<V> justified_days(const V& value) {
    V out = value;
    if (__builtin_add_overflow(out.months, out.days / 30, &out.months)) {
        return interval_out_of_range();
    }
    out.days %= 30;
    if (out.months > 0 && out.days < 0) {
        out.days += 30;
        --out.months;
    } else if (out.months < 0 && out.days > 0) {
        out.days -= 30;
        ++out.months;
    }
    return out;
}
Result<V> justified(const V& value) {
    auto out = justified_hours(value);
    if (out) out = justified_days(*out);
    if (!out) return out;
    // All parts of one sign: a month lends thirty days, a day its hours.
    if (out->months > 0 && (out->days < 0 || (out->days == 0 && out->micros < 0))) {
        out->days += 30;
        --out->months;
    } else if (out->months < 0 && (out->days > 0 || (out->days == 0 && out->micros > 0))) {
        out->days -= 30;
        ++out->months;
    }
    if (out->days > 0 && out->micros < 0) {
        out->micros += kMicrosPerDay;
        --out->days;
    } else if (out->days < 0 && out->micros > 0) {
        out->micros -= kMicrosPerDay;
        ++out->days;
    }
    return out;
}

}  // namespace

void add_makers(std::vector<Function>& to) {
    const DataType date(TypeId::date), time(TypeId::time), whole(TypeId::bigint);
    const DataType interval(TypeId::interval), stamp(TypeId::timestamp), real(TypeId::real);
    const DataType stamptz(TypeId::timestamptz), text(TypeId::text);
    to.push_back({"make_date",
                  {whole, whole, whole},
                  date,
                  [](const EvalContext&, Arguments a, std::size_t rows, DataType result) {
                      return strict_rows(a, rows, result, [&](std::size_t row, Column& out) {
                          return add_result(out, make_date(a[0]->integer(row), a[1]->integer(row),
                                                           a[2]->integer(row)));
                      });
                  }});
    to.push_back({"make_time",
                  {whole, whole, real},
                  time,
                  [](const EvalContext&, Arguments a, std::size_t rows, DataType result) {
                      return strict_rows(a, rows, result, [&](std::size_t row, Column& out) {
                          return add_result(out, make_time(a[0]->integer(row), a[1]->integer(row),
                                                           a[2]->real(row)));
                      });
                  }});
    const std::vector<DataType> fields{whole, whole, whole, whole, whole, real};
    to.push_back({"make_timestamp", fields, stamp, make_timestamp_rows});
    to.push_back({"make_timestamptz", fields, stamptz, make_timestamp_rows});
    auto with_zone = fields;
    with_zone.push_back(text);
    to.push_back({"make_timestamptz", with_zone, stamptz, make_timestamp_rows});
    std::vector<DataType> parts;
    for (int count = 0; count < 7; ++count) {
        to.push_back({"make_interval", parts, interval, make_interval_rows});
        parts.push_back(whole);
    }
    parts.back() = real;
    to.push_back({"make_interval", parts, interval, make_interval_rows});
    to.push_back({"to_timestamp", {real}, stamptz, kernel1<R>([](R s) { return from_epoch(s); })});
    // Not in PostgreSQL: what stamps of TopGun hold.
    to.push_back({"epoch_ms", {whole}, stamptz, kernel1<I>([](I millis) {
                      return from_epoch(static_cast<R>(millis) / 1000);
                  })});
    to.push_back({"justify_hours", {interval}, interval, kernel1<V>([](const V& v) {
                      return justified_hours(v);
                  })});
    to.push_back({"justify_days", {interval}, interval, kernel1<V>([](const V& v) {
                      return justified_days(v);
                  })});
    to.push_back({"justify_interval", {interval}, interval, kernel1<V>([](const V& v) {
                      return justified(v);
                  })});
    for (const DataType type : {date, stamp, stamptz}) {
        to.push_back(
            {"isfinite", {type}, TypeId::boolean, kernel1<I>([](I a) { return !is_infinite(a); })});
    }
    to.push_back(
        {"isfinite", {interval}, TypeId::boolean, kernel1<V>([](const V&) { return true; })});
}

}  // namespace topgun::sql
