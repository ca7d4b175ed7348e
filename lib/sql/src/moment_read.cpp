// SPDX-License-Identifier: Apache-2.0
// to_timestamp() and to_date(): moments out of texts by templates.
#include <array>
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
        if (lower == "month") return take_name(p, kMonthNames, true, month_);
        if (lower == "mon") return take_name(p, kMonthNames, false, month_);
        if (lower == "day") return take_name(p, kDayNames, true, ignored);
        if (lower == "dy") return take_name(p, kDayNames, false, ignored);
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

Result<I> parse_moment(T text, T pattern) {
    return Reader(text, pattern).read();
}

}  // namespace topgun::sql
