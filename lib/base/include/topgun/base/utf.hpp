// SPDX-License-Identifier: Apache-2.0
// UTF-8 in, UTF-16 order out: TopGun's JavaScript peers count and sort in UTF-16 code units.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "topgun/base/bytes.hpp"
#include "topgun/base/export.hpp"

namespace topgun {

inline constexpr std::uint32_t kReplacementCharacter = 0xfffd;

/// One decoded character. `valid` is false for a malformed sequence, which decodes as U+FFFD and
/// takes `length` bytes (at least one), so that a loop always advances.
struct DecodedCharacter {
    std::uint32_t code_point = kReplacementCharacter;
    std::uint8_t length = 1;
    bool valid = false;
};

/// Decodes the first character. @pre !text.empty(). Overlong forms, surrogates and values above
/// U+10FFFF are malformed. Cost: O(1).
TOPGUN_API DecodedCharacter decode_utf8(std::string_view text) noexcept;

/// True when no byte has its top bit set. Cost: O(text.size()), inline because most texts are a
/// few bytes long.
inline bool is_ascii(std::string_view text) noexcept {
    const char* const at = text.data();
    const auto size = text.size();
    std::uint64_t seen = 0;
    if (size >= 8) {
        for (std::size_t i = 0; i + 8 <= size; i += 8) seen |= load_le<std::uint64_t>(at + i);
        seen |= load_le<std::uint64_t>(at + size - 8);
    } else if (size >= 4) {
        seen = load_le<std::uint32_t>(at) | load_le<std::uint32_t>(at + size - 4);
    } else {
        for (std::size_t i = 0; i < size; ++i) seen |= static_cast<unsigned char>(at[i]);
    }
    return (seen & 0x8080808080808080u) == 0;
}

/// Offset of the first malformed byte, or text.size() when all is well-formed UTF-8.
/// Cost: O(text.size()), eight ASCII bytes at a time.
TOPGUN_API std::size_t find_invalid_utf8(std::string_view text) noexcept;

inline bool is_utf8(std::string_view text) noexcept {
    return is_ascii(text) || find_invalid_utf8(text) == text.size();
}

/// Appends one character as UTF-8. A surrogate or a value above U+10FFFF is written as U+FFFD.
TOPGUN_API void append_utf8(std::string& out, std::uint32_t code_point);

/// Replaces every malformed sequence by U+FFFD; a pair of surrogates that was encoded as two
/// three-byte sequences (CESU-8) becomes the character that it stands for.
TOPGUN_API std::string repair_utf8(std::string_view text);

/// Compares as JavaScript's default sort does: by UTF-16 code units.
/// @return negative, zero or positive. @pre both are well-formed UTF-8.
/// Differs from byte order only where U+E000..U+FFFF meets a supplementary character.
TOPGUN_API int compare_utf16(std::string_view a, std::string_view b) noexcept;

/// Columns that a terminal needs for `text` (0 for combining marks, 2 for wide characters).
TOPGUN_API std::size_t display_width(std::string_view text) noexcept;

}  // namespace topgun
