// SPDX-License-Identifier: Apache-2.0
#include "moment.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "moment_scan.hpp"

namespace topgun::sql {
namespace {

// The last year is the last whole one whose microseconds since 1970 fit 64 bits.
constexpr std::int64_t kFirstYear = -4712, kLastYear = 294'246;

Error beyond(const char* type) {
    return Error(Errc::limit, std::string(type) + " out of range");
}

void append_fraction(std::string& out, std::int64_t micros) {
    if (micros == 0) return;
    auto digits = std::to_string(kMicrosPerSecond + micros).substr(1);
    while (digits.back() == '0') digits.pop_back();
    out += '.' + digits;
}

std::string clock_text(std::int64_t micros) {
    char text[40];
    std::snprintf(text, sizeof text, "%02lld:%02lld:%02lld",
                  static_cast<long long>(micros / kMicrosPerHour),
                  static_cast<long long>(micros / kMicrosPerMinute % 60),
                  static_cast<long long>(micros / kMicrosPerSecond % 60));
    std::string out = text;
    append_fraction(out, micros % kMicrosPerSecond);
    return out;
}

std::string date_text(const CivilDate& date) {
    char text[40];
    const bool before = date.year <= 0;
    std::snprintf(text, sizeof text, "%04lld-%02u-%02u",
                  static_cast<long long>(before ? 1 - date.year : date.year), date.month, date.day);
    return text;
}

std::string infinity_text(std::int64_t value) {
    return value > 0 ? "infinity" : "-infinity";
}

}  // namespace

DayAndTime split(std::int64_t micros) noexcept {
    auto days = micros / kMicrosPerDay;
    auto rest = micros % kMicrosPerDay;
    if (rest < 0) {
        rest += kMicrosPerDay;
        --days;
    }
    return {days, rest};
}

std::int64_t days_of(const CivilDate& date) noexcept {
    const auto year = date.year - (date.month <= 2 ? 1 : 0);
    const auto era = (year >= 0 ? year : year - 399) / 400;
    const auto of_era = static_cast<unsigned>(year - era * 400);
    const unsigned month = date.month > 2 ? date.month - 3 : date.month + 9;
    const unsigned of_year = (153 * month + 2) / 5 + date.day - 1;
    const unsigned day = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return era * 146'097 + static_cast<std::int64_t>(day) - 719'468;
}

CivilDate civil_of(std::int64_t days) noexcept {
    days += 719'468;
    const auto era = (days >= 0 ? days : days - 146'096) / 146'097;
    const auto of_era = static_cast<unsigned>(days - era * 146'097);
    const unsigned year = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
    const unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
    const unsigned month = (5 * of_year + 2) / 153;
    CivilDate out;
    out.day = of_year - (153 * month + 2) / 5 + 1;
    out.month = month < 10 ? month + 3 : month - 9;
    out.year = static_cast<std::int64_t>(year) + era * 400 + (out.month <= 2 ? 1 : 0);
    return out;
}

unsigned days_in_month(std::int64_t year, unsigned month) noexcept {
    constexpr std::array<unsigned, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : kDays[month - 1];
}

std::string format_date(std::int64_t days) {
    if (is_infinite(days)) return infinity_text(days);
    const auto date = civil_of(days);
    return date_text(date) + (date.year <= 0 ? " BC" : "");
}

std::string format_time(std::int64_t micros) {
    return clock_text(micros);
}

std::string format_timestamp(std::int64_t micros) {
    if (is_infinite(micros)) return infinity_text(micros);
    const auto parts = split(micros);
    const auto date = civil_of(parts.days);
    return date_text(date) + " " + clock_text(parts.micros) + (date.year <= 0 ? " BC" : "");
}

std::string format_timestamptz(std::int64_t micros) {
    if (is_infinite(micros)) return infinity_text(micros);
    const auto parts = split(micros);
    const auto date = civil_of(parts.days);
    return date_text(date) + " " + clock_text(parts.micros) + "+00" + (date.year <= 0 ? " BC" : "");
}

Result<std::int64_t> add_interval(std::int64_t micros, const Interval& interval) {
    if (is_infinite(micros)) return micros;
    auto [days, rest] = split(micros);
    if (interval.months != 0) {
        auto date = civil_of(days);
        const auto months = date.year * 12 + (date.month - 1) + interval.months;
        auto year = months / 12;
        auto month = months % 12;
        if (month < 0) {
            month += 12;
            --year;
        }
        date.year = year;
        date.month = static_cast<unsigned>(month) + 1;
        date.day = std::min(date.day, days_in_month(date.year, date.month));
        days = days_of(date);
    }
    days += interval.days;
    std::int64_t sum = 0;
    if (__builtin_mul_overflow(days, kMicrosPerDay, &sum) ||
        __builtin_add_overflow(sum, rest, &sum) ||
        __builtin_add_overflow(sum, interval.micros, &sum)) {
        return beyond("timestamp");
    }
    const auto year = civil_of(split(sum).days).year;
    if (year < kFirstYear || year > kLastYear) return beyond("timestamp");
    return sum;
}

}  // namespace topgun::sql
