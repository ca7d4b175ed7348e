// SPDX-License-Identifier: Apache-2.0
// A keyed pseudo-random function: what replacements are drawn from, so that nobody without the key
// can test a guess.
#pragma once

#include <cstdint>
#include <string_view>

#include "topgun/base/bytes.hpp"

namespace topgun::synth {

/// A SipHash key.
struct SipKey {
    std::uint64_t first = 0;
    std::uint64_t second = 0;
};

/// SipHash-2-4 with a 64-bit result.
/// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012).
std::uint64_t siphash(const SipKey& key, BytesView message) noexcept;

/// What a replacement is for. The same bytes get unrelated replacements in different domains.
enum class Domain : std::uint8_t {
    text,
    key,
    binary,
    integer,
    real,
    boolean,
    fingerprint,
    node,
    place,
    extension,
};

/// One function per domain, all of one secret.
class Prf {
public:
    /// @param secret  of any length.
    explicit Prf(BytesView secret) noexcept;
    /// Another set of functions: for values that must not be replaced as elsewhere.
    Prf salted(std::uint64_t salt) const noexcept;

    std::uint64_t operator()(Domain domain, BytesView message) const noexcept {
        return siphash(keys_[static_cast<std::size_t>(domain)], message);
    }
    /// For two numbers: cheaper than a text of them.
    std::uint64_t operator()(Domain domain, std::uint64_t a, std::uint64_t b) const noexcept;

private:
    static constexpr std::size_t kDomains = static_cast<std::size_t>(Domain::extension) + 1;
    void derive() noexcept;
    SipKey master_;
    SipKey keys_[kDomains];
};

}  // namespace topgun::synth
