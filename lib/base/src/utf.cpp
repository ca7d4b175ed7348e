// SPDX-License-Identifier: Apache-2.0
// UTF-8 decoding by the well-formedness table of the Unicode Standard (chapter 3, table 3-7).
#include "topgun/base/utf.hpp"

#include <algorithm>
#include <array>

#include "topgun/base/bytes.hpp"

namespace topgun {
namespace {

bool is_continuation(char byte) noexcept {
    return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

// Supplementary characters start with a surrogate (D800..DFFF) in UTF-16, below U+E000..U+FFFF.
std::uint32_t utf16_sort_weight(std::uint32_t code_point) noexcept {
    if (code_point >= 0x10000) return code_point - 0x10000 + 0xd800;
    if (code_point >= 0xe000) return code_point + 0x200000;
    return code_point;
}

struct Range {
    std::uint32_t first, last;
};

bool contains(const Range* begin, const Range* end, std::uint32_t code_point) noexcept {
    const auto* found =
        std::upper_bound(begin, end, code_point,
                         [](std::uint32_t c, const Range& range) { return c < range.first; });
    return found != begin && code_point <= (found - 1)->last;
}

// The blocks that matter for tables in a terminal; not the whole of Unicode's width property.
constexpr std::array kZeroWidth = {
    Range{0x300, 0x36f},   Range{0x483, 0x489},     Range{0x591, 0x5bd},    Range{0x610, 0x61a},
    Range{0x64b, 0x65f},   Range{0x900, 0x902},     Range{0x93c, 0x93c},    Range{0xe31, 0xe31},
    Range{0xe34, 0xe3a},   Range{0x1ab0, 0x1aff},   Range{0x200b, 0x200f},  Range{0x202a, 0x202e},
    Range{0x2060, 0x2064}, Range{0x20d0, 0x20ff},   Range{0xfe00, 0xfe0f},  Range{0xfe20, 0xfe2f},
    Range{0xfeff, 0xfeff}, Range{0x1f3fb, 0x1f3ff}, Range{0xe0100, 0xe01ef}};
constexpr std::array kDoubleWidth = {
    Range{0x1100, 0x115f},   Range{0x231a, 0x231b},   Range{0x2e80, 0x303e},
    Range{0x3041, 0x33ff},   Range{0x3400, 0x4dbf},   Range{0x4e00, 0x9fff},
    Range{0xa000, 0xa4cf},   Range{0xac00, 0xd7a3},   Range{0xf900, 0xfaff},
    Range{0xfe30, 0xfe6f},   Range{0xff00, 0xff60},   Range{0xffe0, 0xffe6},
    Range{0x1f300, 0x1f64f}, Range{0x1f680, 0x1f6ff}, Range{0x1f900, 0x1f9ff},
    Range{0x20000, 0x3fffd}};

}  // namespace

DecodedCharacter decode_utf8(std::string_view text) noexcept {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) return {lead, 1, true};
    std::uint8_t length = 0;
    std::uint32_t value = 0;
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) {
        length = 2;
        value = lead & 0x1fu;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        length = 3;
        value = lead & 0x0fu;
        if (lead == 0xe0) low = 0xa0;
        if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        length = 4;
        value = lead & 0x07u;
        if (lead == 0xf0) low = 0x90;
        if (lead == 0xf4) high = 0x8f;
    } else {
        return {};
    }
    for (std::uint8_t i = 1; i < length; ++i) {
        if (i >= text.size()) return {kReplacementCharacter, i, false};
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < low || byte > high) return {kReplacementCharacter, i, false};
        value = (value << 6) | (byte & 0x3fu);
        low = 0x80;
        high = 0xbf;
    }
    return {value, length, true};
}

std::size_t find_invalid_utf8(std::string_view text) noexcept {
    std::size_t at = 0;
    while (at < text.size()) {
        while (text.size() - at >= 8 &&
               (load_le<std::uint64_t>(text.data() + at) & 0x8080808080808080u) == 0) {
            at += 8;
        }
        if (at == text.size()) break;
        if (static_cast<unsigned char>(text[at]) < 0x80) {
            ++at;
            continue;
        }
        const auto decoded = decode_utf8(text.substr(at));
        if (!decoded.valid) return at;
        at += decoded.length;
    }
    return text.size();
}

void append_utf8(std::string& out, std::uint32_t c) {
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) c = kReplacementCharacter;
    const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xc0 | (c >> 6));
        put(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        put(0xe0 | (c >> 12));
        put(0x80 | ((c >> 6) & 0x3f));
        put(0x80 | (c & 0x3f));
    } else {
        put(0xf0 | (c >> 18));
        put(0x80 | ((c >> 12) & 0x3f));
        put(0x80 | ((c >> 6) & 0x3f));
        put(0x80 | (c & 0x3f));
    }
}

std::string repair_utf8(std::string_view text) {
    // A surrogate written as three bytes: ED A0..BF xx.
    const auto surrogate_at = [text](std::size_t at) -> std::uint32_t {
        if (text.size() - at < 3 || static_cast<unsigned char>(text[at]) != 0xed) return 0;
        const auto second = static_cast<unsigned char>(text[at + 1]);
        if (second < 0xa0 || second > 0xbf || !is_continuation(text[at + 2])) return 0;
        return 0xd000u | ((second & 0x3fu) << 6) |
               (static_cast<unsigned char>(text[at + 2]) & 0x3fu);
    };
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto decoded = decode_utf8(text.substr(at));
        if (decoded.valid) {
            out.append(text, at, decoded.length);
            at += decoded.length;
            continue;
        }
        const std::uint32_t high = surrogate_at(at);
        if (high == 0) {
            append_utf8(out, kReplacementCharacter);
            at += decoded.length;
            continue;
        }
        const std::uint32_t low = at + 3 < text.size() ? surrogate_at(at + 3) : 0;
        if (high < 0xdc00 && low >= 0xdc00) {
            append_utf8(out, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
            at += 6;
        } else {
            append_utf8(out, kReplacementCharacter);
            at += 3;
        }
    }
    return out;
}

int compare_utf16(std::string_view a, std::string_view b) noexcept {
    const auto limit = std::min(a.size(), b.size());
    std::size_t same = 0;
    while (same < limit && a[same] == b[same]) ++same;
    if (same == a.size() || same == b.size()) {
        return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
    }
    // Step back to the start of the character in which they differ.
    while (same > 0 && (is_continuation(a[same]) || is_continuation(b[same]))) --same;
    const auto left = utf16_sort_weight(decode_utf8(a.substr(same)).code_point);
    const auto right = utf16_sort_weight(decode_utf8(b.substr(same)).code_point);
    return left < right ? -1 : left > right ? 1 : 0;
}

std::size_t display_width(std::string_view text) noexcept {
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto decoded = decode_utf8(text.substr(at));
        at += decoded.length;
        const auto c = decoded.code_point;
        if (c < 0x20 || (c >= 0x7f && c < 0xa0)) continue;
        if (c < 0x300) {
            ++width;
        } else if (!contains(kZeroWidth.data(), kZeroWidth.data() + kZeroWidth.size(), c)) {
            const bool wide =
                contains(kDoubleWidth.data(), kDoubleWidth.data() + kDoubleWidth.size(), c);
            width += wide ? 2 : 1;
        }
    }
    return width;
}

}  // namespace topgun
