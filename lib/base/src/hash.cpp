// SPDX-License-Identifier: Apache-2.0
// The hashes, written for keys of ten to a hundred ASCII bytes, which is what maps hold.
#include "topgun/base/hash.hpp"

#include <charconv>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "topgun/base/bytes.hpp"
#include "topgun/base/utf.hpp"

namespace topgun {

std::uint32_t fnv1a_continue(std::uint32_t state, std::string_view text) noexcept {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        // Eight ASCII bytes at a time: one test, then steps without a branch.
        while (end - at >= 8) {
            const auto word = load_le<std::uint64_t>(at);
            if ((word & 0x8080808080808080u) != 0) break;
            for (int shift = 0; shift < 64; shift += 8) {
                state = (state ^ static_cast<std::uint32_t>((word >> shift) & 0xff)) * kFnvPrime;
            }
            at += 8;
        }
        if (at == end) break;
        if (static_cast<unsigned char>(*at) < 0x80) {
            state = fnv1a_step(state, *at++);
            continue;
        }
        const auto decoded = decode_utf8({at, static_cast<std::size_t>(end - at)});
        at += decoded.length;
        if (decoded.code_point < 0x10000) {
            state = (state ^ decoded.code_point) * kFnvPrime;
        } else {
            const std::uint32_t v = decoded.code_point - 0x10000;
            state = (state ^ (0xd800 + (v >> 10))) * kFnvPrime;
            state = (state ^ (0xdc00 + (v & 0x3ff))) * kFnvPrime;
        }
    }
    return state;
}

std::uint32_t fnv1a_decimal(std::uint32_t state, std::uint64_t number) noexcept {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    for (const char* at = digits; at != end; ++at) state = fnv1a_step(state, *at);
    return state;
}

std::uint64_t xxh3_64(std::string_view bytes, std::uint64_t seed) noexcept {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Hash128 xxh3_128(std::string_view bytes) noexcept {
    const auto hash = XXH3_128bits(bytes.data(), bytes.size());
    return {hash.high64, hash.low64};
}

std::string hex32(std::uint32_t value) {
    std::string out(8, '0');
    for (std::size_t i = 8; i-- > 0; value >>= 4) out[i] = "0123456789abcdef"[value & 15];
    return out;
}

}  // namespace topgun
