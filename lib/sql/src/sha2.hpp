// SPDX-License-Identifier: Apache-2.0
// SHA-2 for sha224() to sha512(): nothing else that is linked has it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace topgun::sql {

enum class Sha2 : std::uint8_t { sha224, sha256, sha384, sha512 };

/// The digest as bytes, 28 to 64 of them. Not meant for secrets: its time is not constant.
std::string sha2(Sha2 kind, std::string_view bytes);

}  // namespace topgun::sql
