// SPDX-License-Identifier: Apache-2.0
// Finds the end of plain text in a JSON string: the one loop that reading and writing JSON share.
#pragma once

#include <bit>
#include <cstdint>

#include "topgun/base/bytes.hpp"

namespace topgun {

/// The first byte in [at, end) that cannot stand unescaped in a JSON string: a quote, a backslash
/// or a control character; `end` when there is none.
/// @param high_bits  becomes non-zero when a byte outside ASCII was passed (perhaps also when one
///                   follows within eight bytes of the result).
inline const char* find_json_special(const char* at, const char* end,
                                     std::uint64_t& high_bits) noexcept {
    constexpr std::uint64_t kOnes = 0x0101010101010101u;
    constexpr std::uint64_t kHighs = 0x8080808080808080u;
    // Sets the high bit of each zero byte. A borrow can also set bits above the lowest zero byte,
    // never below it, and only the lowest is used.
    const auto zero_bytes = [](std::uint64_t word) { return (word - kOnes) & ~word & kHighs; };
    while (end - at >= 8) {
        const auto word = load_le<std::uint64_t>(at);
        const auto special = ((word - kOnes * 0x20) & ~word & kHighs) |
                             zero_bytes(word ^ (kOnes * '"')) | zero_bytes(word ^ (kOnes * '\\'));
        high_bits |= word & kHighs;
        if (special != 0) return at + std::countr_zero(special) / 8;
        at += 8;
    }
    for (; at != end; ++at) {
        const auto byte = static_cast<unsigned char>(*at);
        if (byte < 0x20 || byte == '"' || byte == '\\') return at;
        high_bits |= byte & 0x80u;
    }
    return end;
}

}  // namespace topgun
