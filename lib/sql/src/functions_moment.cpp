// SPDX-License-Identifier: Apache-2.0
// Sums and differences of moments, and functions that make them.
#include <algorithm>
#include <chrono>
#include <cmath>

#include "characters.hpp"
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
    I micros = 0;
    if (__builtin_sub_overflow(a, b, &micros)) return beyond("interval");
    return by_days(micros);
}

I within_day(I micros) {
    return micros - floor_to(micros, kMicrosPerDay);
}

// Years, months and days from b to a, as people count them.
Result<V> age(I a, I b) {
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
    I distance = 0;
    if (__builtin_sub_overflow(moment, origin, &distance)) return beyond("timestamp");
    return origin + floor_to(distance, static_cast<I>(span));
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
        out.add_integer(*date * kMicrosPerDay + *time);
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

// Microseconds east of UTC. Offsets are POSIX's, as in PostgreSQL: "+02" lies west.
Result<I> zone_offset(T zone) {
    const auto bad = [zone] {
        return Error(Errc::usage, "time zone \"" + std::string(zone.substr(0, 64)) +
                                      "\" is not supported: use UTC or an offset such as '-02:00' "
                                      "or INTERVAL '2 hours'");
    };
    auto rest = zone;
    while (!rest.empty() && is_word_character(static_cast<unsigned char>(rest[0])) &&
           (rest[0] < '0' || rest[0] > '9')) {
        rest.remove_prefix(1);
    }
    const auto name = lowered(zone.substr(0, zone.size() - rest.size()));
    if (!name.empty() && name != "utc" && name != "gmt" && name != "z" && name != "zulu") {
        return bad();
    }
    if (rest.empty()) return name.empty() ? Result<I>(bad()) : Result<I>(I{0});
    const bool plus = rest[0] == '+';
    if (plus || rest[0] == '-') rest.remove_prefix(1);
    const auto digits = [](T text) {
        return !text.empty() && text.size() <= 2 && text.find_first_not_of("0123456789") == T::npos;
    };
    const auto colon = rest.find(':');
    const auto hours = rest.substr(0, colon);
    const auto minutes = colon == T::npos ? T("0") : rest.substr(colon + 1);
    if (!digits(hours) || !digits(minutes)) return bad();
    const auto number = [](T text) {
        I value = 0;
        for (const char c : text) value = value * 10 + (c - '0');
        return value;
    };
    const auto offset = (number(hours) * 60 + number(minutes)) * 60 * kMicrosPerSecond;
    if (offset > 15 * 3600 * kMicrosPerSecond) return bad();
    return plus || zone[zone.size() - rest.size() - 1] != '-' ? -offset : offset;
}
Result<I> zone_offset(const V& zone) {
    if (zone.months != 0 || zone.days != 0) {
        return Error(Errc::bad_input, "interval time zone \"" + format_interval(zone) +
                                          "\" must not include months or days");
    }
    return zone.micros;
}

// AT TIME ZONE: local time of a zone from a moment, or the moment from the local time.
template <typename Zone, bool to_local>
Result<I> in_zone(const Zone& zone, I moment) {
    auto offset = zone_offset(zone);
    if (!offset) return offset;
    return add_interval(moment, {0, 0, to_local ? *offset : -*offset});
}

Result<ColumnPtr> start_rows(const EvalContext& context, Arguments, std::size_t rows,
                             DataType result) {
    Column one(result);
    one.add_integer(context.now);
    return ColumnPtr(Column::constant(std::move(one), rows));
}
Result<ColumnPtr> clock_rows(const EvalContext&, Arguments, std::size_t rows, DataType result) {
    Column out(result);
    for (std::size_t row = 0; row < rows; ++row) {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        out.add_integer(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
    }
    return ColumnPtr(std::make_shared<const Column>(std::move(out)));
}

// Of one moment: since midnight of the day that the statement runs on.
Result<ColumnPtr> age_rows(const EvalContext& context, Arguments arguments, std::size_t rows,
                           DataType result) {
    const auto midnight = split(context.now).days * kMicrosPerDay;
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) {
        return add_result(out, age(midnight, arguments[0]->integer(row)));
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
    to.push_back({"-", {date, date}, whole, kernel2<I, I>([](I a, I b) { return a - b; })});
    to.push_back(
        {"+", {date, time}, stamp, kernel2<I, I>([](I d, I t) { return d * kMicrosPerDay + t; })});
    to.push_back(
        {"+", {time, date}, stamp, kernel2<I, I>([](I t, I d) { return d * kMicrosPerDay + t; })});
    to.push_back({"+", {date, interval}, stamp, kernel2<I, V>([](I d, const V& v) {
                      return add_interval(d * kMicrosPerDay, v);
                  })});
    to.push_back({"+", {interval, date}, stamp, kernel2<V, I>([](const V& v, I d) {
                      return add_interval(d * kMicrosPerDay, v);
                  })});
    to.push_back({"-", {date, interval}, stamp, kernel2<I, V>([](I d, const V& v) {
                      return add_interval(d * kMicrosPerDay, negated(v));
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
        to.push_back({"isfinite", {type}, TypeId::boolean, kernel1<I>([](I) { return true; })});
    }
    to.push_back(
        {"isfinite", {interval}, TypeId::boolean, kernel1<V>([](const V&) { return true; })});
}

void add_zones(std::vector<Function>& to) {
    const DataType text(TypeId::text), interval(TypeId::interval);
    const DataType local(TypeId::timestamp), moment(TypeId::timestamptz);
    to.push_back({"timezone", {text, moment}, local, kernel2<T, I>([](T zone, I t) {
                      return in_zone<T, true>(zone, t);
                  })});
    to.push_back({"timezone", {text, local}, moment, kernel2<T, I>([](T zone, I t) {
                      return in_zone<T, false>(zone, t);
                  })});
    to.push_back({"timezone", {interval, moment}, local, kernel2<V, I>([](const V& zone, I t) {
                      return in_zone<V, true>(zone, t);
                  })});
    to.push_back({"timezone", {interval, local}, moment, kernel2<V, I>([](const V& zone, I t) {
                      return in_zone<V, false>(zone, t);
                  })});
    for (const auto* name : {"now", "transaction_timestamp", "statement_timestamp"}) {
        to.push_back({name, {}, moment, start_rows});
    }
    to.push_back({"clock_timestamp", {}, moment, clock_rows, false, true});
}

}  // namespace

void add_moments(std::vector<Function>& to) {
    add_sums(to);
    add_makers(to);
    add_zones(to);
}

}  // namespace topgun::sql
