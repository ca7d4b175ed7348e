// SPDX-License-Identifier: Apache-2.0
// Texts by characters: how SQL counts them, and how they change case.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace topgun::sql {

/// Simple case mappings of Unicode: one character for one, whatever the language.
std::uint32_t upper_case(std::uint32_t c) noexcept;
std::uint32_t lower_case(std::uint32_t c) noexcept;

std::string uppered(std::string_view text);
std::string lowered(std::string_view text);
/// A digit or letter of ASCII, or a letter beyond that has a case: what initcap() takes for words.
bool is_word_character(std::uint32_t c) noexcept;

/// True for the bytes of a character behind its first.
constexpr bool is_continuation(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}
/// Characters of a UTF-8 text. Cost: O(bytes), sixteen or more at a time.
std::int64_t count_characters(std::string_view text) noexcept;
/// Bytes of the first `count` characters; all when there are fewer, none when count < 0.
std::size_t bytes_of_characters(std::string_view text, std::int64_t count) noexcept;
/// The first character, and the rest.
std::string_view take_character(std::string_view& text) noexcept;

/// As text.find(part, from), but linear in the text however long the part is.
std::size_t find_part(std::string_view text, std::string_view part, std::size_t from = 0) noexcept;

/// Results that a statement may make out of small arguments, repeat('x', 1e9), end here.
inline constexpr std::size_t kTextBytesMax = std::size_t{1} << 28;

}  // namespace topgun::sql
