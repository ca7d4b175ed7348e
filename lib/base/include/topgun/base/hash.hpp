// SPDX-License-Identifier: Apache-2.0
// TopGun's trie hashes (32-bit FNV-1a over UTF-16 units, MurmurHash3's finalizer) and XXH3.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "topgun/base/export.hpp"

namespace topgun {

inline constexpr std::uint32_t kFnvOffset = 0x811c9dc5u;
inline constexpr std::uint32_t kFnvPrime = 0x01000193u;

/// Continues an FNV-1a hash with the UTF-16 code units of `text`.
///
/// Peers written in JavaScript hash charCodeAt(): a supplementary character takes two steps, one
/// for each surrogate, and U+00E9 takes one step with the whole unit, not two with its bytes.
/// @param text  UTF-8. A byte sequence that is not valid UTF-8 counts as U+FFFD, so callers
///              validate where the data enters. The empty string leaves `state` unchanged.
/// Cost: O(text.size()), about 4 cycles per ASCII byte. Threads: no shared state.
/// Source: Fowler, Noll, Vo: FNV-1a, 32 bit; TopGun packages/core/src/utils/hash.ts.
TOPGUN_API std::uint32_t fnv1a_continue(std::uint32_t state, std::string_view text) noexcept;

/// Continues states[i] with texts[i] for every i. The same as one by one, but the chains of steps,
/// each of which waits for the one before, run side by side: three times as fast for many texts.
/// @pre states has texts.size() elements.
TOPGUN_API void fnv1a_continue_all(std::span<const std::string_view> texts,
                                   std::uint32_t* states) noexcept;

/// FNV-1a of a whole string: the hash that places a key in the trie and in a partition.
inline std::uint32_t fnv1a(std::string_view text) noexcept {
    return fnv1a_continue(kFnvOffset, text);
}

/// Continues an FNV-1a hash with one ASCII character.
constexpr std::uint32_t fnv1a_step(std::uint32_t state, char ascii) noexcept {
    return (state ^ static_cast<unsigned char>(ascii)) * kFnvPrime;
}

/// Continues an FNV-1a hash with the decimal digits of `number`.
TOPGUN_API std::uint32_t fnv1a_decimal(std::uint32_t state, std::uint64_t number) noexcept;

/// MurmurHash3's 32-bit finalizer: a bijection, with mix(0) == 0.
/// Source: Austin Appleby, MurmurHash3 (public domain), fmix32.
constexpr std::uint32_t mix(std::uint32_t h) noexcept {
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    h ^= h >> 16;
    return h;
}

/// 64-bit XXH3 of some bytes: checksums and in-memory tables.
TOPGUN_API std::uint64_t xxh3_64(std::string_view bytes, std::uint64_t seed = 0) noexcept;

/// 128-bit content hash.
struct Hash128 {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    auto operator<=>(const Hash128&) const = default;
};

/// 128-bit XXH3 of some bytes: names content where an accidental collision must not happen.
TOPGUN_API Hash128 xxh3_128(std::string_view bytes) noexcept;

/// Eight lower-case hex digits: how hashes and trie paths are shown.
TOPGUN_API std::string hex32(std::uint32_t value);

/// Number of partitions of a TopGun cluster.
inline constexpr std::uint32_t kPartitionCount = 271;

/// The partition of a key; the map's name plays no part.
inline std::uint32_t partition_of(std::string_view key) noexcept {
    return fnv1a(key) % kPartitionCount;
}

}  // namespace topgun
