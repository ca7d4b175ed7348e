// SPDX-License-Identifier: Apache-2.0
#include "key_search.hpp"

#include <algorithm>
#include <vector>

#include "pseudonym.hpp"
#include "topgun/base/hash.hpp"
#include "topgun/base/random.hpp"

namespace topgun::synth {
namespace {

constexpr unsigned kLeafBits = 12;
constexpr std::size_t kTail = 3;  // characters: 64^3 texts for 4096 leaves

// Keys of one or two bytes need every printable character to have a chance.
constexpr std::string_view kPrintable =
    "!\"#$%&'()*+,-./"
    "0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

bool in_leaf(std::uint32_t hash, std::uint32_t leaf) noexcept {
    return hash >> (32 - kLeafBits) == leaf;
}

// The last character that takes a hash from `state` into a leaf; 0 when none of the alphabet does.
//
// One step is (state ^ c) * prime, and prime is 2^24 + 403: the low eight bits of state ^ c land
// nearly unchanged in the top eight of the product. So the character can be computed: twice,
// because of a carry, and verified.
char solve_last(std::uint32_t state, std::uint32_t leaf, std::string_view alphabet) noexcept {
    constexpr std::uint32_t kAscii = 0x7f;
    const auto base = (state & ~kAscii) * kFnvPrime;
    for (std::uint32_t carry = 0; carry < 2; ++carry) {
        const auto low = ((leaf >> 4) - (base >> 24) - carry) & 0xff;
        if (low > kAscii) continue;
        const auto c = static_cast<char>((state & kAscii) ^ low);
        if (!in_leaf(fnv1a_step(state, c), leaf)) continue;
        const bool allowed = alphabet.size() == kWordCharacters.size()
                                 ? is_word_character(c)
                                 : alphabet.find(c) != std::string_view::npos;
        if (allowed) return c;
    }
    return 0;
}

// Tries the texts head + tail, tail of 1 to 3 characters of the alphabet, from a random one on.
bool solve_tail(std::string& text, std::size_t tail, std::uint32_t leaf, std::string_view alphabet,
                Random& rng, std::string_view avoid) {
    const auto head = text.size() - tail;
    const auto state = fnv1a(std::string_view(text).substr(0, head));
    std::size_t count = 1;
    for (std::size_t i = 1; i < tail; ++i) count *= alphabet.size();
    auto at = rng.below(count);
    for (std::size_t tried = 0; tried < count; ++tried, at = at + 1 == count ? 0 : at + 1) {
        auto hash = state;
        auto rest = at;
        for (std::size_t i = 0; i + 1 < tail; ++i, rest /= alphabet.size()) {
            text[head + i] = alphabet[rest % alphabet.size()];
            hash = fnv1a_step(hash, text[head + i]);
        }
        text.back() = solve_last(hash, leaf, alphabet);
        if (text.back() != 0 && text != avoid) return true;
    }
    return false;
}

// One character more, as UTF-16 units.
std::uint32_t hash_step(std::uint32_t hash, std::uint32_t character) noexcept {
    if (character >= 0x10000) {
        constexpr std::uint32_t kHigh = 0xd800, kLow = 0xdc00;
        const auto offset = character - 0x10000;
        hash = (hash ^ (kHigh + (offset >> 10))) * kFnvPrime;
        character = kLow + (offset & 0x3ff);
    }
    return (hash ^ character) * kFnvPrime;
}

// The characters of a pattern, ASCII as word characters, and where they begin.
struct Pattern {
    std::vector<CharClass> classes;
    std::vector<std::size_t> starts;

    explicit Pattern(std::string_view text) {
        for (std::size_t at = 0, length = 0; at < text.size(); at += length) {
            starts.push_back(at);
            classes.push_back(classify(text.substr(at), length));
            auto& of = classes.back();
            if (of.kind != CharClass::block) {
                of = {CharClass::word, 0, static_cast<std::uint32_t>(kWordCharacters.size()), 0};
            }
        }
    }
};

// Draws the last characters anew until the text stands in the leaf.
bool draw_tail(std::string& text, const Pattern& pattern, std::uint32_t leaf, Random& rng,
               std::string_view avoid) {
    const auto tail = std::min(kTail, pattern.starts.size());
    const auto first = pattern.starts.size() - tail;
    const auto head = pattern.starts[first];
    const auto state = fnv1a(std::string_view(text).substr(0, head));
    std::uint64_t texts = 1;
    for (std::size_t i = 0; i < tail; ++i) texts *= pattern.classes[first + i].size;
    // Sixteen times as many draws as leaves; no more than a few per text where there are few.
    constexpr std::uint64_t kDraws = 16u << kLeafBits;
    std::uint32_t chosen[kTail] = {};
    for (auto draws = std::min(kDraws, 4 * texts); draws > 0; --draws) {
        auto hash = state;
        for (std::size_t i = 0; i < tail; ++i) {
            const auto& of = pattern.classes[first + i];
            chosen[i] = static_cast<std::uint32_t>(rng.below(of.size));
            hash = hash_step(hash, member_of(of, chosen[i]));
        }
        if (!in_leaf(hash, leaf)) continue;
        text.resize(head);
        for (std::size_t i = 0; i < tail; ++i)
            append_member(pattern.classes[first + i], chosen[i], text);
        if (text != avoid) return true;
    }
    return false;
}

bool is_ascii(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

std::uint32_t leaf_of_key(std::string_view key) noexcept {
    return fnv1a(key) >> (32 - kLeafBits);
}

std::optional<std::string> key_choice(const Prf& prf, std::string_view key, unsigned choice) {
    const auto longer = choice / kChoicesPerLength;
    std::string pattern(key);
    pattern.append(longer, '0');
    if (pattern.empty()) return std::nullopt;
    const auto leaf = leaf_of_key(key);
    Random rng(prf(Domain::key, key) ^ splitmix64(choice));
    const auto tail = std::min(kTail, pattern.size());
    std::string text;
    append_random_text(rng, pattern, text);
    if (!is_ascii(std::string_view(pattern).substr(pattern.size() - tail))) {
        if (draw_tail(text, Pattern(pattern), leaf, rng, key)) return text;
        // Few characters of one block may all miss the leaf; among ASCII there are more.
        pattern.assign(pattern.size(), '0');
        text.clear();
        append_random_text(rng, pattern, text);
    }
    const auto alphabet = pattern.size() < kTail ? kPrintable : kWordCharacters;
    if (solve_tail(text, tail, leaf, alphabet, rng, key)) return text;
    return std::nullopt;
}

std::string next_key_choice(const Prf& prf, std::string_view key, unsigned& choice) {
    for (;;) {
        if (auto text = key_choice(prf, key, choice)) return std::move(*text);
        // What does not exist at this length will not exist at the next try either.
        choice = (choice / kChoicesPerLength + 1) * kChoicesPerLength;
    }
}

}  // namespace topgun::synth
