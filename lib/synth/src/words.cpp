// SPDX-License-Identifier: Apache-2.0
#include "words.hpp"

#include <array>

namespace topgun::synth {
namespace {

constexpr std::array<std::string_view, 32> kSyllables = {
    "ba",  "do",  "fe",  "gi",  "ka",  "lo",  "mi",  "na",  "pe",  "qui", "ra",
    "so",  "ta",  "vu",  "we",  "zo",  "len", "mar", "nor", "pal", "ris", "sel",
    "tan", "ver", "bel", "dur", "fin", "gol", "hem", "jor", "kes", "lum"};

// Two-, three- and four-byte characters; marks that combine; right-to-left; a pair of surrogates
// joined to another one; a character whose UTF-16 order is not its UTF-8 order (U+FF5E).
constexpr std::array<std::string_view, 12> kUnicodeWords = {
    "caf\u00e9",       "\u017elu\u0165", "stra\u00dfe",  "\u043c\u0438\u0440",
    "\u03a9mega",      "\u65e5\u672c",   "\ud55c\uad6d", "\u05e9\u05dc\u05d5\u05dd",
    "e\u0301te\u0301", "\U0001f389",     "\uff5e\u6ce2", "\U0001f469\u200d\U0001f680"};

}  // namespace

void append_word(Random& rng, std::string& out) {
    // One draw serves all syllables: five bits each, two for their number.
    auto bits = rng();
    for (auto left = 2 + bits % 3; left > 0; --left) {
        bits >>= 5;
        out += kSyllables[bits % kSyllables.size()];
    }
}

void append_unicode_word(std::uint64_t random, std::string& out) {
    out += kUnicodeWords[random % kUnicodeWords.size()];
}

void append_prose(Random& rng, std::size_t bytes, std::string& out) {
    const auto end = out.size() + bytes;
    while (out.size() < end) {
        append_word(rng, out);
        out += ' ';
    }
    out.resize(end);
}

}  // namespace topgun::synth
