// SPDX-License-Identifier: Apache-2.0
// Integers of variable length: seven bits a byte, least significant first.
#pragma once

#include <cstdint>

#include "topgun/base/bytes.hpp"

namespace topgun {

inline void append_varint(Bytes& out, std::uint64_t value) {
    while (value >= 0x80) {
        out.push_back(static_cast<char>(value | 0x80));
        value >>= 7;
    }
    out.push_back(static_cast<char>(value));
}

/// Takes a number off the front. False, and nothing taken for sure, when it is cut off or does not
/// fit 64 bits.
inline bool take_varint(BytesView& from, std::uint64_t& value) noexcept {
    value = 0;
    for (unsigned shift = 0; shift < 64 && !from.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(from.front());
        from.remove_prefix(1);
        if (shift == 63 && byte > 1) return false;
        value |= std::uint64_t{byte & 0x7fu} << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

/// Small numbers of either sign as small numbers without one.
constexpr std::uint64_t to_zigzag(std::int64_t value) noexcept {
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t from_zigzag(std::uint64_t value) noexcept {
    return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
}

}  // namespace topgun
