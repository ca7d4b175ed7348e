// SPDX-License-Identifier: Apache-2.0
// Times as the wall clock of this place shows them; the library itself knows only UTC.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "topgun/base/error.hpp"

namespace topgun::cli {

/// "2023-11-14T23:13:20.000+01:00" by the rules of TZ.
std::string format_local(std::uint64_t millis);
/// Name of the zone in force at that moment: "CET".
std::string zone_name(std::uint64_t millis);

/// Reads a time without offset as local time; one with Z or an offset as what it says.
/// A moment that a clock change skips is refused, one that it repeats is the first of the two.
/// Errors: bad_input, with the column.
Result<std::uint64_t> parse_local(std::string_view text);

}  // namespace topgun::cli
