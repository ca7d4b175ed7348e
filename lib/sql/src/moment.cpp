// SPDX-License-Identifier: Apache-2.0
#include "moment.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>

namespace topgun::sql {
namespace {

// The last year is the last whole one whose microseconds since 1970 fit 64 bits.
constexpr std::int64_t kFirstYear = -4712, kLastYear = 294'246;

Error invalid(const char* type, std::string_view text) {
    return Error(Errc::bad_input, std::string("invalid input syntax for type ") + type + ": \"" +
                                      std::string(text.substr(0, 64)) + "\"");
}
Error beyond(const char* type) {
    return Error(Errc::limit, std::string(type) + " out of range");
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// A text eaten from the front.
class Scan {
public:
    explicit Scan(std::string_view text) : rest_(text) {
        spaces();
        while (!rest_.empty() && rest_.back() == ' ') rest_.remove_suffix(1);
    }
    bool end() const { return rest_.empty(); }
    char peek() const { return rest_.empty() ? '\0' : rest_[0]; }
    bool digit() const { return is_digit(peek()); }
    void spaces() {
        while (!rest_.empty() && rest_[0] == ' ') rest_.remove_prefix(1);
    }
    bool take(char c) {
        if (peek() != c || rest_.empty()) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // A word, lower-cased.
    std::string word() {
        std::string out;
        while (!rest_.empty() && lower(rest_[0]) >= 'a' && lower(rest_[0]) <= 'z') {
            out += lower(rest_[0]);
            rest_.remove_prefix(1);
        }
        return out;
    }
    // Between `least` and `most` digits.
    std::optional<std::int64_t> number(std::size_t least, std::size_t most) {
        std::size_t count = 0;
        while (count < most && count < rest_.size() && is_digit(rest_[count])) ++count;
        if (count < least) return std::nullopt;
        std::int64_t value = 0;
        for (std::size_t i = 0; i < count; ++i) value = value * 10 + (rest_[i] - '0');
        rest_.remove_prefix(count);
        return value;
    }
    // Digits behind a point, as millionths, rounded.
    std::int64_t fraction() {
        std::int64_t micros = 0;
        bool up = false;
        // The unit is 0 at the seventh digit, which rounds, and -1 behind it.
        for (std::int64_t unit = kMicrosPerSecond / 10; digit(); rest_.remove_prefix(1)) {
            if (unit == 0) up = peek() >= '5';
            if (unit > 0) micros += unit * (peek() - '0');
            unit = unit > 0 ? unit / 10 : -1;
        }
        return micros + (up ? 1 : 0);
    }
    std::string_view rest() const { return rest_; }
    void skip(std::size_t count) { rest_.remove_prefix(count); }

private:
    std::string_view rest_;
};

std::optional<CivilDate> scan_date(Scan& in) {
    const auto digits = [&in] {
        std::size_t count = 0;
        while (count < in.rest().size() && is_digit(in.rest()[count])) ++count;
        return count;
    }();
    CivilDate date;
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
    date.year = *year;
    date.month = static_cast<unsigned>(*month);
    date.day = static_cast<unsigned>(*day);
    return date;
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
    return Error(Errc::limit,
                 "date/time field value out of range: \"" + std::string(text.substr(0, 64)) + "\"");
}

std::optional<std::int64_t> scan_time(Scan& in) {
    const auto hours = in.number(1, 2);
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
    const auto all = ((*hours * 60 + *minutes) * 60 + seconds) * kMicrosPerSecond + micros;
    if (*minutes > 59 || seconds > 60 || all > kMicrosPerDay) return std::nullopt;
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
        const auto offset = (*hours * 60 + minutes) * 60 * kMicrosPerSecond;
        return east ? offset : -offset;
    }
    if (in.rest().size() >= 2 && lower(in.rest()[0]) == 'b') return 0;  // BC, read by the caller
    const auto name = in.word();
    if (name == "z" || name == "utc" || name == "gmt") return 0;
    return std::nullopt;
}

struct Unit {
    std::string_view name;
    std::int64_t months = 0, days = 0, micros = 0;  // one of them
};
constexpr std::int64_t kMinute = 60 * kMicrosPerSecond, kHour = 60 * kMinute;
constexpr Unit kUnits[] = {
    {"millennium", 12'000, 0, 0},
    {"century", 1200, 0, 0},
    {"decade", 120, 0, 0},
    {"year", 12, 0, 0},
    {"yr", 12, 0, 0},
    {"y", 12, 0, 0},
    {"month", 1, 0, 0},
    {"mon", 1, 0, 0},
    {"week", 0, 7, 0},
    {"w", 0, 7, 0},
    {"day", 0, 1, 0},
    {"d", 0, 1, 0},
    {"hour", 0, 0, kHour},
    {"hr", 0, 0, kHour},
    {"h", 0, 0, kHour},
    {"minute", 0, 0, kMinute},
    {"min", 0, 0, kMinute},
    {"m", 0, 0, kMinute},
    {"second", 0, 0, kMicrosPerSecond},
    {"sec", 0, 0, kMicrosPerSecond},
    {"s", 0, 0, kMicrosPerSecond},
    {"millisecond", 0, 0, 1000},
    {"msec", 0, 0, 1000},
    {"ms", 0, 0, 1000},
    {"microsecond", 0, 0, 1},
    {"usec", 0, 0, 1},
    {"us", 0, 0, 1},
};

const Unit* find_unit(std::string_view word) {
    if (word == "centuries") word = "century";
    if (word == "millennia") word = "millennium";
    const auto found = [](std::string_view name) -> const Unit* {
        for (const auto& unit : kUnits) {
            if (name == unit.name) return &unit;
        }
        return nullptr;
    };
    // As it is first: "ms" is not several m.
    const auto* const unit = found(word);
    if (unit != nullptr || !word.ends_with('s')) return unit;
    return found(word.substr(0, word.size() - 1));
}

// An interval being added up; fractions of months become days, those of days time.
class IntervalSum {
public:
    void add(double amount, const Unit& unit) {
        if (unit.months != 0) {
            const auto months = amount * static_cast<double>(unit.months);
            const auto whole = std::trunc(months);
            months_ += whole;
            // A fraction of a year is whole months; of a month, days of thirty.
            if (unit.months == 1) add_days((months - whole) * 30);
        } else if (unit.days != 0) {
            add_days(amount * static_cast<double>(unit.days));
        } else {
            micros_ += std::round(amount * static_cast<double>(unit.micros));
        }
    }
    void add_micros(double micros) { micros_ += micros; }
    void negate() {
        months_ = -months_;
        days_ = -days_;
        micros_ = -micros_;
    }
    Result<Interval> finish() const {
        constexpr double kMost = 2147483647.0;
        if (std::fabs(months_) > kMost || std::fabs(days_) > kMost || std::fabs(micros_) > 9.2e18) {
            return beyond("interval");
        }
        return Interval{static_cast<std::int32_t>(months_), static_cast<std::int32_t>(days_),
                        static_cast<std::int64_t>(micros_)};
    }

private:
    void add_days(double days) {
        const auto whole = std::trunc(days);
        days_ += whole;
        micros_ += std::round((days - whole) * static_cast<double>(kMicrosPerDay));
    }
    double months_ = 0, days_ = 0, micros_ = 0;
};

std::optional<double> scan_amount(Scan& in) {
    const auto rest = in.rest();
    std::size_t at = 0;
    if (at < rest.size() && (rest[at] == '-' || rest[at] == '+')) ++at;
    const auto digits = at;
    while (at < rest.size() && (is_digit(rest[at]) || rest[at] == '.')) ++at;
    if (at == digits) return std::nullopt;
    double value = 0;
    const auto from = rest[0] == '+' ? rest.data() + 1 : rest.data();
    const auto [end, error] = std::from_chars(from, rest.data() + at, value);
    if (error != std::errc() || end != rest.data() + at) return std::nullopt;
    in.skip(at);
    return value;
}

// "04:05:06.7", "-1:30": hours may be more than a day's.
std::optional<double> scan_clock(Scan& in) {
    auto ahead = in;
    const bool negative = ahead.peek() == '-';
    if (negative || ahead.peek() == '+') ahead.skip(1);
    const auto hours = ahead.number(1, 10);
    if (!hours || !ahead.take(':')) return std::nullopt;
    const auto minutes = ahead.number(2, 2);
    if (!minutes || *minutes > 59) return std::nullopt;
    double micros = static_cast<double>(*hours) * static_cast<double>(kHour) +
                    static_cast<double>(*minutes * kMinute);
    if (ahead.take(':')) {
        const auto seconds = ahead.number(2, 2);
        if (!seconds || *seconds > 59) return std::nullopt;
        micros += static_cast<double>(*seconds * kMicrosPerSecond);
        if (ahead.take('.')) micros += static_cast<double>(ahead.fraction());
    }
    in = ahead;
    return negative ? -micros : micros;
}

// P1Y2M3W4DT5H6M7S
bool scan_iso(Scan& in, IntervalSum& sum) {
    bool time = false, any = false;
    while (!in.end()) {
        if (!time && (in.take('T') || in.take('t'))) {
            time = true;
            continue;
        }
        const auto amount = scan_amount(in);
        if (!amount) return false;
        const char letter = lower(in.peek());
        const char* const known = time ? "hms" : "ymwd";
        if (letter == '\0' || std::string_view(known).find(letter) == std::string_view::npos) {
            return false;
        }
        in.skip(1);
        const auto* unit = find_unit(!time && letter == 'm' ? std::string_view("month")
                                                            : std::string_view(&letter, 1));
        sum.add(*amount, *unit);
        any = true;
    }
    return any;
}

bool scan_words(Scan& in, IntervalSum& sum) {
    bool any = false;
    while (!in.end()) {
        if (const auto clock = scan_clock(in)) {
            sum.add_micros(*clock);
        } else if (const auto amount = scan_amount(in)) {
            in.spaces();
            const auto* unit = in.end() ? find_unit("s") : find_unit(in.word());
            if (unit == nullptr) return false;
            sum.add(*amount, *unit);
        } else {
            const bool ago = any && in.word() == "ago" && in.end();
            if (ago) sum.negate();
            return ago;
        }
        any = true;
        in.spaces();
    }
    return any;
}

void append_fraction(std::string& out, std::int64_t micros) {
    if (micros == 0) return;
    auto digits = std::to_string(kMicrosPerSecond + micros).substr(1);
    while (digits.back() == '0') digits.pop_back();
    out += '.' + digits;
}

std::string clock_text(std::int64_t micros) {
    char text[40];
    std::snprintf(text, sizeof text, "%02lld:%02lld:%02lld", static_cast<long long>(micros / kHour),
                  static_cast<long long>(micros / kMinute % 60),
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

Result<std::int64_t> parse_date(std::string_view text) {
    Scan in(text);
    if (in.rest() == "epoch") return 0;
    auto date = scan_date(in);
    if (!date) return invalid("date", text);
    // A time behind the date is read and dropped.
    if (in.take('T') || in.take('t') ||
        (in.peek() == ' ' && in.rest().find(':') != std::string_view::npos)) {
        in.spaces();
        if (!scan_time(in) || !scan_zone(in)) return invalid("date", text);
    }
    if (!scan_era(in, *date)) return invalid("date", text);
    return checked_day(*date, text);
}

Result<std::int64_t> parse_time(std::string_view text) {
    Scan in(text);
    const auto micros = scan_time(in);
    if (!micros || !scan_zone(in) || !in.end()) return invalid("time", text);
    return *micros;
}

Result<std::int64_t> parse_timestamp(std::string_view text, bool with_zone) {
    const char* const type = with_zone ? "timestamp with time zone" : "timestamp";
    Scan in(text);
    if (in.rest() == "epoch") return 0;
    auto date = scan_date(in);
    if (!date) return invalid(type, text);
    std::int64_t micros = 0, zone = 0;
    in.spaces();
    if (in.digit() || in.take('T') || in.take('t')) {
        const auto time = scan_time(in);
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

Result<Interval> parse_interval(std::string_view text) {
    Scan in(text);
    IntervalSum sum;
    const bool iso = in.take('P') || in.take('p');
    if (!(iso ? scan_iso(in, sum) : scan_words(in, sum))) return invalid("interval", text);
    return sum.finish();
}

std::string format_date(std::int64_t days) {
    const auto date = civil_of(days);
    return date_text(date) + (date.year <= 0 ? " BC" : "");
}

std::string format_time(std::int64_t micros) {
    return clock_text(micros);
}

std::string format_timestamp(std::int64_t micros) {
    const auto parts = split(micros);
    const auto date = civil_of(parts.days);
    return date_text(date) + " " + clock_text(parts.micros) + (date.year <= 0 ? " BC" : "");
}

std::string format_timestamptz(std::int64_t micros) {
    const auto parts = split(micros);
    const auto date = civil_of(parts.days);
    return date_text(date) + " " + clock_text(parts.micros) + "+00" + (date.year <= 0 ? " BC" : "");
}

std::string format_interval(const Interval& interval) {
    std::string out;
    bool negative_before = false;
    const auto add = [&](std::int64_t amount, const char* unit) {
        if (amount == 0) return;
        if (!out.empty()) out += ' ';
        // A plus is said where it would be taken for a minus.
        if (negative_before && amount > 0) out += '+';
        out += std::to_string(amount) + " " + unit + (amount == 1 ? "" : "s");
        negative_before = amount < 0;
    };
    add(interval.months / 12, "year");
    add(interval.months % 12, "mon");
    add(interval.days, "day");
    if (interval.micros == 0 && !out.empty()) return out;
    if (!out.empty()) out += ' ';
    if (interval.micros < 0)
        out += '-';
    else if (negative_before)
        out += '+';
    // The least number has no positive twin.
    const auto size = interval.micros < 0 ? 0 - static_cast<std::uint64_t>(interval.micros)
                                          : static_cast<std::uint64_t>(interval.micros);
    const auto hours = size / static_cast<std::uint64_t>(kHour);
    const auto rest = static_cast<std::int64_t>(size % static_cast<std::uint64_t>(kHour));
    const auto clock = clock_text(rest);
    const auto hour_text = std::to_string(hours);
    return out + (hour_text.size() < 2 ? "0" : "") + hour_text + clock.substr(2);
}

Result<std::int64_t> add_interval(std::int64_t micros, const Interval& interval) {
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
