// SPDX-License-Identifier: Apache-2.0
#include "moment_text.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <limits>

namespace topgun::pgdump {
namespace {

constexpr std::int64_t kSecond = 1'000'000, kMinute = 60 * kSecond, kHour = 60 * kMinute,
                       kDay = 24 * kHour;

// A text eaten from the front.
class Scan {
public:
    explicit Scan(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}
    bool end() const noexcept { return at_ == end_; }
    bool digit() const noexcept { return at_ != end_ && *at_ >= '0' && *at_ <= '9'; }
    bool take(char c) noexcept {
        if (at_ == end_ || *at_ != c) return false;
        ++at_;
        return true;
    }
    bool take(std::string_view word) noexcept {
        if (!std::string_view(at_, end_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }
    // Exactly two digits, as all parts but years have.
    bool two(std::int64_t& value) noexcept {
        if (end_ - at_ < 2) return false;
        const auto tens = static_cast<unsigned>(at_[0] - '0');
        const auto ones = static_cast<unsigned>(at_[1] - '0');
        if (tens > 9 || ones > 9) return false;
        value = tens * 10 + ones;
        at_ += 2;
        return true;
    }
    bool number(std::int64_t& value) noexcept {
        const auto [end, error] = std::from_chars(at_, end_, value);
        if (error != std::errc()) return false;
        at_ = end;
        return true;
    }
    // Digits behind a point as millionths. More than six are never written.
    bool fraction(std::int64_t& micros) noexcept {
        micros = 0;
        int digits = 0;
        for (; digit(); ++at_, ++digits) micros = micros * 10 + (digits < 6 ? *at_ - '0' : 0);
        if (digits == 0 || digits > 6) return false;
        for (; digits < 6; ++digits) micros *= 10;
        return true;
    }

private:
    const char* at_;
    const char* end_;
};

struct Civil {
    std::int64_t year = 0, month = 0, day = 0;
};

bool exists(const Civil& date) noexcept {
    constexpr std::array<std::int64_t, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (date.month < 1 || date.month > 12 || date.day < 1) return false;
    const bool leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);
    const auto days =
        date.month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(date.month - 1)];
    return date.day <= days;
}

// Days since 1970-01-01 in the proleptic Gregorian calendar; years begin in March here, so that
// leap days are last. Source: Howard Hinnant, chrono-Compatible Low-Level Date Algorithms (public
// domain).
std::int64_t days_of(const Civil& date) noexcept {
    const auto year = date.year - (date.month <= 2 ? 1 : 0);
    const auto era = (year >= 0 ? year : year - 399) / 400;
    const auto of_era = year - era * 400;
    const auto month = date.month > 2 ? date.month - 3 : date.month + 9;
    const auto of_year = (153 * month + 2) / 5 + date.day - 1;
    return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
}

Civil civil_of(std::int64_t days) noexcept {
    days += 719'468;
    const auto era = (days >= 0 ? days : days - 146'096) / 146'097;
    const auto of_era = days - era * 146'097;
    const auto year = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
    const auto of_year = of_era - (365 * year + year / 4 - year / 100);
    const auto month = (5 * of_year + 2) / 153;
    Civil out;
    out.day = of_year - (153 * month + 2) / 5 + 1;
    out.month = month < 10 ? month + 3 : month - 9;
    out.year = year + era * 400 + (out.month <= 2 ? 1 : 0);
    return out;
}

bool is_infinite(std::string_view text) noexcept {
    return text == "infinity" || text == "-infinity";
}

bool scan_date(Scan& in, Civil& date) noexcept {
    // PostgreSQL's last year has seven digits.
    return in.digit() && in.number(date.year) && date.year < 10'000'000 && in.take('-') &&
           in.two(date.month) && in.take('-') && in.two(date.day);
}

bool scan_time(Scan& in, std::int64_t& micros) noexcept {
    std::int64_t hours = 0, minutes = 0, seconds = 0, fraction = 0;
    if (!in.two(hours) || !in.take(':') || !in.two(minutes) || !in.take(':') || !in.two(seconds)) {
        return false;
    }
    if (in.take('.') && !in.fraction(fraction)) return false;
    micros = hours * kHour + minutes * kMinute + seconds * kSecond + fraction;
    return minutes < 60 && seconds <= 60 && micros <= kDay;
}

// Microseconds east of UTC. Zones of old times have seconds.
bool scan_zone(Scan& in, std::int64_t& offset) noexcept {
    const bool west = in.take('-');
    if (!west && !in.take('+')) return false;
    std::int64_t hours = 0, minutes = 0, seconds = 0;
    if (!in.two(hours)) return false;
    if (in.take(':') && !in.two(minutes)) return false;
    if (in.take(':') && !in.two(seconds)) return false;
    offset = hours * kHour + minutes * kMinute + seconds * kSecond;
    if (west) offset = -offset;
    return minutes < 60 && seconds < 60;
}

// Before Christ is said behind everything else; there was no year 0.
bool scan_era(Scan& in, Civil& date) noexcept {
    if (in.take(" BC")) date.year = 1 - date.year;
    return in.end();
}

MomentFault fault_of(std::string_view text) noexcept {
    return is_infinite(text) ? MomentFault::infinite : MomentFault::malformed;
}

}  // namespace

MomentFault read_date(std::string_view text, std::int64_t& days) noexcept {
    Scan in(text);
    Civil date;
    if (!scan_date(in, date) || !scan_era(in, date)) return fault_of(text);
    if (!exists(date)) return MomentFault::range;
    days = days_of(date);
    return MomentFault::none;
}

MomentFault read_time(std::string_view text, std::int64_t& micros) noexcept {
    Scan in(text);
    return scan_time(in, micros) && in.end() ? MomentFault::none : MomentFault::malformed;
}

MomentFault read_timestamp(std::string_view text, bool with_zone, std::int64_t& micros) noexcept {
    Scan in(text);
    Civil date;
    std::int64_t time = 0, zone = 0;
    if (!scan_date(in, date) || !in.take(' ') || !scan_time(in, time) ||
        (with_zone && !scan_zone(in, zone)) || !scan_era(in, date)) {
        return fault_of(text);
    }
    if (!exists(date) || __builtin_mul_overflow(days_of(date), kDay, &micros) ||
        __builtin_add_overflow(micros, time - zone, &micros)) {
        return MomentFault::range;
    }
    return MomentFault::none;
}

MomentFault read_interval(std::string_view text, Interval& out) noexcept {
    Scan in(text);
    std::int64_t months = 0, days = 0, micros = 0;
    for (bool first = true; !in.end(); first = false) {
        if (!first && !in.take(' ')) return MomentFault::malformed;
        const bool negative = in.take('-');
        if (!negative) in.take('+');
        std::int64_t amount = 0;
        if (!in.digit() || !in.number(amount)) return MomentFault::malformed;
        if (amount > std::numeric_limits<std::int32_t>::max() * std::int64_t{2}) {
            return MomentFault::range;
        }
        if (in.take(':')) {
            std::int64_t minutes = 0, seconds = 0, fraction = 0;
            if (!in.two(minutes) || !in.take(':') || !in.two(seconds))
                return MomentFault::malformed;
            if (in.take('.') && !in.fraction(fraction)) return MomentFault::malformed;
            micros = minutes * kMinute + seconds * kSecond + fraction;
            if (__builtin_mul_overflow(amount, kHour, &amount) ||
                __builtin_add_overflow(micros, amount, &micros)) {
                return MomentFault::range;
            }
            if (negative) micros = -micros;
            continue;
        }
        if (negative) amount = -amount;
        if (in.take(" year")) {
            months += amount * 12;
        } else if (in.take(" mon")) {
            months += amount;
        } else if (in.take(" day")) {
            days += amount;
        } else {
            return MomentFault::malformed;
        }
        in.take('s');
    }
    out = {static_cast<std::int32_t>(months), static_cast<std::int32_t>(days), micros};
    if (text.empty()) return MomentFault::malformed;
    return out.months == months && out.days == days ? MomentFault::none : MomentFault::range;
}

std::string timestamptz_text(std::int64_t micros) {
    auto days = micros / kDay, rest = micros % kDay;
    if (rest < 0) {
        rest += kDay;
        --days;
    }
    const auto date = civil_of(days);
    const bool before = date.year <= 0;
    char text[96];
    std::snprintf(text, sizeof text, "%04lld-%02lld-%02lld %02lld:%02lld:%02lld",
                  static_cast<long long>(before ? 1 - date.year : date.year),
                  static_cast<long long>(date.month), static_cast<long long>(date.day),
                  static_cast<long long>(rest / kHour), static_cast<long long>(rest / kMinute % 60),
                  static_cast<long long>(rest / kSecond % 60));
    std::string out = text;
    if (const auto fraction = rest % kSecond; fraction != 0) {
        auto digits = std::to_string(kSecond + fraction);
        while (digits.back() == '0') digits.pop_back();
        out += '.' + digits.substr(1);
    }
    return out + "+00" + (before ? " BC" : "");
}

}  // namespace topgun::pgdump
