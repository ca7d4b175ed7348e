// SPDX-License-Identifier: Apache-2.0
#include "md5.hpp"

#include <array>
#include <bit>
#include <cmath>

#include "topgun/base/bytes.hpp"
#include "topgun/dag/stop.hpp"

namespace topgun::sql {
namespace {

constexpr std::size_t kBlock = 64;
using State = std::array<std::uint32_t, 4>;

// floor(2^32 * |sin(i + 1)|), as the RFC defines them.
const std::array<std::uint32_t, kBlock>& sines() {
    static const auto table = [] {
        std::array<std::uint32_t, kBlock> out{};
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = static_cast<std::uint32_t>(
                std::floor(std::fabs(std::sin(static_cast<double>(i + 1))) * 0x1p32));
        }
        return out;
    }();
    return table;
}

void add_block(State& state, const char* block) {
    constexpr int kShifts[4][4] = {
        {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    auto [a, b, c, d] = state;
    for (std::size_t i = 0; i < kBlock; ++i) {
        std::uint32_t mixed = 0;
        std::size_t word = i;
        switch (i / 16) {
            case 0: mixed = (b & c) | (~b & d); break;
            case 1:
                mixed = (d & b) | (~d & c);
                word = 5 * i + 1;
                break;
            case 2:
                mixed = b ^ c ^ d;
                word = 3 * i + 5;
                break;
            default:
                mixed = c ^ (b | ~d);
                word = 7 * i;
                break;
        }
        mixed += a + sines()[i] + load_le<std::uint32_t>(block + 4 * (word % 16));
        a = d;
        d = c;
        c = b;
        b += std::rotl(mixed, kShifts[i / 16][i % 4]);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

}  // namespace

std::string md5_hex(std::string_view bytes) {
    constexpr std::size_t kBlocksBetween = std::size_t{1} << 14;
    State state{0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u};
    const auto bits = std::uint64_t{bytes.size()} * 8;
    for (std::size_t blocks = 0; bytes.size() >= kBlock; bytes.remove_prefix(kBlock)) {
        // Whoever stops the statement drops what comes out.
        if (++blocks % kBlocksBetween == 0 && dag::stop_requested()) return {};
        add_block(state, bytes.data());
    }
    std::string tail(bytes);
    tail += '\x80';
    tail.append((kBlock * 2 - 8 - tail.size()) % kBlock, '\0');
    append_le(tail, bits);
    for (std::size_t at = 0; at < tail.size(); at += kBlock) add_block(state, tail.data() + at);
    std::string out;
    for (const auto word : state) {
        for (int shift = 0; shift < 32; shift += 8) {
            out += "0123456789abcdef"[word >> (shift + 4) & 15];
            out += "0123456789abcdef"[word >> shift & 15];
        }
    }
    return out;
}

}  // namespace topgun::sql
