// SPDX-License-Identifier: Apache-2.0
#include "pseudonym.hpp"

#include <array>
#include <bit>
#include <cmath>

#include "permutation.hpp"
#include "topgun/base/utf.hpp"

namespace topgun::synth {

const std::string_view kWordCharacters =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz-";

namespace {

// The permutations act on small ranges too, where fewer rounds would show a pattern.
constexpr unsigned kRounds = 8;

constexpr std::string_view kPunctuation = " !\"#$%&'()*+,./:;<=>?@[\\]^`{|}~";
constexpr std::uint32_t kControls = 33;  // below U+0020, and U+007F

// Blocks of two-byte characters: controls, signs, Latin, phonetics and marks, Greek, Cyrillic,
// others.
constexpr std::array<std::uint32_t, 8> kTwoByteBlocks = {0x80,  0xa0,  0xc0,  0x250,
                                                         0x370, 0x400, 0x530, 0x800};

struct Block {
    std::uint32_t first, size;
};

Block block_of(std::uint32_t cp) noexcept {
    for (std::size_t i = 1; cp < 0x800; ++i) {
        if (cp < kTwoByteBlocks[i]) {
            return {kTwoByteBlocks[i - 1], kTwoByteBlocks[i] - kTwoByteBlocks[i - 1]};
        }
    }
    // 4096 each; what three bytes begin with, and what surrogates cut off, are smaller.
    if (cp < 0x1000) return {0x800, 0x800};
    if (cp >= 0xd000 && cp < 0xd800) return {0xd000, 0x800};
    return {cp & ~0xfffu, 0x1000};
}

std::uint32_t ascii_index(std::string_view members, char c) noexcept {
    return static_cast<std::uint32_t>(members.find(c));
}

std::uint64_t permute_number(const Prf& prf, Domain domain, std::uint64_t tweak, std::uint64_t x,
                             std::uint64_t size) {
    return permute(x, size, kRounds, [&](unsigned round, std::uint64_t half) {
        return prf(domain, tweak << 8 | round, half);
    });
}

// The members of a short text or binary value, each of a class of its own.
struct Members {
    std::size_t count = 0;
    std::array<std::uint16_t, kLongText> index{};
    std::array<std::uint16_t, kLongText> size{};  // of the class: up to 4096

    void add(std::uint32_t member, std::uint32_t of) {
        index[count] = static_cast<std::uint16_t>(member);
        size[count++] = static_cast<std::uint16_t>(of);
    }
};

// A permutation of all strings of these classes: a Feistel network whose halves are the first and
// the second half of the characters, added to modulo the size of each class.
void permute_members(const Prf& prf, Domain domain, Members& members) {
    const auto count = members.count;
    if (count == 0) return;
    if (count == 1) {
        members.index[0] = static_cast<std::uint16_t>(
            permute_number(prf, domain, members.size[0], members.index[0], members.size[0]));
        return;
    }
    std::array<char, 1 + 4 * kLongText> message{};
    const auto middle = count / 2;
    for (std::size_t i = 0; i < count; ++i) store_le(&message[1 + 2 * i], members.size[i]);
    for (unsigned round = 0; round < kRounds; ++round) {
        const bool from_left = round % 2 == 0;
        message[0] = static_cast<char>(round);
        auto end = 1 + 2 * count;
        for (std::size_t i = from_left ? 0 : middle; i < (from_left ? middle : count);
             ++i, end += 2) {
            store_le(&message[end], members.index[i]);
        }
        Random rng(prf(domain, BytesView(message.data(), end)));
        for (std::size_t i = from_left ? middle : 0; i < (from_left ? count : middle); ++i) {
            const auto sum = members.index[i] + rng.below(members.size[i]);
            members.index[i] = static_cast<std::uint16_t>(sum % members.size[i]);
        }
    }
}

void replace_short_text(const Prf& prf, std::string_view text, std::string& out) {
    std::array<CharClass, kLongText> classes;
    Members members;
    for (std::size_t at = 0, length = 0; at < text.size(); at += length) {
        const auto& of = classes[members.count] = classify(text.substr(at), length);
        members.add(of.index, of.size);
    }
    permute_members(prf, Domain::text, members);
    for (std::size_t i = 0; i < members.count; ++i)
        append_member(classes[i], members.index[i], out);
}

// First and last magnitude of each width, in canonical encoding, and of JavaScript's exact range.
constexpr std::array<std::uint64_t, 8> kUnsignedWidths = {
    0, 0x80, 0x100, 0x10000, 0x100000000, std::uint64_t{1} << 53, std::uint64_t{1} << 63, 0};
// For -1 - value.
constexpr std::array<std::uint64_t, 7> kNegativeWidths = {
    0, 0x20, 0x80, 0x8000, 0x80000000, (std::uint64_t{1} << 53) - 1, std::uint64_t{1} << 63};

template <std::size_t N>
std::uint64_t permute_width(const Prf& prf, Domain domain,
                            const std::array<std::uint64_t, N>& firsts, std::uint64_t value,
                            std::uint64_t lowest) {
    std::size_t width = 0;
    while (width + 2 < N && value >= firsts[width + 1]) ++width;
    const auto first = std::max(firsts[width], lowest);
    // The last width ends at 2^64, which is 0 here: the difference is right all the same.
    const auto size = firsts[width + 1] - first;
    return first + permute_number(prf, domain, N << 8 | width, value - first, size);
}

}  // namespace

bool is_word_character(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '-';
}

CharClass classify(std::string_view text, std::size_t& length) noexcept {
    const char c = text[0];
    length = 1;
    if (is_word_character(c)) {
        return {CharClass::word, 0, static_cast<std::uint32_t>(kWordCharacters.size()),
                ascii_index(kWordCharacters, c)};
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) return {CharClass::control, 0, kControls, byte};
    if (byte == 0x7f) return {CharClass::control, 0, kControls, kControls - 1};
    if (byte < 0x80) {
        return {CharClass::punctuation, 0, static_cast<std::uint32_t>(kPunctuation.size()),
                ascii_index(kPunctuation, c)};
    }
    const auto decoded = decode_utf8(text);
    if (!decoded.valid) return {CharClass::malformed, 0, 0x80, byte & 0x7fu};
    length = decoded.length;
    const auto block = block_of(decoded.code_point);
    return {CharClass::block, block.first, block.size, decoded.code_point - block.first};
}

std::uint32_t member_of(const CharClass& of, std::uint32_t index) noexcept {
    const auto ascii = [](char c) { return static_cast<std::uint32_t>(c); };
    switch (of.kind) {
        case CharClass::word: return ascii(kWordCharacters[index]);
        case CharClass::punctuation: return ascii(kPunctuation[index]);
        case CharClass::control: return index == kControls - 1 ? 0x7f : index;
        case CharClass::block: return of.first + index;
        case CharClass::malformed: break;
    }
    return ascii(kWordCharacters[index % kWordCharacters.size()]);
}

void append_member(const CharClass& of, std::uint32_t index, std::string& out) {
    const auto character = member_of(of, index);
    if (character < 0x80)
        out += static_cast<char>(character);
    else
        append_utf8(out, character);
}

void append_random_text(Random& rng, std::string_view text, std::string& out) {
    constexpr unsigned kPerDraw = 10;  // characters of six bits in 64
    std::uint64_t bits = 0;
    unsigned left = 0;
    for (std::size_t at = 0, length = 1; at < text.size(); at += length) {
        if (static_cast<unsigned char>(text[at]) >= 0x80) {
            const auto of = classify(text.substr(at), length);
            append_member(of, static_cast<std::uint32_t>(rng.below(of.size)), out);
            continue;
        }
        // A run of ASCII, written in place.
        length = 1;
        while (at + length < text.size() && static_cast<unsigned char>(text[at + length]) < 0x80)
            ++length;
        const auto start = out.size();
        out.resize(start + length);
        for (std::size_t i = 0; i < length; ++i, --left, bits /= 64) {
            if (left == 0) {
                bits = rng();
                left = kPerDraw;
            }
            out[start + i] = kWordCharacters[bits % 64];
        }
    }
}

void replace_text(const Prf& prf, std::string_view text, std::string& out) {
    out.clear();
    if (text.size() < kLongText) return replace_short_text(prf, text, out);
    Random rng(prf(Domain::text, text));
    append_random_text(rng, text, out);
}

std::uint64_t replace_unsigned(const Prf& prf, std::uint64_t value) {
    return permute_width(prf, Domain::integer, kUnsignedWidths, value, 0);
}

std::int64_t replace_negative(const Prf& prf, std::int64_t value) {
    const auto magnitude = ~static_cast<std::uint64_t>(value);
    return static_cast<std::int64_t>(
        ~permute_width(prf, Domain::integer, kNegativeWidths, magnitude, 0));
}

double replace_real(const Prf& prf, double value) {
    if (!std::isfinite(value) || value == 0) return value;
    const auto magnitude = std::fabs(value);
    double replaced = 0;
    if (magnitude >= 0x1p53) {
        // Whole, and beyond what integers say: another one of the same power of two.
        constexpr std::uint64_t kMantissa = (std::uint64_t{1} << 52) - 1;
        const auto bits = std::bit_cast<std::uint64_t>(magnitude);
        const auto mantissa =
            permute_number(prf, Domain::real, bits >> 52, bits & kMantissa, kMantissa + 1);
        replaced = std::bit_cast<double>((bits & ~kMantissa) | mantissa);
    } else if (magnitude == std::trunc(magnitude)) {
        replaced = static_cast<double>(permute_width(prf, Domain::real, kUnsignedWidths,
                                                     static_cast<std::uint64_t>(magnitude), 1));
    } else {
        // A fraction below 1024; its lowest bit is set, so it is none that could be whole.
        const auto bits = prf(Domain::real, std::bit_cast<std::uint64_t>(magnitude), 0);
        replaced = std::ldexp(static_cast<double>((bits >> 11) | 1), -43);
    }
    return std::copysign(replaced, value);
}

void replace_binary(const Prf& prf, Domain domain, BytesView bytes, Bytes& out) {
    out.clear();
    if (bytes.size() < kLongText) {
        Members members;
        for (const char c : bytes) members.add(static_cast<unsigned char>(c), 256);
        permute_members(prf, domain, members);
        for (std::size_t i = 0; i < members.count; ++i) out += static_cast<char>(members.index[i]);
        return;
    }
    Random rng(prf(domain, bytes));
    while (out.size() < bytes.size()) append_le(out, rng());
    out.resize(bytes.size());
}

void replace_extension(const Prf& prf, std::int8_t type, BytesView body, Bytes& out) {
    constexpr std::int8_t kTimestamp = -1;
    constexpr std::uint64_t kNanos = 1'000'000'000;
    if (type == 0 && body.size() == 1) {
        // One zero byte of type 0 is JavaScript's undefined: nothing else may become it.
        const auto byte = static_cast<unsigned char>(body[0]);
        const auto image =
            byte == 0 ? 0 : 1 + permute_number(prf, Domain::extension, 0, byte - 1u, 255);
        out.assign(1, static_cast<char>(image));
        return;
    }
    if (type != kTimestamp || (body.size() != 8 && body.size() != 12)) {
        return replace_binary(prf, Domain::extension, body, out);
    }
    // Source: the MessagePack specification, timestamp 64 and timestamp 96.
    const bool wide = body.size() == 12;
    const auto word = load_be<std::uint64_t>(body.data() + (wide ? 4 : 0));
    const auto nanos = wide ? load_be<std::uint32_t>(body.data()) : word >> 34;
    constexpr std::uint64_t kSeconds = std::uint64_t{1} << 34;
    const auto seconds = word & (kSeconds - 1);
    const auto new_nanos =
        nanos < kNanos ? permute_number(prf, Domain::extension, 1, nanos, kNanos) : nanos;
    const auto new_seconds = permute_number(prf, Domain::extension, 2, seconds, kSeconds);
    out.clear();
    if (wide) append_be(out, static_cast<std::uint32_t>(new_nanos));
    append_be(out, wide ? (word & ~(kSeconds - 1)) | new_seconds : new_nanos << 34 | new_seconds);
}

}  // namespace topgun::synth
