// SPDX-License-Identifier: Apache-2.0
// Who a bearer of a JSON Web Token is: TopGun's rules for HS256 tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "topgun/base/error.hpp"
#include "topgun/storage/request_context.hpp"

namespace topgun::sync {

struct JwtRules {
    std::string secret;                     ///< Key of HMAC-SHA256. Empty refuses every token.
    std::optional<std::string> issuer{};    ///< When set, `iss` must equal it.
    std::optional<std::string> audience{};  ///< When set, `aud` must equal or contain it.
    std::uint64_t leeway_s = 60;            ///< By how much the clocks may differ, in seconds.
};

/// Longer tokens are refused unread.
inline constexpr std::size_t kMaxTokenBytes = std::size_t{16} << 10;

/// Checks signature, `exp` (required), `nbf`, and takes `sub` (required) and `roles`. No algorithm
/// but HS256 is accepted, whatever the token says of itself.
/// @param now_ms  wall time, milliseconds since the Unix epoch.
/// Errors: bad_input, with a reason that is for logs and not for the peer; limit.
/// Cost: O(token). Threads: no shared state.
TOPGUN_API Result<Principal> verify_jwt(std::string_view token, const JwtRules& rules,
                                        std::uint64_t now_ms);

}  // namespace topgun::sync
