// SPDX-License-Identifier: Apache-2.0
// Who a bearer of a JSON Web Token is: TopGun's rules for HS256 and RS256 tokens.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "topgun/base/error.hpp"
#include "topgun/storage/request_context.hpp"

namespace topgun::sync {

/// Whether `signature` is one of RSASSA-PKCS1-v1_5 with SHA-256 over `text`, by the key that the
/// check was made for. Any thread may call it. net::rs256_check() makes one: this library loads no
/// cryptography beyond hashes.
using Rs256Check = std::function<bool(std::string_view text, std::string_view signature)>;

/// One kind of key at a time: which algorithm a token must use follows from the rules, never from
/// the token.
struct JwtRules {
    /// Key of HMAC-SHA256 for HS256. Empty refuses every token, and so does a key in PEM form: that
    /// one is public, and whoever has read it could sign with it.
    std::string secret;
    Rs256Check rs256{};                     ///< When set, tokens are RS256, and `secret` is unused.
    std::optional<std::string> issuer{};    ///< When set, `iss` must equal it.
    std::optional<std::string> audience{};  ///< When set, `aud` must equal or contain it.
    std::uint64_t leeway_s = 60;            ///< By how much the clocks may differ, in seconds.
};

/// Longer tokens are refused unread.
inline constexpr std::size_t kMaxTokenBytes = std::size_t{16} << 10;

/// True for text that holds a key or certificate in PEM form, or part of one.
TOPGUN_API bool is_pem(std::string_view text) noexcept;

/// Checks signature, `exp` (required), `nbf`, and takes `sub` (required) and `roles`. No algorithm
/// but that of the rules is accepted, whatever the token says of itself, and no extension that it
/// calls critical.
/// @param now_ms  wall time, milliseconds since the Unix epoch.
/// @param good_until_ms  when given, gets the wall time up to which the token is taken.
/// Errors: bad_input, with a reason that is for logs and not for the peer; limit.
/// Cost: O(token). Threads: no shared state.
TOPGUN_API Result<Principal> verify_jwt(std::string_view token, const JwtRules& rules,
                                        std::uint64_t now_ms,
                                        std::uint64_t* good_until_ms = nullptr);

}  // namespace topgun::sync
