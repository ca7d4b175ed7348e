// SPDX-License-Identifier: Apache-2.0
// MD5, which no library in use has: for md5() of PostgreSQL, not for secrets.
#pragma once

#include <string>
#include <string_view>

namespace topgun::sql {

/// 32 lower-case hex digits. Source: RFC 1321.
std::string md5_hex(std::string_view bytes);

}  // namespace topgun::sql
