// SPDX-License-Identifier: Apache-2.0
// SHA-2, and what tokens need of it: nothing else that the library links has it.
#pragma once

#include <cstdint>
#include <functional>

#include "topgun/base/bytes.hpp"
#include "topgun/base/export.hpp"

namespace topgun {

enum class Sha2 : std::uint8_t { sha224, sha256, sha384, sha512 };

/// The digest, 28 to 64 bytes. Source: FIPS 180-4. The time depends on the length alone.
/// @param stop  asked now and then; true ends the work, and what comes back is no digest.
TOPGUN_API Bytes sha2(Sha2 kind, BytesView bytes, const std::function<bool()>& stop = {});
/// 32 bytes. Source: RFC 2104.
TOPGUN_API Bytes hmac_sha256(BytesView key, BytesView text);
/// True for equal bytes; the time depends on the lengths alone.
TOPGUN_API bool same_secret(BytesView a, BytesView b) noexcept;

}  // namespace topgun
