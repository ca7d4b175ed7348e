// SPDX-License-Identifier: Apache-2.0
// Names of parts of moments: year, quarter, dow ... as extract() and date_trunc() take them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace topgun::sql {

enum class MomentUnit : std::uint8_t {
    microseconds,
    milliseconds,
    second,
    minute,
    hour,
    day,
    week,
    month,
    quarter,
    year,
    decade,
    century,
    millennium,
    dow,
    isodow,
    doy,
    isoyear,
    julian,
    epoch,
    timezone,
    timezone_hour,
    timezone_minute,
};

/// Any case; plurals and PostgreSQL's short forms, too.
std::optional<MomentUnit> moment_unit(std::string_view name);

/// Year and week of ISO 8601 that a day lies in.
struct IsoWeek {
    std::int64_t year = 0;
    std::int64_t week = 0;
};
IsoWeek iso_week(std::int64_t days) noexcept;
/// 1 for Monday to 7 for Sunday.
std::int64_t iso_weekday(std::int64_t days) noexcept;
/// 1 for the first of January.
std::int64_t day_of_year(std::int64_t days) noexcept;
/// Day 0 of the Julian period, in days since 1970-01-01, is 4714-11-24 BC.
inline constexpr std::int64_t kJulianOfEpoch = 2'440'588;

/// The last multiple of `unit` that is not greater. @pre unit > 0.
constexpr std::int64_t floor_to(std::int64_t value, std::int64_t unit) noexcept {
    const auto rest = value % unit;
    return rest < 0 ? value - rest - unit : value - rest;
}

}  // namespace topgun::sql
