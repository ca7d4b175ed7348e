// SPDX-License-Identifier: Apache-2.0
#include "topgun/sql/diagnostic.hpp"

#include <algorithm>

#include "topgun/base/utf.hpp"

namespace topgun::sql {

namespace {

constexpr std::size_t kTabStop = 8;
constexpr std::size_t kCharactersBefore = 60;  // Of the line, when it must be cut.
constexpr std::size_t kCharactersShown = 96;
constexpr std::size_t kLongestMessage = 1000;

struct Line {
    std::size_t number = 1;
    std::size_t begin = 0;
    std::size_t end = 0;
};

Line line_at(std::string_view text, std::size_t offset) {
    Line line;
    for (std::size_t i = 0; i < offset; ++i) {
        const bool pair = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
        if ((text[i] != '\n' && text[i] != '\r') || pair) continue;
        ++line.number;
        line.begin = i + 1;
    }
    line.end = std::min(text.find_first_of("\r\n", line.begin), text.size());
    return line;
}

// What a terminal shows for one character: no control character reaches it.
void append_visible(std::string& out, std::string_view bytes, const DecodedCharacter& character) {
    const auto code = character.code_point;
    if (!character.valid || code < 0x20 || (code >= 0x7f && code < 0xa0)) {
        append_utf8(out, kReplacementCharacter);
    } else {
        out.append(bytes.substr(0, character.length));
    }
}

// The line as it is shown, and the column of the caret in it.
struct Shown {
    std::string text;
    std::size_t caret = 0;
};

// Where to begin, so that not too many characters stand before the caret.
std::size_t cut_before(std::string_view line, std::size_t caret_at) {
    constexpr std::size_t kLongestCharacter = 4;
    std::size_t from = 0;
    if (caret_at > kCharactersBefore * kLongestCharacter) {
        from = caret_at - kCharactersBefore * kLongestCharacter;
        while (from < caret_at && (static_cast<unsigned char>(line[from]) & 0xc0) == 0x80) ++from;
    }
    std::size_t characters = 0;
    for (auto i = from; i < caret_at; i += decode_utf8(line.substr(i)).length) ++characters;
    for (; characters > kCharactersBefore; --characters) {
        from += decode_utf8(line.substr(from)).length;
    }
    return from;
}

// No terminal shows a line without an end, and each message would cost as much as the text.
Shown show(std::string_view line, std::size_t caret_at) {
    const auto from = cut_before(line, caret_at);
    Shown shown;
    if (from > 0) shown.text = "...";
    auto width = shown.text.size();
    shown.caret = width;
    std::size_t characters = 0;
    for (auto i = from; i < line.size(); ++characters) {
        if (characters == kCharactersShown) {
            shown.text += "...";
            break;
        }
        const auto character = decode_utf8(line.substr(i));
        const auto size = shown.text.size();
        if (character.code_point == '\t') {
            shown.text.append(kTabStop - width % kTabStop, ' ');
        } else {
            append_visible(shown.text, line.substr(i), character);
        }
        width += display_width(std::string_view(shown.text).substr(size));
        i += character.length;
        if (i <= caret_at) shown.caret = width;
    }
    while (shown.text.ends_with(' ')) shown.text.pop_back();
    return shown;
}

std::string visible(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        if (out.size() >= kLongestMessage) return out + "...";
        const auto character = decode_utf8(text.substr(i));
        if (text[i] == '\n' || text[i] == '\t' || text[i] == '\r') {
            out += ' ';
        } else {
            append_visible(out, text.substr(i), character);
        }
        i += character.length;
    }
    return out;
}

}  // namespace

Place place_of(std::string_view text, std::size_t offset) noexcept {
    offset = std::min(offset, text.size());
    const auto line = line_at(text, offset);
    Place place;
    place.line = line.number;
    for (auto i = line.begin; i < offset;) {
        i += decode_utf8(text.substr(i)).length;
        if (i <= offset) ++place.column;
    }
    return place;
}

std::string render(std::string_view text, const Diagnostic& diagnostic) {
    const auto offset = std::min(diagnostic.offset, text.size());
    const auto place = place_of(text, offset);
    const auto line = line_at(text, offset);
    const auto shown = show(text.substr(line.begin, line.end - line.begin),
                            std::min(offset, line.end) - line.begin);
    std::string out = "line " + std::to_string(place.line) + ", column " +
                      std::to_string(place.column) + ": " + visible(diagnostic.message);
    out += "\n  " + shown.text;
    out += "\n  " + std::string(shown.caret, ' ') + '^';
    if (!diagnostic.hint.empty()) out += "\nhint: " + visible(diagnostic.hint);
    return out;
}

Error diagnose(std::string_view text, const Diagnostic& diagnostic) {
    return Error(diagnostic.code, render(text, diagnostic));
}

}  // namespace topgun::sql
