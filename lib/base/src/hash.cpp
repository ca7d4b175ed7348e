// SPDX-License-Identifier: Apache-2.0
// The hashes, written for keys of ten to a hundred ASCII bytes, which is what maps hold.
#include "topgun/base/hash.hpp"

#include <algorithm>
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

namespace {

// As many chains as one multiplier can keep busy.
constexpr std::size_t kLanes = 4;

// Steps over the length that all four texts have; false when a byte is not ASCII.
bool step_lanes(const std::string_view* texts, std::size_t length, std::uint32_t* states) noexcept {
    const char* const a = texts[0].data();
    const char* const b = texts[1].data();
    const char* const c = texts[2].data();
    const char* const d = texts[3].data();
    auto ha = states[0], hb = states[1], hc = states[2], hd = states[3];
    char seen = 0;
    for (std::size_t i = 0; i < length; ++i) {
        seen = static_cast<char>(seen | a[i] | b[i] | c[i] | d[i]);
        ha = fnv1a_step(ha, a[i]);
        hb = fnv1a_step(hb, b[i]);
        hc = fnv1a_step(hc, c[i]);
        hd = fnv1a_step(hd, d[i]);
    }
    if ((static_cast<unsigned char>(seen) & 0x80) != 0) return false;
    states[0] = ha, states[1] = hb, states[2] = hc, states[3] = hd;
    return true;
}

}  // namespace

void fnv1a_continue_all(std::span<const std::string_view> texts, std::uint32_t* states) noexcept {
    std::size_t at = 0;
    for (; at + kLanes <= texts.size(); at += kLanes) {
        const auto* const four = &texts[at];
        auto common = four[0].size();
        for (std::size_t lane = 1; lane < kLanes; ++lane) {
            common = std::min(common, four[lane].size());
        }
        if (!step_lanes(four, common, states + at)) common = 0;
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            states[at + lane] = fnv1a_continue(states[at + lane], four[lane].substr(common));
        }
    }
    for (; at < texts.size(); ++at) states[at] = fnv1a_continue(states[at], texts[at]);
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
