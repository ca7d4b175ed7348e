// SPDX-License-Identifier: Apache-2.0
#include "characters.hpp"

#include <cstring>

#include <algorithm>

#include "topgun/base/utf.hpp"

namespace topgun::sql {
namespace {

template <typename Map>
std::string mapped_text(std::string_view text, char first, Map&& map) {
    std::string out;
    if (is_ascii(text)) {
        out.resize(text.size());
        std::transform(text.begin(), text.end(), out.begin(), [first](char c) {
            const auto offset = static_cast<unsigned char>(c - first);
            return static_cast<char>(offset < 26 ? c ^ 0x20 : c);
        });
        return out;
    }
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const auto character = decode_utf8(text.substr(i));
        append_utf8(out, map(character.code_point));
        i += character.length;
    }
    return out;
}

}  // namespace

std::string uppered(std::string_view text) {
    return mapped_text(text, 'a', upper_case);
}
std::string lowered(std::string_view text) {
    return mapped_text(text, 'A', lower_case);
}

bool is_word_character(std::uint32_t c) noexcept {
    if (c >= 0x80) return upper_case(c) != c || lower_case(c) != c;
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

std::int64_t count_characters(std::string_view text) noexcept {
    std::int64_t count = 0;
    for (const char c : text) count += is_continuation(c) ? 0 : 1;
    return count;
}

std::size_t bytes_of_characters(std::string_view text, std::int64_t count) noexcept {
    if (count <= 0) return 0;
    const auto wanted = static_cast<std::size_t>(count);
    // No character is shorter than a byte.
    if (wanted >= text.size()) return text.size();
    if (is_ascii(text.substr(0, wanted)) && !is_continuation(text[wanted])) return wanted;
    std::size_t at = 0;
    for (std::size_t i = 0; i < wanted && at < text.size(); ++i) {
        ++at;
        while (at < text.size() && is_continuation(text[at])) ++at;
    }
    return at;
}

std::string_view take_character(std::string_view& text) noexcept {
    const auto size = bytes_of_characters(text, 1);
    const auto out = text.substr(0, size);
    text.remove_prefix(size);
    return out;
}

std::size_t find_part(std::string_view text, std::string_view part, std::size_t from) noexcept {
    // A search that compares at each byte is fastest for words, and quadratic for long parts.
    constexpr std::size_t kShort = 32;
    if (part.size() <= kShort || from > text.size()) return text.find(part, from);
    const void* hit = ::memmem(text.data() + from, text.size() - from, part.data(), part.size());
    if (hit == nullptr) return std::string_view::npos;
    return static_cast<std::size_t>(static_cast<const char*>(hit) - text.data());
}

}  // namespace topgun::sql
