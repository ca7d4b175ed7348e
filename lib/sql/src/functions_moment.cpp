// SPDX-License-Identifier: Apache-2.0
// Sums and differences of moments.
#include "function.hpp"
#include "interval_math.hpp"
#include "moment.hpp"
#include "moment_units.hpp"
#include "text_kernels.hpp"

namespace topgun::sql {
namespace {

using I = std::int64_t;
using R = double;
using T = std::string_view;
using V = Interval;

Error beyond(const char* type) {
    return Error(Errc::limit, std::string(type) + " out of range");
}

Result<I> checked_sum(I a, I b, const char* type) {
    I sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) return beyond(type);
    return sum;
}
// Days that timestamps reach, too.
Result<I> checked_date(Result<I> days) {
    constexpr I kFirst = -2'440'588, kLast = 106'751'991;
    if (days && (*days < kFirst || *days > kLast)) return beyond("date");
    return days;
}
Result<I> add_days(I date, I days) {
    if (is_infinite(date)) return date;
    return checked_date(checked_sum(date, days, "date"));
}

V negated(const V& value) {
    return {-value.months, -value.days, -value.micros};
}

// Whole days and the rest, both of one sign.
V by_days(I micros) {
    return {0, static_cast<std::int32_t>(micros / kMicrosPerDay), micros % kMicrosPerDay};
}
Result<V> between(I a, I b) {
    if (is_infinite(a) || is_infinite(b)) {
        return Error(Errc::limit, "cannot subtract infinite timestamps");
    }
    I micros = 0;
    if (__builtin_sub_overflow(a, b, &micros)) return beyond("interval");
    return by_days(micros);
}

I within_day(I micros) {
    return micros - floor_to(micros, kMicrosPerDay);
}

// Years, months and days from b to a, as people count them.
Result<V> age(I a, I b) {
    if (is_infinite(a) || is_infinite(b)) return beyond("timestamp");
    if (a < b) {
        auto other = age(b, a);
        if (!other) return other;
        return negated(*other);
    }
    const auto later = split(a), earlier = split(b);
    const auto to = civil_of(later.days), from = civil_of(earlier.days);
    I micros = later.micros - earlier.micros;
    I days = I{to.day} - I{from.day};
    I months = (to.year - from.year) * 12 + I{to.month} - I{from.month};
    if (micros < 0) {
        micros += kMicrosPerDay;
        --days;
    }
    if (days < 0) {
        // The month that the earlier one lies in lends its days.
        days += days_in_month(from.year, from.month);
        --months;
    }
    return V{static_cast<std::int32_t>(months), static_cast<std::int32_t>(days), micros};
}

Result<I> date_bin(const V& stride, I moment, I origin) {
    if (stride.months != 0) {
        return Error(Errc::usage,
                     "timestamps cannot be binned into intervals containing months or years");
    }
    const auto span = stride.span();
    if (span <= 0) return Error(Errc::bad_input, "stride must be greater than zero");
    if (span > INT64_MAX) return beyond("interval");
    if (is_infinite(moment)) return moment;
    if (is_infinite(origin)) return Error(Errc::limit, "origin out of range");
    I distance = 0;
    if (__builtin_sub_overflow(moment, origin, &distance)) return beyond("timestamp");
    return origin + floor_to(distance, static_cast<I>(span));
}

// Of one moment: since midnight of the day that the statement runs on.
Result<ColumnPtr> age_rows(const EvalContext& context, Arguments arguments, std::size_t rows,
                           DataType result) {
    const auto midnight = split(context.now).days * kMicrosPerDay;
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) {
        return add_result(out, age(midnight, arguments[0]->integer(row)));
    });
}

// Half-open periods, each from the earlier to the later of its ends; one that is a moment alone
// holds that moment. What NULLs leave open is NULL.
struct Period {
    std::optional<I> from, to;
};

std::optional<bool> overlap(Period a, Period b) {
    const auto order = [](Period& period) {
        if (!period.from || (period.to && *period.to < *period.from)) {
            std::swap(period.from, period.to);
        }
    };
    order(a);
    order(b);
    if (!a.from || !b.from) return std::nullopt;
    // Now `from` is there, and `to` may be missing.
    if (*a.from == *b.from) {
        if (!a.to || !b.to) return std::nullopt;
        return true;
    }
    const auto& earlier = *a.from < *b.from ? a : b;
    const auto& later = *a.from < *b.from ? b : a;
    if (earlier.to && *later.from < *earlier.to) return true;
    // Whether it reaches so far is not known.
    if (!earlier.to || !later.to) return std::nullopt;
    return false;
}

// An end of a period: a moment, or how far it lies from the start.
Result<std::optional<I>> end_of(const Column& ends, std::size_t row, std::optional<I> start) {
    if (ends.is_null(row)) return std::optional<I>();
    if (ends.type().id != TypeId::interval) return std::optional<I>(ends.integer(row));
    if (!start) return std::optional<I>();
    auto end = add_interval(*start, ends.interval(row));
    if (!end) return std::move(end).error();
    return std::optional<I>(*end);
}

Result<ColumnPtr> overlap_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                               DataType result) {
    return all_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        Period periods[2];
        for (std::size_t i = 0; i < 2; ++i) {
            const auto& starts = *arguments[2 * i];
            if (!starts.is_null(row)) periods[i].from = starts.integer(row);
            auto end = end_of(*arguments[2 * i + 1], row, periods[i].from);
            if (!end) return std::move(end).error();
            periods[i].to = *end;
        }
        if (const auto truth = overlap(periods[0], periods[1]))
            out.add_boolean(*truth);
        else
            out.add_null();
        return {};
    });
}

void add_sums(std::vector<Function>& to) {
    const DataType date(TypeId::date), time(TypeId::time), whole(TypeId::bigint);
    const DataType interval(TypeId::interval), stamp(TypeId::timestamp);
    to.push_back(
        {"+", {date, whole}, date, kernel2<I, I>([](I d, I n) { return add_days(d, n); })});
    to.push_back(
        {"+", {whole, date}, date, kernel2<I, I>([](I n, I d) { return add_days(d, n); })});
    to.push_back({"-", {date, whole}, date, kernel2<I, I>([](I d, I n) -> Result<I> {
                      if (n == INT64_MIN) return beyond("date");
                      return add_days(d, -n);
                  })});
    to.push_back({"-", {date, date}, whole, kernel2<I, I>([](I a, I b) -> Result<I> {
                      if (!is_infinite(a) && !is_infinite(b)) return a - b;
                      return Error(Errc::limit, "cannot subtract infinite dates");
                  })});
    to.push_back({"+", {date, time}, stamp, kernel2<I, I>([](I d, I t) {
                      return is_infinite(d) ? d : d * kMicrosPerDay + t;
                  })});
    to.push_back({"+", {time, date}, stamp, kernel2<I, I>([](I t, I d) {
                      return is_infinite(d) ? d : d * kMicrosPerDay + t;
                  })});
    to.push_back({"+", {date, interval}, stamp, kernel2<I, V>([](I d, const V& v) {
                      return add_interval(midnight_of(d), v);
                  })});
    to.push_back({"+", {interval, date}, stamp, kernel2<V, I>([](const V& v, I d) {
                      return add_interval(midnight_of(d), v);
                  })});
    to.push_back({"-", {date, interval}, stamp, kernel2<I, V>([](I d, const V& v) {
                      return add_interval(midnight_of(d), negated(v));
                  })});
    for (const DataType type : {TypeId::timestamp, TypeId::timestamptz}) {
        to.push_back({"+", {type, interval}, type, kernel2<I, V>([](I t, const V& v) {
                          return add_interval(t, v);
                      })});
        to.push_back({"+", {interval, type}, type, kernel2<V, I>([](const V& v, I t) {
                          return add_interval(t, v);
                      })});
        to.push_back({"-", {type, interval}, type, kernel2<I, V>([](I t, const V& v) {
                          return add_interval(t, negated(v));
                      })});
        to.push_back(
            {"-", {type, type}, interval, kernel2<I, I>([](I a, I b) { return between(a, b); })});
        to.push_back(
            {"age", {type, type}, interval, kernel2<I, I>([](I a, I b) { return age(a, b); })});
        to.push_back({"age", {type}, interval, age_rows});
        to.push_back({"date_bin",
                      {interval, type, type},
                      type,
                      [](const EvalContext&, Arguments a, std::size_t rows, DataType result) {
                          return strict_rows(a, rows, result, [&](std::size_t row, Column& out) {
                              return add_result(out,
                                                date_bin(a[0]->interval(row), a[1]->integer(row),
                                                         a[2]->integer(row)));
                          });
                      }});
    }
    to.push_back({"+", {time, interval}, time, kernel2<I, V>([](I t, const V& v) {
                      return within_day(t + v.micros % kMicrosPerDay);
                  })});
    to.push_back({"+", {interval, time}, time, kernel2<V, I>([](const V& v, I t) {
                      return within_day(t + v.micros % kMicrosPerDay);
                  })});
    to.push_back({"-", {time, interval}, time, kernel2<I, V>([](I t, const V& v) {
                      return within_day(t - v.micros % kMicrosPerDay);
                  })});
    to.push_back({"-", {time, time}, interval, kernel2<I, I>([](I a, I b) {
                      return V{0, 0, a - b};
                  })});
    const DataType real(TypeId::real);
    to.push_back({"*", {interval, real}, interval, kernel2<V, R>([](const V& v, R n) {
                      return multiplied(v, n);
                  })});
    to.push_back({"*", {real, interval}, interval, kernel2<R, V>([](R n, const V& v) {
                      return multiplied(v, n);
                  })});
    to.push_back({"/", {interval, real}, interval, kernel2<V, R>([](const V& v, R n) {
                      return divided(v, n);
                  })});
}

void add_overlaps(std::vector<Function>& to) {
    const DataType interval(TypeId::interval);
    for (const DataType type : {TypeId::time, TypeId::timestamp, TypeId::timestamptz}) {
        for (const DataType first : {type, interval}) {
            for (const DataType second : {type, interval}) {
                to.push_back(
                    {"overlaps", {type, first, type, second}, TypeId::boolean, overlap_rows});
            }
        }
    }
}

}  // namespace

void add_moments(std::vector<Function>& to) {
    add_sums(to);
    add_overlaps(to);
}

}  // namespace topgun::sql
