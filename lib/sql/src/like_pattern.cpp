// SPDX-License-Identifier: Apache-2.0
#include "like_pattern.hpp"

#include "characters.hpp"

namespace topgun::sql {

Result<LikePattern> LikePattern::compile(std::string_view pattern, std::string_view escape) {
    LikePattern out;
    out.segments_.emplace_back().pieces.emplace_back();
    while (!pattern.empty()) {
        auto character = take_character(pattern);
        auto& pieces = out.segments_.back().pieces;
        if (!escape.empty() && character == escape) {
            if (pattern.empty()) {
                return Error(Errc::bad_input, "LIKE pattern must not end with escape character");
            }
            character = take_character(pattern);
        } else if (character == "%") {
            out.segments_.emplace_back().pieces.emplace_back();
            continue;
        } else if (character == "_") {
            if (!pieces.back().literal.empty()) pieces.emplace_back();
            ++pieces.back().any;
            continue;
        }
        pieces.back().literal += character;
    }
    return out;
}

// Bytes that a segment takes at the start of a text.
std::optional<std::size_t> LikePattern::match_at(const Segment& segment,
                                                 std::string_view text) noexcept {
    std::size_t at = 0;
    for (const auto& piece : segment.pieces) {
        for (std::size_t i = 0; i < piece.any; ++i) {
            if (at == text.size()) return std::nullopt;
            at += bytes_of_characters(text.substr(at), 1);
        }
        if (!text.substr(at).starts_with(piece.literal)) return std::nullopt;
        at += piece.literal.size();
    }
    return at;
}

// Goes behind the first place where a segment matches.
bool LikePattern::take_first(const Segment& segment, std::string_view& text) noexcept {
    const auto& first = segment.pieces.front();
    if (segment.pieces.size() == 1 && first.any == 0) {
        const auto at = find_part(text, first.literal);
        if (at == std::string_view::npos) return false;
        text.remove_prefix(at + first.literal.size());
        return true;
    }
    for (;;) {
        if (const auto size = match_at(segment, text)) {
            text.remove_prefix(*size);
            return true;
        }
        if (text.empty()) return false;
        take_character(text);
    }
}

bool LikePattern::ends_with(const Segment& segment, std::string_view text) noexcept {
    for (auto piece = segment.pieces.rbegin(); piece != segment.pieces.rend(); ++piece) {
        if (!text.ends_with(piece->literal)) return false;
        text.remove_suffix(piece->literal.size());
        for (std::size_t i = 0; i < piece->any; ++i) {
            if (text.empty()) return false;
            auto first = text.size() - 1;
            while (first > 0 && is_continuation(text[first])) --first;
            text.remove_suffix(text.size() - first);
        }
    }
    return true;
}

bool LikePattern::matches(std::string_view text) const noexcept {
    const auto start = match_at(segments_.front(), text);
    if (!start) return false;
    if (segments_.size() == 1) return *start == text.size();
    text.remove_prefix(*start);
    for (std::size_t i = 1; i + 1 < segments_.size(); ++i) {
        if (!take_first(segments_[i], text)) return false;
    }
    return ends_with(segments_.back(), text);
}

}  // namespace topgun::sql
