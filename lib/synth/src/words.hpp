// SPDX-License-Identifier: Apache-2.0
// Invented words: texts that look like data and name nobody.
#pragma once

#include <string>
#include <string_view>

#include "topgun/base/bytes.hpp"
#include "topgun/base/random.hpp"

namespace topgun::synth {

/// Two numbers into one that depends on both in every bit.
constexpr std::uint64_t blend(std::uint64_t a, std::uint64_t b) noexcept {
    return splitmix64(a ^ splitmix64(b + 0x632be59bd9b4e019u));
}

/// Appends a pronounceable word of two to four syllables, lower-case ASCII.
void append_word(Random& rng, std::string& out);
/// Appends one of some words with accents, other scripts, combining marks and emoji.
void append_unicode_word(std::uint64_t random, std::string& out);
/// Appends `bytes` bytes of words and blanks.
void append_prose(Random& rng, std::size_t bytes, std::string& out);

}  // namespace topgun::synth
