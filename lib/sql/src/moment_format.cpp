// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <vector>

#include "characters.hpp"
#include "moment.hpp"
#include "moment_units.hpp"
#include "value_format.hpp"

namespace topgun::sql {
namespace {

using I = std::int64_t;
using T = std::string_view;
constexpr I kMinute = 60 * kMicrosPerSecond, kHour = 60 * kMinute;

constexpr std::array<T, 12> kMonths{"January",   "February", "March",    "April",
                                    "May",       "June",     "July",     "August",
                                    "September", "October",  "November", "December"};
constexpr std::array<T, 7> kDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                 "Thursday", "Friday", "Saturday"};

// Longer ones first, so that the first that fits is the one meant.
constexpr T kPatterns[] = {
    "Y,YYY", "SSSSS", "HH24", "HH12", "SSSS", "YYYY",  "IYYY",  "IDDD",  "A.M.", "P.M.", "a.m.",
    "p.m.",  "B.C.",  "A.D.", "b.c.", "a.d.", "MONTH", "Month", "month", "YYY",  "IYY",  "DDD",
    "DAY",   "Day",   "day",  "MON",  "Mon",  "mon",   "TZH",   "TZM",   "FF1",  "FF2",  "FF3",
    "FF4",   "FF5",   "FF6",  "HH",   "MI",   "SS",    "MS",    "US",    "AM",   "PM",   "am",
    "pm",    "BC",    "AD",   "bc",   "ad",   "YY",    "IY",    "MM",    "DD",   "DY",   "Dy",
    "dy",    "ID",    "WW",   "IW",   "CC",   "TZ",    "tz",    "OF",    "RM",   "rm",   "Y",
    "I",     "D",     "W",    "Q",    "J",
};

struct Piece {
    T pattern;  // Empty for a literal.
    std::string literal;
    bool fill = true;  // No FM in front.
    T ordinal;         // "TH" or "th".
};

std::vector<Piece> pieces_of(T text) {
    std::vector<Piece> out;
    for (std::size_t i = 0; i < text.size();) {
        Piece piece;
        if (text[i] == '"') {
            for (++i; i < text.size() && text[i] != '"'; ++i) {
                if (text[i] == '\\' && i + 1 < text.size()) ++i;
                piece.literal += text[i];
            }
            ++i;
            out.push_back(std::move(piece));
            continue;
        }
        // FM alone switches nothing on, so it is looked at together with what follows it.
        while (text.substr(i).starts_with("FM") || text.substr(i).starts_with("fm")) {
            piece.fill = false;
            i += 2;
        }
        while (text.substr(i).starts_with("FX")) i += 2;
        const auto rest = text.substr(i);
        const auto folded = uppered(rest.substr(0, 6));
        const auto* found = std::find_if(std::begin(kPatterns), std::end(kPatterns),
                                         [&](T pattern) { return rest.starts_with(pattern); });
        // Patterns of numbers may have any case.
        if (found == std::end(kPatterns)) {
            found = std::find_if(std::begin(kPatterns), std::end(kPatterns),
                                 [&](T pattern) { return folded.starts_with(pattern); });
        }
        if (found != std::end(kPatterns)) {
            piece.pattern = *found;
            i += found->size();
            const auto behind = text.substr(i, 2);
            if (behind == "TH" || behind == "th") {
                piece.ordinal = behind;
                i += 2;
            }
        } else if (i < text.size()) {
            if (text[i] == '\\' && i + 1 < text.size()) ++i;
            piece.literal = text.substr(i, 1);
            ++i;
        }
        out.push_back(std::move(piece));
    }
    return out;
}

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
        return padded(kMonths[static_cast<std::size_t>(f.month - 1)], p, fill, 9);
    }
    if (lower == "mon") {
        return padded(kMonths[static_cast<std::size_t>(f.month - 1)].substr(0, 3), p, fill, 0);
    }
    const auto name = kDays[static_cast<std::size_t>(weekday % 7)];
    if (lower == "day") return padded(name, p, fill, 9);
    return padded(name.substr(0, 3), p, fill, 0);
}

Result<std::string> part(const Fields& f, const Piece& piece) {
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

// Reads a text by a template.
class Reader {
public:
    Reader(T text, T pattern) : text_(text), rest_(text), pattern_(pattern) {}

    Result<I> read() {
        const auto pieces = pieces_of(pattern_);
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            const auto& piece = pieces[i];
            if (piece.pattern.empty()) {
                separator(piece.literal);
                continue;
            }
            skip_spaces();
            // Digits that run into the next pattern's are told apart by their number.
            const bool tight = i + 1 < pieces.size() && !pieces[i + 1].pattern.empty();
            TOPGUN_TRY(value(piece.pattern, tight || !piece.fill ? tight : false));
            if (!piece.ordinal.empty() && rest_.size() >= 2) rest_.remove_prefix(2);
        }
        return moment();
    }

private:
    Error bad(T pattern) const {
        return Error(Errc::bad_input, "invalid value \"" + std::string(rest_.substr(0, 64)) +
                                          "\" for \"" + std::string(pattern) + "\"");
    }
    void skip_spaces() {
        while (!rest_.empty() && rest_[0] == ' ') rest_.remove_prefix(1);
    }
    static bool is_punctuation(char c) {
        return c > ' ' && !is_word_character(static_cast<unsigned char>(c)) &&
               !is_continuation(c) && static_cast<unsigned char>(c) < 0x80;
    }
    // Any separator of the template stands for any of the text, or for none.
    void separator(T literal) {
        for (const char c : literal) {
            if (c == ' ' || is_punctuation(c)) {
                if (c == ' ') skip_spaces();
                if (!rest_.empty() && is_punctuation(rest_[0]) && rest_[0] != '-' &&
                    rest_[0] != '+')
                    rest_.remove_prefix(1);
                else if (!rest_.empty() && (rest_[0] == c || (rest_[0] == '-' && c != ' ')))
                    rest_.remove_prefix(1);
            } else if (!rest_.empty()) {
                rest_.remove_prefix(1);
            }
        }
    }

    std::optional<I> digits(std::size_t most) {
        I out = 0;
        std::size_t count = 0;
        while (count < most && count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') {
            out = out * 10 + (rest_[count++] - '0');
        }
        if (count == 0) return std::nullopt;
        taken_ = count;
        rest_.remove_prefix(count);
        return out;
    }
    Status take(T pattern, std::size_t most, I& to) {
        const auto found = digits(most);
        if (!found) return bad(pattern);
        to = *found;
        return {};
    }
    // Digits of a fraction count from the left.
    Status take_fraction(T pattern, std::size_t most) {
        I part = 0;
        TOPGUN_TRY(take(pattern, most, part));
        for (auto i = taken_; i < 6; ++i) part *= 10;
        fraction_ = part;
        return {};
    }
    template <std::size_t N>
    Status take_name(T pattern, const std::array<T, N>& names, bool full, I& to) {
        const auto wanted = lowered(rest_.substr(0, 9));
        for (std::size_t i = 0; i < N; ++i) {
            const auto name = lowered(full ? names[i] : names[i].substr(0, 3));
            if (!wanted.starts_with(name)) continue;
            rest_.remove_prefix(name.size());
            to = static_cast<I>(i) + 1;
            return {};
        }
        return bad(pattern);
    }
    bool take_word(T word) {
        if (lowered(rest_.substr(0, word.size())) != word) return false;
        rest_.remove_prefix(word.size());
        return true;
    }

    Status value(T p, bool tight) {
        const auto lower = lowered(p);
        I ignored = 0;
        if (p == "YYYY" || p == "IYYY") return take(p, tight ? 4 : 6, year_);
        if (p == "Y,YYY") {
            I thousands = 0;
            TOPGUN_TRY(take(p, 3, thousands));
            if (rest_.starts_with(',')) rest_.remove_prefix(1);
            TOPGUN_TRY(take(p, 3, year_));
            year_ += thousands * 1000;
            return {};
        }
        if (p == "YYY" || p == "YY" || p == "Y") {
            TOPGUN_TRY(take(p, tight ? p.size() : 4, year_));
            // The year nearest to 2020.
            if (taken_ < 3) year_ += year_ < 70 ? 2000 : 1900;
            return {};
        }
        if (p == "MM") return take(p, 2, month_);
        if (p == "DD") return take(p, 2, day_);
        if (p == "DDD") return take(p, 3, day_of_year_);
        if (p == "HH24") return take(p, 2, hour_);
        if (p == "HH" || p == "HH12") {
            twelve_ = true;
            return take(p, 2, hour_);
        }
        if (p == "MI") return take(p, 2, minute_);
        if (p == "SS") return take(p, 2, second_);
        if (p == "SSSS" || p == "SSSSS") return take(p, 5, seconds_of_day_);
        if (p == "MS") return take_fraction(p, 3);
        if (p == "US") return take_fraction(p, 6);
        if (p.starts_with("FF")) return take_fraction(p, static_cast<std::size_t>(p[2] - '0'));
        if (p == "J") return take(p, 9, julian_);
        if (p == "D" || p == "ID" || p == "Q" || p == "W") return take(p, 1, ignored);
        if (lower == "month") return take_name(p, kMonths, true, month_);
        if (lower == "mon") return take_name(p, kMonths, false, month_);
        if (lower == "day") return take_name(p, kDays, true, ignored);
        if (lower == "dy") return take_name(p, kDays, false, ignored);
        if (lower == "am" || lower == "pm") return half("am", "pm", p);
        if (lower == "a.m." || lower == "p.m.") return half("a.m.", "p.m.", p);
        if (lower == "bc" || lower == "ad") return take_era("bc", "ad", p);
        if (lower == "b.c." || lower == "a.d.") return take_era("b.c.", "a.d.", p);
        if (p == "TZH" || p == "OF") {
            const bool west = rest_.starts_with('-');
            if (west || rest_.starts_with('+')) rest_.remove_prefix(1);
            TOPGUN_TRY(take(p, 2, zone_));
            zone_ *= west ? -kHour : kHour;
            return {};
        }
        if (p == "TZM") {
            I minutes = 0;
            TOPGUN_TRY(take(p, 2, minutes));
            zone_ += zone_ < 0 ? -minutes * kMinute : minutes * kMinute;
            return {};
        }
        return Error(Errc::usage,
                     "formatting field \"" + std::string(p) + "\" is only supported in to_char");
    }
    Status half(T before, T after, T pattern) {
        if (take_word(before))
            afternoon_ = 0;
        else if (take_word(after))
            afternoon_ = 1;
        else
            return bad(pattern);
        twelve_ = true;
        return {};
    }
    Status take_era(T before, T after, T pattern) {
        if (take_word(before))
            before_christ_ = true;
        else if (!take_word(after))
            return bad(pattern);
        return {};
    }

    Result<I> moment() const {
        const auto out_of_range = [this] {
            return Error(Errc::limit, "date/time field value out of range: \"" +
                                          std::string(text_.substr(0, 64)) + "\"");
        };
        auto hour = hour_;
        if (twelve_) {
            if (hour < 1 || hour > 12) {
                return Error(Errc::bad_input, "hour \"" + std::to_string(hour) +
                                                  "\" is invalid for the 12-hour clock");
            }
            hour = hour % 12 + (afternoon_ == 1 ? 12 : 0);
        }
        if (hour > 24 || minute_ > 59 || second_ > 59) return out_of_range();
        auto time = seconds_of_day_ >= 0
                        ? seconds_of_day_ * kMicrosPerSecond
                        : (hour * 60 + minute_) * kMinute + second_ * kMicrosPerSecond;
        time += fraction_ - zone_;
        if (julian_ >= 0) return (julian_ - kJulianOfEpoch) * kMicrosPerDay + time;
        const auto year = before_christ_ ? 1 - year_ : year_ == 0 ? 0 : year_;
        if (month_ < 1 || month_ > 12 || year > 294'246) return out_of_range();
        const auto month = static_cast<unsigned>(month_);
        if (day_ < 1 || day_ > days_in_month(year, month)) return out_of_range();
        auto days = days_of({year, month, static_cast<unsigned>(day_)});
        if (day_of_year_ > 0) days = days_of({year, 1, 1}) + day_of_year_ - 1;
        return days * kMicrosPerDay + time;
    }

    T text_, rest_, pattern_;
    std::size_t taken_ = 0;
    I year_ = 0, month_ = 1, day_ = 1, hour_ = 0, minute_ = 0, second_ = 0, fraction_ = 0;
    I seconds_of_day_ = -1, day_of_year_ = 0, julian_ = -1, zone_ = 0;
    int afternoon_ = -1;
    bool twelve_ = false, before_christ_ = false;
};

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

Result<I> parse_moment(T text, T pattern) {
    return Reader(text, pattern).read();
}

}  // namespace topgun::sql
