// SPDX-License-Identifier: Apache-2.0
// Replacements for scalars: of the same size and kind, distinct where the originals are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "prf.hpp"
#include "topgun/base/bytes.hpp"
#include "topgun/base/random.hpp"

namespace topgun::synth {

/// Characters among which a replacement is chosen, and one character's number in it. All of a class
/// take the same number of bytes.
struct CharClass {
    enum Kind : std::uint8_t { word, punctuation, control, block, malformed };
    Kind kind = word;
    std::uint32_t first = 0;  ///< First code point of a block.
    std::uint32_t size = 0;
    std::uint32_t index = 0;
};

/// One character of a text. A byte that is not UTF-8 is a class of its own, replaced by a word
/// character.
CharClass classify(std::string_view text, std::size_t& length) noexcept;
/// The code point of the member `index`.
std::uint32_t member_of(const CharClass& of, std::uint32_t index) noexcept;
/// Appends the member `index`.
void append_member(const CharClass& of, std::uint32_t index, std::string& out);

/// The 64 characters that long texts are made of: [0-9A-Za-z_-].
extern const std::string_view kWordCharacters;
bool is_word_character(char c) noexcept;

/// Texts of less bytes than this are permuted character class by class, so that no two meet; longer
/// ones are drawn at random, where meeting is out of the question.
inline constexpr std::size_t kLongText = 12;

/// Replaces `out` by a text of the same length in bytes. Characters beyond ASCII stay in their
/// Unicode block; in long texts, all of ASCII becomes word characters.
void replace_text(const Prf& prf, std::string_view text, std::string& out);
/// Appends replacements of all characters, drawn from `rng`.
void append_random_text(Random& rng, std::string_view text, std::string& out);

/// A permutation of the integers of each encoded width; beyond 2^53, JavaScript's exact range, too.
std::uint64_t replace_unsigned(const Prf& prf, std::uint64_t value);
/// @pre value < 0.
std::int64_t replace_negative(const Prf& prf, std::int64_t value);
/// NaN, infinities and zeros stay; whole numbers stay whole; the sign stays.
double replace_real(const Prf& prf, double value);
/// Replaces `out` by as many bytes; distinct for distinct bytes.
void replace_binary(const Prf& prf, Domain domain, BytesView bytes, Bytes& out);
/// The body of a MessagePack extension; timestamps (type -1) stay valid ones.
void replace_extension(const Prf& prf, std::int8_t type, BytesView body, Bytes& out);

}  // namespace topgun::synth
