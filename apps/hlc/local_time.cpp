// SPDX-License-Identifier: Apache-2.0
// Local time by the C library, which has the zone files.
#include "local_time.hpp"

#include <array>
#include <cstdio>
#include <ctime>

#include "topgun/clock/timestamp.hpp"

namespace topgun::cli {
namespace {

// 9999-12-31T23:59:59.999Z, less a day for zones that are already in the next year then.
constexpr std::uint64_t kLastCalendarMillis = 253'402'300'799'999 - 86'400'000;

std::tm local_parts(std::uint64_t millis) {
    const auto seconds = static_cast<std::time_t>(millis / 1000);
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    return parts;
}

bool has_offset(std::string_view text) {
    const auto time = text.find_first_of("Tt ");
    return time != std::string_view::npos &&
           text.find_first_of("Zz+-", time) != std::string_view::npos;
}

bool same_wall_time(const std::tm& a, const std::tm& b) {
    return a.tm_min == b.tm_min && a.tm_hour == b.tm_hour && a.tm_mday == b.tm_mday;
}

}  // namespace

std::string format_local(std::uint64_t millis) {
    // Beyond what a calendar date can say, there is no local form either.
    if (millis > kLastCalendarMillis) return format_utc(millis);
    const auto parts = local_parts(millis);
    const long offset = parts.tm_gmtoff / 60;
    const long distance = offset < 0 ? -offset : offset;
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(), "%04ld-%02d-%02dT%02d:%02d:%02d.%03u%c%02ld:%02ld",
                  parts.tm_year + 1900L, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                  parts.tm_min, parts.tm_sec, static_cast<unsigned>(millis % 1000),
                  offset < 0 ? '-' : '+', distance / 60, distance % 60);
    return text.data();
}

std::string zone_name(std::uint64_t millis) {
    return local_parts(millis).tm_zone;
}

Result<std::uint64_t> parse_local(std::string_view text) {
    auto as_utc = parse_utc(text);
    if (!as_utc || has_offset(text)) return as_utc;
    // The same digits, read by the local rules: first as if summer time were in force, which gives
    // the earlier of two moments with one name.
    const auto seconds = static_cast<std::time_t>(*as_utc / 1000);
    std::tm wanted{};
    ::gmtime_r(&seconds, &wanted);
    for (const int summer : {1, 0}) {
        std::tm attempt = wanted;
        attempt.tm_isdst = summer;
        const auto found = ::mktime(&attempt);
        if (found < 0 || !same_wall_time(attempt, wanted) || attempt.tm_isdst != summer) continue;
        return static_cast<std::uint64_t>(found) * 1000 + *as_utc % 1000;
    }
    return Error(Errc::bad_input,
                 "time '" + std::string(text) + "': the local clock never shows this time");
}

}  // namespace topgun::cli
