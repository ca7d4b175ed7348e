// SPDX-License-Identifier: Apache-2.0
#include "moment_units.hpp"

#include "characters.hpp"
#include "moment.hpp"

namespace topgun::sql {
namespace {

struct Name {
    std::string_view name;
    MomentUnit unit;
};
using enum MomentUnit;
constexpr Name kNames[] = {
    {"microsecond", microseconds},
    {"microseconds", microseconds},
    {"us", microseconds},
    {"usec", microseconds},
    {"usecs", microseconds},
    {"useconds", microseconds},
    {"millisecond", milliseconds},
    {"milliseconds", milliseconds},
    {"ms", milliseconds},
    {"msec", milliseconds},
    {"msecs", milliseconds},
    {"mseconds", milliseconds},
    {"second", second},
    {"seconds", second},
    {"s", second},
    {"sec", second},
    {"secs", second},
    {"minute", minute},
    {"minutes", minute},
    {"m", minute},
    {"min", minute},
    {"mins", minute},
    {"hour", hour},
    {"hours", hour},
    {"h", hour},
    {"hr", hour},
    {"hrs", hour},
    {"day", day},
    {"days", day},
    {"d", day},
    {"week", week},
    {"weeks", week},
    {"w", week},
    {"month", month},
    {"months", month},
    {"mon", month},
    {"mons", month},
    {"quarter", quarter},
    {"qtr", quarter},
    {"year", year},
    {"years", year},
    {"y", year},
    {"yr", year},
    {"yrs", year},
    {"decade", decade},
    {"decades", decade},
    {"dec", decade},
    {"decs", decade},
    {"century", century},
    {"centuries", century},
    {"c", century},
    {"cent", century},
    {"millennium", millennium},
    {"millennia", millennium},
    {"mil", millennium},
    {"mils", millennium},
    {"dow", dow},
    {"isodow", isodow},
    {"doy", doy},
    {"isoyear", isoyear},
    {"julian", julian},
    {"j", julian},
    {"jd", julian},
    {"epoch", epoch},
    {"timezone", timezone},
    {"timezone_h", timezone_hour},
    {"timezone_hour", timezone_hour},
    {"timezone_m", timezone_minute},
    {"timezone_minute", timezone_minute},
};

}  // namespace

std::optional<MomentUnit> moment_unit(std::string_view name) {
    const auto wanted = lowered(name);
    for (const auto& known : kNames) {
        if (known.name == wanted) return known.unit;
    }
    return std::nullopt;
}

std::int64_t iso_weekday(std::int64_t days) noexcept {
    // 1970-01-01 was a Thursday.
    const auto since_monday = days + 3;
    return since_monday - floor_to(since_monday, 7) + 1;
}

std::int64_t day_of_year(std::int64_t days) noexcept {
    return days - days_of({civil_of(days).year, 1, 1}) + 1;
}

IsoWeek iso_week(std::int64_t days) noexcept {
    // A week belongs to the year that its Thursday lies in.
    const auto thursday = days - iso_weekday(days) + 4;
    return {civil_of(thursday).year, (day_of_year(thursday) - 1) / 7 + 1};
}

}  // namespace topgun::sql
