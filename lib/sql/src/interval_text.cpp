// SPDX-License-Identifier: Apache-2.0
// Intervals as text: PostgreSQL's own form, that of the SQL standard, and ISO 8601's.
#include <charconv>
#include <cmath>
#include <cstdio>
#include <vector>

#include "moment.hpp"
#include "moment_scan.hpp"
#include "topgun/column/decimal.hpp"

namespace topgun::sql {
namespace {

enum class Unit : std::uint8_t {
    millennium,
    century,
    decade,
    year,
    month,
    week,
    day,
    hour,
    minute,
    second,
    millisecond,
    microsecond,
    ago,
};
struct UnitName {
    std::string_view name;
    Unit unit;
};
constexpr UnitName kUnits[] = {
    {"millennium", Unit::millennium},
    {"millennia", Unit::millennium},
    {"mil", Unit::millennium},
    {"century", Unit::century},
    {"centuries", Unit::century},
    {"cent", Unit::century},
    {"c", Unit::century},
    {"decade", Unit::decade},
    {"dec", Unit::decade},
    {"year", Unit::year},
    {"yr", Unit::year},
    {"y", Unit::year},
    {"month", Unit::month},
    {"mon", Unit::month},
    {"week", Unit::week},
    {"w", Unit::week},
    {"day", Unit::day},
    {"d", Unit::day},
    {"hour", Unit::hour},
    {"hr", Unit::hour},
    {"h", Unit::hour},
    {"minute", Unit::minute},
    {"min", Unit::minute},
    {"m", Unit::minute},
    {"second", Unit::second},
    {"sec", Unit::second},
    {"s", Unit::second},
    {"millisecond", Unit::millisecond},
    {"msec", Unit::millisecond},
    {"ms", Unit::millisecond},
    {"microsecond", Unit::microsecond},
    {"usec", Unit::microsecond},
    {"us", Unit::microsecond},
    {"ago", Unit::ago},
};

std::optional<Unit> find_unit(std::string_view word) {
    const auto found = [](std::string_view name) -> std::optional<Unit> {
        for (const auto& unit : kUnits) {
            if (name == unit.name) return unit.unit;
        }
        return std::nullopt;
    };
    // As it is first: "ms" is not several m.
    const auto unit = found(word);
    if (unit || !word.ends_with('s')) return unit;
    return found(word.substr(0, word.size() - 1));
}

// Why a text is no interval.
enum class Flaw : std::uint8_t { none, syntax, range };

// A number: what stands before the point, and the rest with the sign of the whole.
struct Amount {
    std::int64_t whole = 0;
    double fraction = 0;
};

// An interval that is added up part by part; fractions go down to the next smaller parts.
class Sum {
public:
    Flaw add(const Amount& amount, Unit unit) {
        switch (unit) {
            case Unit::millennium: return years(amount, 1000);
            case Unit::century: return years(amount, 100);
            case Unit::decade: return years(amount, 10);
            case Unit::year: return years(amount, 1);
            case Unit::month:
                months_ += amount.whole;
                days_of(amount.fraction * 30);
                break;
            case Unit::week:
                days_ += Int128{amount.whole} * 7;
                days_of(amount.fraction * 7);
                break;
            case Unit::day:
                days_ += amount.whole;
                micros_of(amount.fraction * static_cast<double>(kMicrosPerDay));
                break;
            case Unit::hour: return time(amount, kMicrosPerHour);
            case Unit::minute: return time(amount, kMicrosPerMinute);
            case Unit::second: return time(amount, kMicrosPerSecond);
            case Unit::millisecond: return time(amount, 1000);
            case Unit::microsecond: return time(amount, 1);
            case Unit::ago: return Flaw::syntax;
        }
        return Flaw::none;
    }
    void negate() {
        months_ = -months_;
        days_ = -days_;
        micros_ = -micros_;
    }
    std::optional<Interval> finish() const {
        const auto fits = [](Int128 value, Int128 most) {
            return value >= -most - 1 && value <= most;
        };
        if (!fits(months_, INT32_MAX) || !fits(days_, INT32_MAX) || !fits(micros_, INT64_MAX)) {
            return std::nullopt;
        }
        return Interval{static_cast<std::int32_t>(months_), static_cast<std::int32_t>(days_),
                        static_cast<std::int64_t>(micros_)};
    }

private:
    Flaw years(const Amount& amount, std::int64_t each) {
        months_ += Int128{amount.whole} * each * 12;
        months_ +=
            static_cast<std::int64_t>(std::rint(amount.fraction * static_cast<double>(each) * 12));
        return Flaw::none;
    }
    Flaw time(const Amount& amount, std::int64_t each) {
        micros_ += Int128{amount.whole} * each;
        micros_of(amount.fraction * static_cast<double>(each));
        return Flaw::none;
    }
    void days_of(double days) {
        const auto whole = std::trunc(days);
        days_ += static_cast<std::int64_t>(whole);
        micros_of((days - whole) * static_cast<double>(kMicrosPerDay));
    }
    void micros_of(double micros) { micros_ += static_cast<std::int64_t>(std::rint(micros)); }

    Int128 months_ = 0, days_ = 0, micros_ = 0;
};

// One field of the text: digits with all that belongs to them, or a word.
struct Field {
    std::string_view text;
    bool word = false;
};

std::optional<std::vector<Field>> fields_of(std::string_view text) {
    constexpr std::size_t kMost = 25;  // PostgreSQL's MAXDATEFIELDS
    std::vector<Field> out;
    const auto letter = [](char c) { return lower(c) >= 'a' && lower(c) <= 'z'; };
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        const auto start = at;
        if (c == ' ' || c == '@' || c == '\t' || c == '\n' || c == ',') {
            ++at;
            continue;
        }
        const bool word = letter(c);
        if (word) {
            while (at < text.size() && letter(text[at])) ++at;
        } else {
            // A sign begins a field, or stands between years and months.
            if (c == '+' || c == '-') ++at;
            const auto digits = at;
            while (at < text.size() && (is_digit(text[at]) || text[at] == '.' || text[at] == ':' ||
                                        (text[at] == '-' && at > digits))) {
                ++at;
            }
            if (at == digits) return std::nullopt;
        }
        if (out.size() == kMost) return std::nullopt;
        out.push_back({text.substr(start, at - start), word});
    }
    return out;
}

Flaw read_amount(std::string_view text, bool& negative, Amount& out) {
    negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    const auto point = text.find('.');
    const auto digits = text.substr(0, point);
    if (!digits.empty()) {
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), out.whole);
        if (error == std::errc::result_out_of_range) return Flaw::range;
        if (error != std::errc() || end != digits.data() + digits.size()) return Flaw::syntax;
    }
    if (point != std::string_view::npos) {
        const auto rest = text.substr(point);
        if (rest.size() > 1) {
            const auto [end, error] =
                std::from_chars(rest.data(), rest.data() + rest.size(), out.fraction);
            if (error != std::errc() || end != rest.data() + rest.size()) return Flaw::syntax;
        } else if (digits.empty()) {
            return Flaw::syntax;
        }
    } else if (digits.empty()) {
        return Flaw::syntax;
    }
    if (negative) {
        out.whole = -out.whole;
        out.fraction = -out.fraction;
    }
    return Flaw::none;
}

// "04:05:06.7", "04:05", "05:06.7": hours may be more than a day's.
Flaw read_clock(std::string_view text, IntervalFields fields, Sum& sum) {
    Scan in(text);
    const bool negative = in.take('-');
    if (!negative) (void)in.take('+');
    std::int64_t parts[3] = {0, 0, 0};
    std::size_t count = 0;
    std::int64_t micros = 0;
    do {
        const auto part = in.number(1, 18);
        if (!part || count == 3) return Flaw::syntax;
        parts[count++] = *part;
    } while (in.take(':'));
    const bool fraction = in.take('.');
    if (fraction) micros = in.fraction();
    if (!in.end()) return Flaw::syntax;
    // Two numbers are hours and minutes, unless the second has a fraction.
    if (count == 2 && (fraction || fields == IntervalFields::minute_to_second)) {
        parts[2] = parts[1];
        parts[1] = parts[0];
        parts[0] = 0;
    }
    if (parts[1] > 59 || parts[2] > 60) return Flaw::range;
    const auto sign = negative ? -1 : 1;
    const auto add = [&](std::int64_t amount, Unit unit) {
        return sum.add({sign * amount, 0}, unit);
    };
    (void)add(parts[0], Unit::hour);
    (void)add(parts[1], Unit::minute);
    (void)add(parts[2], Unit::second);
    return add(micros, Unit::microsecond);
}

// The unit of a number that names none.
Unit last_unit(IntervalFields fields) {
    switch (fields) {
        case IntervalFields::year: return Unit::year;
        case IntervalFields::month:
        case IntervalFields::year_to_month: return Unit::month;
        case IntervalFields::day: return Unit::day;
        case IntervalFields::hour:
        case IntervalFields::day_to_hour: return Unit::hour;
        case IntervalFields::minute:
        case IntervalFields::hour_to_minute:
        case IntervalFields::day_to_minute: return Unit::minute;
        default: return Unit::second;
    }
}

// Reads fields from the last to the first, as each number's unit stands behind it.
class FieldReader {
public:
    FieldReader(IntervalFields fields, Sum& sum) : fields_(fields), sum_(sum) {}

    Flaw read(const std::vector<Field>& all) {
        for (std::size_t i = all.size(); i-- > 0;) {
            const auto flaw = all[i].word ? word(all[i].text) : number(all[i].text);
            if (flaw != Flaw::none) return flaw;
        }
        if (seen_ == 0) return Flaw::syntax;
        if (ago_) sum_.negate();
        return Flaw::none;
    }

private:
    bool see(std::uint32_t units) {
        const bool fresh = (seen_ & units) == 0;
        seen_ |= units;
        return fresh;
    }
    static std::uint32_t bit(Unit unit) { return 1u << static_cast<unsigned>(unit); }

    Flaw word(std::string_view text) {
        std::string low;
        for (const char c : text) low += lower(c);
        const auto unit = find_unit(low);
        if (!unit) return Flaw::syntax;
        if (*unit == Unit::ago)
            ago_ = true;
        else
            unit_ = unit;
        return Flaw::none;
    }
    Flaw number(std::string_view text) {
        if (text.find(':') != std::string_view::npos) {
            // What stands before a time is days.
            unit_ = Unit::day;
            const auto clock = bit(Unit::hour) | bit(Unit::minute) | bit(Unit::second);
            return see(clock) ? read_clock(text, fields_, sum_) : Flaw::syntax;
        }
        bool negative = false;
        Amount amount;
        if (const auto dash = text.find('-', 1); dash != std::string_view::npos) {
            return years_and_months(text.substr(0, dash), text.substr(dash + 1));
        }
        if (const auto flaw = read_amount(text, negative, amount); flaw != Flaw::none) return flaw;
        const auto unit = unit_.value_or(last_unit(fields_));
        // What stands before hours is days.
        unit_ = unit == Unit::hour ? Unit::day : unit;
        return see(bit(unit)) ? sum_.add(amount, unit) : Flaw::syntax;
    }
    Flaw years_and_months(std::string_view years, std::string_view months) {
        bool negative = false, ignored = false;
        Amount year, month;
        if (months.empty() || !is_digit(months[0])) return Flaw::syntax;
        if (const auto flaw = read_amount(years, negative, year); flaw != Flaw::none) return flaw;
        if (const auto flaw = read_amount(months, ignored, month); flaw != Flaw::none) return flaw;
        if (month.whole > 11) return Flaw::range;
        if (year.fraction != 0 || month.fraction != 0) return Flaw::syntax;
        unit_ = Unit::month;
        if (negative) month.whole = -month.whole;
        (void)sum_.add(year, Unit::year);
        return see(bit(Unit::month)) ? sum_.add(month, Unit::month) : Flaw::syntax;
    }

    IntervalFields fields_;
    Sum& sum_;
    std::optional<Unit> unit_;
    std::uint32_t seen_ = 0;
    bool ago_ = false;
};

// Behind the P: "1Y2M3W4DT5H6M7S", or "0001-02-03T04:05:06".
Flaw read_iso(std::string_view text, Sum& sum) {
    bool time = false, any = false;
    while (!text.empty()) {
        if (!time && (text[0] == 'T' || text[0] == 't')) {
            time = true;
            text.remove_prefix(1);
            if (text.find(':') == std::string_view::npos) continue;
            return read_clock(text, IntervalFields::all, sum);
        }
        const auto letter = text.find_first_not_of("+-.0123456789");
        const auto digits = text.substr(0, letter);
        bool negative = false;
        Amount amount;
        if (const auto dash = digits.find('-', 1); !time && dash != std::string_view::npos) {
            const auto second = digits.find('-', dash + 1);
            Amount month, day;
            if (second == std::string_view::npos ||
                read_amount(digits.substr(0, dash), negative, amount) != Flaw::none ||
                read_amount(digits.substr(dash + 1, second - dash - 1), negative, month) !=
                    Flaw::none ||
                read_amount(digits.substr(second + 1), negative, day) != Flaw::none) {
                return Flaw::syntax;
            }
            (void)sum.add(amount, Unit::year);
            (void)sum.add(month, Unit::month);
            (void)sum.add(day, Unit::day);
            any = true;
            text.remove_prefix(digits.size());
            continue;
        }
        if (letter == std::string_view::npos) return Flaw::syntax;
        if (const auto flaw = read_amount(digits, negative, amount); flaw != Flaw::none)
            return flaw;
        const char name = lower(text[letter]);
        if (std::string_view(time ? "hms" : "ymwd").find(name) == std::string_view::npos) {
            return Flaw::syntax;
        }
        const auto unit = find_unit(!time && name == 'm' ? std::string_view("month")
                                                         : std::string_view(&name, 1));
        (void)sum.add(amount, *unit);
        text.remove_prefix(letter + 1);
        any = true;
    }
    return any ? Flaw::none : Flaw::syntax;
}

std::string clock_text(std::int64_t micros, bool negative) {
    // The least number has no positive twin.
    const auto size =
        negative ? 0 - static_cast<std::uint64_t>(micros) : static_cast<std::uint64_t>(micros);
    const auto hours = size / static_cast<std::uint64_t>(kMicrosPerHour);
    const auto rest =
        format_time(static_cast<std::int64_t>(size % static_cast<std::uint64_t>(kMicrosPerHour)));
    const auto digits = std::to_string(hours);
    return (digits.size() < 2 ? "0" : "") + digits + rest.substr(2);
}

}  // namespace

Result<Interval> parse_interval(std::string_view text, IntervalFields fields) {
    const auto shown = std::string(text.substr(0, 64));
    Scan in(text);
    Sum sum;
    auto flaw = Flaw::syntax;
    if (in.take('P') || in.take('p')) {
        flaw = read_iso(in.rest(), sum);
    } else if (const auto all = fields_of(in.rest())) {
        flaw = FieldReader(fields, sum).read(*all);
    }
    if (flaw == Flaw::syntax) {
        return Error(Errc::bad_input, "invalid input syntax for type interval: \"" + shown + "\"");
    }
    const auto out = sum.finish();
    if (flaw == Flaw::range || !out) {
        return Error(Errc::limit, "interval field value out of range: \"" + shown + "\"");
    }
    return limited(*out, fields);
}

IntervalFields interval_fields(std::string_view words) noexcept {
    constexpr std::string_view kWords[] = {
        "",
        "year",
        "month",
        "day",
        "hour",
        "minute",
        "second",
        "year to month",
        "day to hour",
        "day to minute",
        "day to second",
        "hour to minute",
        "hour to second",
        "minute to second",
    };
    for (std::size_t i = 0; i < std::size(kWords); ++i) {
        if (kWords[i] == words) return static_cast<IntervalFields>(i);
    }
    return IntervalFields::all;
}

Interval limited(const Interval& interval, IntervalFields fields) noexcept {
    auto out = interval;
    const auto drop_time = [&out](std::int64_t unit) { out.micros -= out.micros % unit; };
    switch (fields) {
        case IntervalFields::year: out.months -= out.months % 12; [[fallthrough]];
        case IntervalFields::month:
        case IntervalFields::year_to_month: out.days = 0; [[fallthrough]];
        case IntervalFields::day: out.micros = 0; break;
        case IntervalFields::hour:
        case IntervalFields::day_to_hour: drop_time(kMicrosPerHour); break;
        case IntervalFields::minute:
        case IntervalFields::day_to_minute:
        case IntervalFields::hour_to_minute: drop_time(kMicrosPerMinute); break;
        default: break;
    }
    return out;
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
    return out + clock_text(interval.micros, interval.micros < 0);
}

}  // namespace topgun::sql
