// SPDX-License-Identifier: Apache-2.0
// Dates and times as pg_dump writes them: always DateStyle ISO and IntervalStyle postgres, which is
// little enough to be read fast.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "topgun/column/type.hpp"

namespace topgun::pgdump {

enum class MomentFault : std::uint8_t {
    none,
    malformed,
    infinite,  ///< infinity or -infinity, which are no number of microseconds.
    range,     ///< No such day, or beyond what 64 bits of microseconds since 1970 hold.
};

/// "2024-02-29", "0044-03-15 BC". Days since 1970-01-01.
MomentFault read_date(std::string_view text, std::int64_t& days) noexcept;
/// "04:05:06.789", "24:00:00". Microseconds since midnight.
MomentFault read_time(std::string_view text, std::int64_t& micros) noexcept;
/// "2024-02-29 12:30:00.5", for `with_zone` with "+02", "-03:30" or "+01:23:45" behind it.
MomentFault read_timestamp(std::string_view text, bool with_zone, std::int64_t& micros) noexcept;
/// "1 year 2 mons -3 days 04:05:06.7".
MomentFault read_interval(std::string_view text, Interval& out) noexcept;

/// "2024-02-29 12:30:00.5+00", as PostgreSQL writes a timestamptz where the zone is UTC.
std::string timestamptz_text(std::int64_t micros);

}  // namespace topgun::pgdump
