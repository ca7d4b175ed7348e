// SPDX-License-Identifier: Apache-2.0
// RS256 for tokens: here because OpenSSL is, which programs without a network must not load.
#pragma once

#include <string_view>

#include "topgun/base/error.hpp"
#include "topgun/sync/jwt.hpp"

namespace topgun::net {

/// Shorter RSA keys can be broken, and longer ones let a peer keep the endpoint busy with tokens.
inline constexpr int kRsaBitsMin = 2048, kRsaBitsMax = 8192;

/// A check of signatures by an RSA key.
/// @param pem  text with one key or more, of which the first counts: "PUBLIC KEY", "RSA PUBLIC
/// KEY", or "CERTIFICATE", of which the key alone is taken: neither its dates nor its issuer
/// matter. "\n" as two characters is a line's end, as it comes in environment variables. Errors:
/// bad_input: unreadable, a private key, not RSA, too short or too long. Cost: one check some 30
/// microseconds for 2048 bits. Threads: the check is for any.
TOPGUN_API Result<sync::Rs256Check> rs256_check(std::string_view pem);

}  // namespace topgun::net
