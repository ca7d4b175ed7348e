// SPDX-License-Identifier: Apache-2.0
// Time zones by name, as far as they are offsets from UTC.
#pragma once

#include <cstdint>
#include <string_view>

#include "topgun/base/error.hpp"

namespace topgun::sql {

/// Microseconds that a zone lies east of UTC: "UTC", "Z", "-02:30". Offsets are POSIX's, as in
/// PostgreSQL: "+02" lies west. Errors: usage for other names.
Result<std::int64_t> offset_of_zone(std::string_view zone);

}  // namespace topgun::sql
