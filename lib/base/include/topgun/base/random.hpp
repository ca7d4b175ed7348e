// SPDX-License-Identifier: Apache-2.0
// Reproducible randomness: one seed gives the same sequence on every machine.
#pragma once

#include <cstdint>

#include "topgun/base/check.hpp"

namespace topgun {

/// Mixes a 64-bit value; a bijection. Source: Sebastiano Vigna, splitmix64 (public domain).
constexpr std::uint64_t splitmix64(std::uint64_t x) noexcept {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/// xoshiro256**: fast, not for secrets. Meets UniformRandomBitGenerator.
/// Threads: one instance per thread. Source: Blackman and Vigna, 2018 (public domain).
class Random {
public:
    using result_type = std::uint64_t;

    explicit constexpr Random(std::uint64_t seed) noexcept {
        for (auto& word : state_) word = seed = splitmix64(seed);
    }
    static constexpr result_type min() noexcept { return 0; }
    static constexpr result_type max() noexcept { return ~result_type{0}; }

    constexpr result_type operator()() noexcept {
        const auto result = rotate(state_[1] * 5, 7) * 9;
        const auto shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = rotate(state_[3], 45);
        return result;
    }

    /// Uniform in [0, bound). @pre bound > 0.
    constexpr std::uint64_t below(std::uint64_t bound) {
        TOPGUN_ASSERT(bound > 0, "a range has at least one member");
        return static_cast<std::uint64_t>((static_cast<unsigned __int128>((*this)()) * bound) >>
                                          64);
    }
    /// Uniform in [first, last]. @pre first <= last.
    constexpr std::int64_t between(std::int64_t first, std::int64_t last) {
        TOPGUN_ASSERT(first <= last, "a range runs upwards");
        const auto span = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
        // All 2^64 values have no bound that a 64-bit number could hold.
        const auto step = span == max() ? (*this)() : below(span + 1);
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(first) + step);
    }
    /// Uniform in [0, 1).
    constexpr double unit() noexcept { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }
    constexpr bool chance(double probability) noexcept { return unit() < probability; }

private:
    static constexpr std::uint64_t rotate(std::uint64_t x, int by) noexcept {
        return (x << by) | (x >> (64 - by));
    }
    std::uint64_t state_[4]{};
};

}  // namespace topgun
