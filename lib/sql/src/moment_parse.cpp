// SPDX-License-Identifier: Apache-2.0
// Dates, times and timestamps out of texts, in the forms that PostgreSQL reads by default.
#include <algorithm>
#include <array>

#include "moment.hpp"
#include "moment_scan.hpp"

namespace topgun::sql {
namespace {

// The last year is the last whole one whose microseconds since 1970 fit 64 bits.
constexpr std::int64_t kFirstYear = -4712, kLastYear = 294'246;

Error invalid(const char* type, std::string_view text) {
    return Error(Errc::bad_input, std::string("invalid input syntax for type ") + type + ": \"" +
                                      std::string(text.substr(0, 64)) + "\"");
}
Error field_out_of_range(std::string_view text) {
    return Error(Errc::limit,
                 "date/time field value out of range: \"" + std::string(text.substr(0, 64)) + "\"");
}

// "infinity" and "-infinity", which stand alone.
std::optional<std::int64_t> infinity_of(std::string_view text) {
    Scan in(text);
    const bool negative = in.take('-');
    if (!negative) (void)in.take('+');
    const auto word = in.word();
    if (!in.end() || (word != "infinity" && word != "inf")) return std::nullopt;
    return negative ? kMinusInfinity : kInfinity;
}
bool is_epoch(std::string_view text) {
    Scan in(text);
    return in.word() == "epoch" && in.end();
}

// The month that a word or its first three letters name; 0 for none.
unsigned month_of(std::string_view word) {
    constexpr std::array<std::string_view, 12> kMonths{
        "january", "february", "march",     "april",   "may",      "june",
        "july",    "august",   "september", "october", "november", "december"};
    for (unsigned i = 0; i < kMonths.size(); ++i) {
        if (word == kMonths[i] || word == kMonths[i].substr(0, 3)) return i + 1;
    }
    return word == "sept" ? 9 : 0;
}

bool separator(Scan& in) {
    const bool any = in.take('-') || in.take('/') || in.take('.') || in.take(',') || in.take(' ');
    in.spaces();
    return any;
}

// "Jan 5, 2024", "5 January 2024", "2024-Jan-05": the month is a word.
std::optional<CivilDate> scan_named_month(Scan in, Scan& rest) {
    std::optional<std::int64_t> first;
    bool long_first = false;
    if (in.digit()) {
        const auto before = in.rest().size();
        first = in.number(1, 6);
        long_first = before - in.rest().size() > 2;
        if (!first) return std::nullopt;
        (void)separator(in);
    }
    const auto month = month_of(in.word());
    if (month == 0) return std::nullopt;
    (void)separator(in);
    auto second = in.number(1, 6);
    if (!second) return std::nullopt;
    if (!first) {
        first = second;
        (void)separator(in);
        second = in.number(3, 6);
        if (!second) return std::nullopt;
    }
    rest = in;
    const auto year = long_first ? *first : *second, day = long_first ? *second : *first;
    return CivilDate{year, month, static_cast<unsigned>(day)};
}

// "1/8/1999" is the eighth of January: the order of PostgreSQL's DateStyle by default.
std::optional<CivilDate> scan_month_first(Scan in, Scan& rest) {
    const auto month = in.number(1, 2);
    if (!month || !(in.take('/') || in.take('-'))) return std::nullopt;
    const auto day = in.number(1, 2);
    if (!day || !(in.take('/') || in.take('-'))) return std::nullopt;
    const auto year = in.number(4, 6);
    if (!year) return std::nullopt;
    rest = in;
    return CivilDate{*year, static_cast<unsigned>(*month), static_cast<unsigned>(*day)};
}

std::optional<CivilDate> scan_year_first(Scan in, Scan& rest) {
    std::size_t digits = 0;
    while (digits < in.rest().size() && is_digit(in.rest()[digits])) ++digits;
    std::optional<std::int64_t> year, month, day;
    if (digits == 8) {  // 20240229
        year = in.number(4, 4), month = in.number(2, 2), day = in.number(2, 2);
    } else {
        year = in.number(3, 6);
        if (!year || !(in.take('-') || in.take('/'))) return std::nullopt;
        month = in.number(1, 2);
        if (!month || !(in.take('-') || in.take('/'))) return std::nullopt;
        day = in.number(1, 2);
    }
    if (!year || !month || !day) return std::nullopt;
    rest = in;
    return CivilDate{*year, static_cast<unsigned>(*month), static_cast<unsigned>(*day)};
}

std::optional<CivilDate> scan_date(Scan& in) {
    if (const auto date = scan_year_first(in, in)) return date;
    if (const auto date = scan_month_first(in, in)) return date;
    return scan_named_month(in, in);
}

// Before Christ is said behind everything else.
bool scan_era(Scan& in, CivilDate& date) {
    in.spaces();
    if (in.end()) return true;
    const auto era = in.word();
    if (era == "bc") date.year = 1 - date.year;
    return (era == "bc" || era == "ad") && in.end();
}

// The number of a day that exists and is in range.
Result<std::int64_t> checked_day(const CivilDate& date, std::string_view text) {
    const bool exists = date.month >= 1 && date.month <= 12 && date.day >= 1 &&
                        date.day <= days_in_month(date.year, date.month);
    if (exists && date.year >= kFirstYear && date.year <= kLastYear) return days_of(date);
    return field_out_of_range(text);
}

// What a field that reads well, but says too much, becomes.
constexpr std::int64_t kTooMuch = -1;

std::optional<std::int64_t> scan_time(Scan& in) {
    auto hours = in.number(1, 2);
    if (!hours || !in.take(':')) return std::nullopt;
    const auto minutes = in.number(2, 2);
    if (!minutes) return std::nullopt;
    std::int64_t seconds = 0, micros = 0;
    if (in.take(':')) {
        const auto whole = in.number(2, 2);
        if (!whole) return std::nullopt;
        seconds = *whole;
        if (in.take('.')) micros = in.fraction();
    }
    auto ahead = in;
    ahead.spaces();
    if (const auto half = ahead.word(); half == "am" || half == "pm") {
        in = ahead;
        if (*hours < 1 || *hours > 12) return kTooMuch;
        hours = *hours % 12 + (half == "pm" ? 12 : 0);
    }
    const auto all = ((*hours * 60 + *minutes) * 60 + seconds) * kMicrosPerSecond + micros;
    if (*minutes > 59 || seconds > 60 || all > kMicrosPerDay) return kTooMuch;
    return all;
}

// A zone as microseconds east of UTC; nothing is UTC.
std::optional<std::int64_t> scan_zone(Scan& in) {
    in.spaces();
    if (in.end()) return 0;
    const bool east = in.peek() == '+';
    if (in.take('+') || in.take('-')) {
        const auto hours = in.number(1, 2);
        if (!hours || *hours > 15) return std::nullopt;
        std::int64_t minutes = 0;
        if (in.take(':') || in.digit()) {
            const auto given = in.number(2, 2);
            if (!given || *given > 59) return std::nullopt;
            minutes = *given;
        }
        const auto offset = *hours * kMicrosPerHour + minutes * kMicrosPerMinute;
        return east ? offset : -offset;
    }
    if (in.rest().size() >= 2 && lower(in.rest()[0]) == 'b') return 0;  // BC, read by the caller
    const auto name = in.word();
    if (name == "z" || name == "utc" || name == "gmt") return 0;
    return std::nullopt;
}

}  // namespace

Result<std::int64_t> parse_date(std::string_view text) {
    if (const auto infinity = infinity_of(text)) return *infinity;
    if (is_epoch(text)) return 0;
    Scan in(text);
    auto date = scan_date(in);
    if (!date) return invalid("date", text);
    // A time behind the date is read and dropped.
    if (in.take('T') || in.take('t') ||
        (in.peek() == ' ' && in.rest().find(':') != std::string_view::npos)) {
        in.spaces();
        const auto time = scan_time(in);
        if (time == kTooMuch) return field_out_of_range(text);
        if (!time || !scan_zone(in)) return invalid("date", text);
    }
    if (!scan_era(in, *date)) return invalid("date", text);
    return checked_day(*date, text);
}

Result<std::int64_t> parse_time(std::string_view text) {
    Scan in(text);
    const auto micros = scan_time(in);
    if (micros == kTooMuch) return field_out_of_range(text);
    if (!micros || !scan_zone(in) || !in.end()) return invalid("time", text);
    return *micros;
}

Result<std::int64_t> parse_timestamp(std::string_view text, bool with_zone) {
    const char* const type = with_zone ? "timestamp with time zone" : "timestamp";
    if (const auto infinity = infinity_of(text)) return *infinity;
    if (is_epoch(text)) return 0;
    Scan in(text);
    auto date = scan_date(in);
    if (!date) return invalid(type, text);
    std::int64_t micros = 0, zone = 0;
    in.spaces();
    if (in.digit() || in.take('T') || in.take('t')) {
        const auto time = scan_time(in);
        if (time == kTooMuch) return field_out_of_range(text);
        if (!time) return invalid(type, text);
        micros = *time;
        const auto given = scan_zone(in);
        if (!given) return invalid(type, text);
        if (with_zone) zone = *given;
    }
    if (!scan_era(in, *date)) return invalid(type, text);
    auto days = checked_day(*date, text);
    if (!days) return days;
    return *days * kMicrosPerDay + micros - zone;
}

}  // namespace topgun::sql
