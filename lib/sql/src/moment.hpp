// SPDX-License-Identifier: Apache-2.0
// Dates, times and intervals as text, in PostgreSQL's ISO style; the zone is UTC.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "topgun/base/error.hpp"
#include "topgun/column/type.hpp"

namespace topgun::sql {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

/// Dates and timestamps beyond all others: "infinity" and "-infinity". They are no numbers of days
/// or microseconds, so that whoever reckons with those looks first.
inline constexpr std::int64_t kInfinity = INT64_MAX, kMinusInfinity = INT64_MIN;
constexpr bool is_infinite(std::int64_t moment) noexcept {
    return moment == kInfinity || moment == kMinusInfinity;
}

/// The fields that INTERVAL is limited to: INTERVAL '1-2' YEAR TO MONTH.
enum class IntervalFields : std::uint8_t {
    all,
    year,
    month,
    day,
    hour,
    minute,
    second,
    year_to_month,
    day_to_hour,
    day_to_minute,
    day_to_second,
    hour_to_minute,
    hour_to_second,
    minute_to_second,
};
/// By its words, "year to month"; all for none.
IntervalFields interval_fields(std::string_view words) noexcept;
/// Without the fields that are smaller than those named.
Interval limited(const Interval& interval, IntervalFields fields) noexcept;

/// A day of the proleptic Gregorian calendar. Years are astronomical: 0 is 1 BC.
struct CivilDate {
    std::int64_t year = 1970;
    unsigned month = 1, day = 1;
};
/// Source: Howard Hinnant, chrono-Compatible Low-Level Date Algorithms (public domain).
std::int64_t days_of(const CivilDate& date) noexcept;
CivilDate civil_of(std::int64_t days) noexcept;
unsigned days_in_month(std::int64_t year, unsigned month) noexcept;

/// A moment as its day since 1970-01-01 and the microseconds since that day's midnight.
struct DayAndTime {
    std::int64_t days = 0, micros = 0;
};
DayAndTime split(std::int64_t micros) noexcept;
/// A date's first moment, and the date of a moment; infinite ones stay so.
constexpr std::int64_t midnight_of(std::int64_t days) noexcept {
    return is_infinite(days) ? days : days * kMicrosPerDay;
}
inline std::int64_t date_of(std::int64_t micros) noexcept {
    return is_infinite(micros) ? micros : split(micros).days;
}

// Reading. Surrounding spaces are allowed. Errors: bad_input "invalid input syntax for type date:
// ..." for what cannot be read, limit for what is out of range (years 4713 BC to 294246).
/// "2024-02-29", "20240229", "2024-02-29 BC", "Feb 29, 2024", "2/29/2024"; "epoch", "infinity".
/// Days since 1970-01-01.
Result<std::int64_t> parse_date(std::string_view text);
/// "12:30", "12:30:05.25", "24:00:00". Microseconds since midnight.
Result<std::int64_t> parse_time(std::string_view text);
/// A date, and a time behind a space or T. A zone ("Z", "+02", "-03:30", "UTC") is put into account
/// when `with_zone`, and passed over otherwise, as PostgreSQL does.
Result<std::int64_t> parse_timestamp(std::string_view text, bool with_zone);
/// "1 year 2 mons -3 days 04:05:06.7", "1.5 hours", "2 weeks ago", "P1Y2M3DT4H5M6S", "1-2 3
/// 4:05:06".
/// @param fields  what numbers without a unit count depends on them.
Result<Interval> parse_interval(std::string_view text, IntervalFields fields = IntervalFields::all);

// Writing, as PostgreSQL's DateStyle ISO and IntervalStyle postgres do.
std::string format_date(std::int64_t days);
std::string format_time(std::int64_t micros);
std::string format_timestamp(std::int64_t micros);    ///< "2024-02-29 12:30:00.5"
std::string format_timestamptz(std::int64_t micros);  ///< "2024-02-29 12:30:00.5+00"
std::string format_interval(const Interval& interval);

/// Moves a moment by months first, then days, then the rest; a day that the month lacks becomes its
/// last. The infinite ones stay. Errors: limit.
Result<std::int64_t> add_interval(std::int64_t micros, const Interval& interval);

}  // namespace topgun::sql
