// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <optional>
#include <vector>

#include "characters.hpp"
#include "moment.hpp"
#include "moment_template.hpp"
#include "moment_units.hpp"
#include "value_format.hpp"

namespace topgun::sql {
namespace {

using I = std::int64_t;
using T = std::string_view;
constexpr I kMinute = 60 * kMicrosPerSecond, kHour = 60 * kMinute;

// What a template shows of a moment or an interval.
struct Fields {
    I year = 0, month = 0, day = 0, micros = 0;
    std::optional<I> days;  // Since 1970; intervals have none.
    bool zone = false;
};

std::string number(I value, std::size_t width, bool fill) {
    auto digits = std::to_string(std::abs(value));
    if (fill && digits.size() < width) digits.insert(0, width - digits.size(), '0');
    return (value < 0 ? "-" : "") + digits;
}

std::string padded(T name, T pattern, bool fill, std::size_t width) {
    std::string out(name);
    if (pattern[1] >= 'A' && pattern[1] <= 'Z')
        out = uppered(name);
    else if (pattern[0] >= 'a')
        out = lowered(name);
    if (fill && out.size() < width) out.append(width - out.size(), ' ');
    return out;
}

T ordinal_of(T digits, bool upper) {
    const char last = digits.back();
    const bool teen = digits.size() > 1 && digits[digits.size() - 2] == '1';
    if (!teen && last == '1') return upper ? "ST" : "st";
    if (!teen && last == '2') return upper ? "ND" : "nd";
    if (!teen && last == '3') return upper ? "RD" : "rd";
    return upper ? "TH" : "th";
}

std::string half_of_day(T pattern, bool second) {
    std::string out(pattern);
    const bool upper = pattern[0] == 'A' || pattern[0] == 'P';
    out[0] = second ? (upper ? 'P' : 'p') : (upper ? 'A' : 'a');
    return out;
}
std::string era(T pattern, bool before) {
    const bool upper = pattern[0] < 'a';
    std::string out = pattern.size() > 2 ? (before ? "B.C." : "A.D.") : (before ? "BC" : "AD");
    return upper ? out : lowered(out);
}

std::string time_part(const Fields& f, T p, bool fill) {
    const auto hours = f.micros / kHour;
    // Intervals may have more hours than a day.
    const auto twelve = hours % 12 == 0 ? I{12} : hours % 12;
    const auto micros = std::abs(f.micros % kMicrosPerSecond);
    if (p == "HH24") return number(hours, 2, fill);
    if (p == "HH" || p == "HH12") return number(twelve, 2, fill);
    if (p == "MI") return number(f.micros / kMinute % 60, 2, fill);
    if (p == "SS") return number(f.micros / kMicrosPerSecond % 60, 2, fill);
    if (p == "MS") return number(micros / 1000, 3, true);
    if (p == "US") return number(micros, 6, true);
    if (p.starts_with("FF")) {
        return number(micros, 6, true).substr(0, static_cast<std::size_t>(p[2] - '0'));
    }
    if (p == "SSSS" || p == "SSSSS") return number(f.micros / kMicrosPerSecond, 1, false);
    return half_of_day(p, hours % 24 >= 12);
}

std::string year_part(I year, T p, bool fill) {
    const auto shown = year > 0 ? year : 1 - year;
    if (p == "Y,YYY") return number(shown / 1000, 1, false) + "," + number(shown % 1000, 3, true);
    const auto digits = p.size();
    if (digits == 4) return number(shown, 4, fill);
    I modulus = 1;
    for (std::size_t i = 0; i < digits; ++i) modulus *= 10;
    return number(shown % modulus, digits, fill);
}

Result<std::string> day_part(const Fields& f, T p, bool fill) {
    if (p == "MM") return number(f.month, 2, fill);
    if (p == "DD") return number(f.day, 2, fill);
    if (p == "Q") return f.month == 0 ? std::string() : number((f.month + 2) / 3, 1, false);
    if (p == "CC") {
        const auto century = f.year > 0 ? (f.year + 99) / 100 : f.year / 100 - 1;
        return number(century, 2, fill);
    }
    if (p == "W") return number((f.day - 1) / 7 + 1, 1, false);
    if (p == "DDD") return number(f.days ? day_of_year(*f.days) : f.day, 3, fill);
    if (p == "J") return number(f.days.value_or(0) + kJulianOfEpoch, 1, false);
    if (p == "WW") return number(f.days ? (day_of_year(*f.days) - 1) / 7 + 1 : 1, 2, fill);
    if (!f.days) {
        return Error(Errc::bad_input, "invalid format specification for an interval value: \"" +
                                          std::string(p) + "\"");
    }
    const auto weekday = iso_weekday(*f.days);
    if (p == "D") return number(weekday % 7 + 1, 1, false);
    if (p == "ID") return number(weekday, 1, false);
    const auto week = iso_week(*f.days);
    if (p == "IW") return number(week.week, 2, fill);
    if (p == "IDDD") return number((week.week - 1) * 7 + weekday, 3, fill);
    if (p[0] == 'I') return year_part(week.year, p, fill);
    const auto lower = lowered(p);
    if (lower == "month") {
        return padded(kMonthNames[static_cast<std::size_t>(f.month - 1)], p, fill, 9);
    }
    if (lower == "mon") {
        return padded(kMonthNames[static_cast<std::size_t>(f.month - 1)].substr(0, 3), p, fill, 0);
    }
    const auto name = kDayNames[static_cast<std::size_t>(weekday % 7)];
    if (lower == "day") return padded(name, p, fill, 9);
    return padded(name.substr(0, 3), p, fill, 0);
}

Result<std::string> part(const Fields& f, const TemplatePiece& piece) {
    const auto p = piece.pattern;
    const auto lower = lowered(p);
    if (lower == "rm") {
        return Error(Errc::usage, "to_char() does not support RM, months in Roman numerals");
    }
    if (lower == "tz") return std::string(f.zone ? (p == "TZ" ? "UTC" : "utc") : "");
    if (p == "OF" || p == "TZH") return std::string("+00");
    if (p == "TZM") return std::string("00");
    if (lower == "bc" || lower == "ad" || lower == "b.c." || lower == "a.d.") {
        return era(p, f.year <= 0);
    }
    const bool time = p.starts_with("HH") || p == "MI" || p == "SS" || p == "MS" || p == "US" ||
                      p.starts_with("FF") || p.starts_with("SSSS") || lower == "am" ||
                      lower == "pm" || lower == "a.m." || lower == "p.m.";
    if (time) return time_part(f, p, piece.fill);
    if (p[0] == 'Y') return year_part(f.year, p, piece.fill);
    return day_part(f, p, piece.fill);
}

Result<std::string> format_fields(const Fields& fields, T pattern) {
    std::string out;
    for (const auto& piece : pieces_of(pattern)) {
        if (piece.pattern.empty()) {
            out += piece.literal;
            continue;
        }
        auto text = part(fields, piece);
        if (!text) return text;
        if (!piece.ordinal.empty() && !text->empty()) {
            *text += ordinal_of(*text, piece.ordinal == "TH");
        }
        out += *text;
    }
    return out;
}

}  // namespace

Result<std::string> format_moment(I micros, bool with_zone, T pattern) {
    const auto [days, time] = split(micros);
    const auto date = civil_of(days);
    return format_fields({date.year, I{date.month}, I{date.day}, time, days, with_zone}, pattern);
}

Result<std::string> format_interval_by(const Interval& interval, T pattern) {
    return format_fields({interval.months / 12, interval.months % 12, interval.days,
                          interval.micros, std::nullopt, false},
                         pattern);
}

}  // namespace topgun::sql
