// SPDX-License-Identifier: Apache-2.0
// Text forms of timestamps. Strict on the way in: only the canonical spelling is accepted.
#include "topgun/clock/timestamp.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace topgun {
namespace {

constexpr std::size_t kQuoteLimit = 64;

Error bad_timestamp(std::string_view text, const char* why) {
    std::string quoted(text.substr(0, kQuoteLimit));
    if (text.size() > kQuoteLimit) quoted += "...";
    return Error(Errc::bad_input, "timestamp '" + quoted + "': " + why);
}

template <typename Number>
bool parse_digits(std::string_view text, Number& out) {
    if (text.empty() || text[0] < '0' || text[0] > '9') return false;
    if (text.size() > 1 && text[0] == '0') return false;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), out);
    return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

}  // namespace

StampField deciding_field(const Stamp& a, const Stamp& b) noexcept {
    if (a.millis != b.millis) return StampField::millis;
    if (a.counter != b.counter) return StampField::counter;
    return a.node != b.node ? StampField::node : StampField::none;
}

std::string_view stamp_field_name(StampField field) noexcept {
    switch (field) {
        case StampField::none: return "equal";
        case StampField::millis: return "time";
        case StampField::counter: return "counter";
        case StampField::node: return "node";
    }
    return "equal";
}

Result<Stamp> parse_stamp(std::string_view text) {
    const auto first = text.find(':');
    const auto second = first == std::string_view::npos ? first : text.find(':', first + 1);
    if (second == std::string_view::npos) {
        return bad_timestamp(text, "expected three fields, millis:counter:node");
    }
    Stamp stamp;
    stamp.node = text.substr(second + 1);
    if (!parse_digits(text.substr(0, first), stamp.millis) || stamp.millis > kMaxMillis) {
        return bad_timestamp(text,
                             "bad milliseconds (digits without leading zeros, up to 2^53 - 1)");
    }
    if (!parse_digits(text.substr(first + 1, second - first - 1), stamp.counter)) {
        return bad_timestamp(text, "bad counter (digits without leading zeros, up to 2^32 - 1)");
    }
    if (stamp.node.empty()) return bad_timestamp(text, "the node id is empty");
    if (stamp.node.find(':') != std::string_view::npos) {
        return bad_timestamp(text, "the node id contains ':'");
    }
    return stamp;
}

Result<Timestamp> parse_timestamp(std::string_view text) {
    auto stamp = parse_stamp(text);
    if (!stamp) return std::move(stamp).error();
    return Timestamp(*stamp);
}

void format_stamp(const Stamp& stamp, std::string& out) {
    char digits[32];
    auto* end = std::to_chars(digits, digits + 20, stamp.millis).ptr;
    *end++ = ':';
    end = std::to_chars(end, end + 10, stamp.counter).ptr;
    *end++ = ':';
    out.assign(digits, static_cast<std::size_t>(end - digits));
    out.append(stamp.node);
}

std::string format_stamp(const Stamp& stamp) {
    std::string out;
    format_stamp(stamp, out);
    return out;
}

std::string format_utc(std::uint64_t millis) {
    using namespace std::chrono;
    const auto days = static_cast<std::int64_t>(millis / 86'400'000);
    const auto in_day = millis % 86'400'000;
    // The calendar of std::chrono ends with the year 32767; 2^53 ms reach far beyond it.
    constexpr std::int64_t kLastDay = 11'248'737;
    if (days > kLastDay) return std::to_string(millis) + "ms";
    const year_month_day date{sys_days{std::chrono::days{days}}};
    const auto pad = [](std::uint64_t value, std::size_t width) {
        auto text = std::to_string(value);
        return text.size() < width ? std::string(width - text.size(), '0') + text : text;
    };
    return pad(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4) + '-' +
           pad(static_cast<unsigned>(date.month()), 2) + '-' +
           pad(static_cast<unsigned>(date.day()), 2) + 'T' + pad(in_day / 3'600'000, 2) + ':' +
           pad(in_day / 60'000 % 60, 2) + ':' + pad(in_day / 1000 % 60, 2) + '.' +
           pad(in_day % 1000, 3) + 'Z';
}

Result<std::uint64_t> parse_utc(std::string_view text) {
    std::size_t at = 0;
    const auto fail = [&](const char* why) {
        return Error(Errc::bad_input, "time '" + std::string(text.substr(0, kQuoteLimit)) +
                                          "', column " + std::to_string(at + 1) + ": " + why);
    };
    const auto number = [&](std::size_t digits, int& out) {
        if (text.size() - at < digits) return false;
        const auto* end = text.data() + at + digits;
        const bool all =
            std::all_of(text.data() + at, end, [](char c) { return c >= '0' && c <= '9'; });
        if (!all) return false;
        std::from_chars(text.data() + at, end, out);
        at += digits;
        return true;
    };
    const auto take = [&](char c) {
        if (at >= text.size() || text[at] != c) return false;
        ++at;
        return true;
    };
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    std::int64_t fraction_ms = 0, offset_minutes = 0;
    if (!number(4, year) || !take('-') || !number(2, month) || !take('-') || !number(2, day)) {
        return fail("expected YYYY-MM-DD");
    }
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok()) return fail("no such date");
    if (take('T') || take('t') || take(' ')) {
        if (!number(2, hour) || !take(':') || !number(2, minute)) return fail("expected HH:MM");
        if (take(':') && !number(2, second)) return fail("expected seconds");
        if (hour > 23 || minute > 59 || second > 59) return fail("no such time of day");
        if (take('.')) {
            int scale = 100;
            int digit = 0;
            if (!number(1, digit)) return fail("expected a fraction of a second");
            do {
                fraction_ms += digit * scale;
                scale /= 10;
            } while (number(1, digit));
        }
        if (!take('Z') && !take('z') && at < text.size()) {
            const bool west = text[at] == '-';
            if (!take('+') && !take('-')) return fail("expected Z or an offset such as +02:00");
            int hours = 0, minutes = 0;
            if (!number(2, hours)) return fail("expected hours of the offset");
            take(':');
            if (!number(2, minutes)) return fail("expected minutes of the offset");
            if (hours > 23 || minutes > 59) return fail("no such offset");
            offset_minutes = (hours * 60 + minutes) * (west ? -1 : 1);
        }
    }
    if (at != text.size()) return fail("unexpected text after the time");
    const auto days = std::chrono::sys_days{date}.time_since_epoch().count();
    const std::int64_t millis =
        (((std::int64_t{days} * 24 + hour) * 60 + minute - offset_minutes) * 60 + second) * 1000 +
        fraction_ms;
    if (millis < 0) return fail("before 1970");
    return static_cast<std::uint64_t>(millis);
}

bool node_id_is_portable(std::string_view node) noexcept {
    return std::all_of(node.begin(), node.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-';
    });
}

}  // namespace topgun
