// SPDX-License-Identifier: Apache-2.0
// HMAC-SHA256 for tokens: the library links nothing that has it.
#pragma once

#include <string>
#include <string_view>

#include "topgun/base/bytes.hpp"

namespace topgun::sync {

/// 32 bytes. Source: FIPS 180-4. The time depends on the length alone.
Bytes sha256(BytesView bytes);
/// 32 bytes. Source: RFC 2104.
Bytes hmac_sha256(BytesView key, BytesView text);
/// True for equal bytes; the time depends on the lengths alone.
bool same_secret(BytesView a, BytesView b) noexcept;

/// RFC 4648, section 5, without padding.
std::string base64url_encode(BytesView bytes);
/// Lower-case digits, two a byte.
std::string hex_text(BytesView bytes);

}  // namespace topgun::sync
