// SPDX-License-Identifier: Apache-2.0
#include "lexer.hpp"

#include <utility>

#include "topgun/base/utf.hpp"

namespace topgun::pgdump {
namespace {

int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    const char l = lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

// Up to `most` digits of a base.
std::uint32_t number_at(std::string_view text, std::size_t& at, int base, int most) {
    std::uint32_t value = 0;
    for (int i = 0; i < most && at < text.size(); ++i, ++at) {
        const int digit = hex_value(text[at]);
        if (digit < 0 || digit >= base) break;
        value = value * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit);
    }
    return value;
}

}  // namespace

void append_string_escape(std::string_view text, std::size_t& at, std::string& out) {
    const char c = text[at++];
    switch (c) {
        case 'b': out += '\b'; return;
        case 'f': out += '\f'; return;
        case 'n': out += '\n'; return;
        case 'r': out += '\r'; return;
        case 't': out += '\t'; return;
        case 'x': out += static_cast<char>(number_at(text, at, 16, 2)); return;
        case 'u': append_utf8(out, number_at(text, at, 16, 4)); return;
        case 'U': append_utf8(out, number_at(text, at, 16, 8)); return;
        default: break;
    }
    if (c >= '0' && c <= '7') {
        --at;
        out += static_cast<char>(number_at(text, at, 8, 3));
    } else {
        out += c;
    }
}

Token Lexer::take() {
    Token out = std::move(token_);
    advance();
    return out;
}

bool Lexer::accept(std::string_view word_or_symbol) {
    if (!token_.is(word_or_symbol)) return false;
    advance();
    return true;
}

void Lexer::skip_parentheses() {
    std::size_t depth = 0;
    while (!at_end()) {
        if (token_.is("(")) ++depth;
        if (token_.is(")") && --depth == 0) {
            advance();
            return;
        }
        if (depth == 0) return;
        advance();
    }
}

void Lexer::skip_blanks() {
    while (at_ < text_.size()) {
        if (is_blank(text_[at_])) {
            ++at_;
        } else if (text_.substr(at_, 2) == "--") {
            at_ = std::min(text_.find('\n', at_), text_.size());
        } else if (text_.substr(at_, 2) == "/*") {
            const auto end = text_.find("*/", at_ + 2);
            at_ = end == std::string_view::npos ? text_.size() : end + 2;
        } else {
            return;
        }
    }
}

void Lexer::advance() {
    skip_blanks();
    token_.text.clear();
    token_.begin = at_;
    if (at_ >= text_.size()) {
        token_.kind = TokenKind::end;
    } else if (const char c = text_[at_]; is_word_start(c)) {
        const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
        if (next == '\'' && (lower(c) == 'e' || lower(c) == 'b' || lower(c) == 'x')) {
            ++at_;
            read_string(lower(c) == 'e');
        } else {
            read_word();
        }
    } else if (c == '"') {
        read_quoted();
    } else if (c == '\'') {
        read_string(backslashes_);
    } else if (is_digit(c)) {
        read_number();
    } else if (c != '$' || !read_dollar_quote()) {
        token_.kind = TokenKind::symbol;
        const std::size_t size = text_.substr(at_, 2) == "::" ? 2 : 1;
        token_.text = text_.substr(at_, size);
        at_ += size;
    }
    token_.end = at_;
}

void Lexer::read_word() {
    token_.kind = TokenKind::word;
    while (at_ < text_.size() && is_word_part(text_[at_])) token_.text += lower(text_[at_++]);
}

void Lexer::read_quoted() {
    token_.kind = TokenKind::bad;
    for (++at_; at_ < text_.size(); ++at_) {
        if (text_[at_] == '"') {
            if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') {
                ++at_;
                token_.kind = TokenKind::quoted;
                return;
            }
            ++at_;
        }
        token_.text += text_[at_];
    }
}

void Lexer::read_string(bool escapes) {
    token_.kind = TokenKind::bad;
    ++at_;
    while (at_ < text_.size()) {
        const char c = text_[at_++];
        if (c == '\'') {
            if (at_ >= text_.size() || text_[at_] != '\'') {
                token_.kind = TokenKind::string;
                return;
            }
            ++at_;
        } else if (c == '\\' && escapes && at_ < text_.size()) {
            append_string_escape(text_, at_, token_.text);
            continue;
        }
        token_.text += c;
    }
}

bool Lexer::read_dollar_quote() {
    auto end = at_ + 1;
    while (end < text_.size() && is_word_part(text_[end]) && text_[end] != '$') ++end;
    if (end >= text_.size() || text_[end] != '$' || is_digit(text_[at_ + 1])) return false;
    const auto tag = text_.substr(at_, end + 1 - at_);
    const auto close = text_.find(tag, end + 1);
    token_.kind = close == std::string_view::npos ? TokenKind::bad : TokenKind::string;
    token_.text = text_.substr(end + 1, close == std::string_view::npos ? close : close - end - 1);
    at_ = close == std::string_view::npos ? text_.size() : close + tag.size();
    return true;
}

void Lexer::read_number() {
    token_.kind = TokenKind::number;
    while (at_ < text_.size() && (is_word_part(text_[at_]) || text_[at_] == '.')) {
        token_.text += text_[at_++];
    }
}

}  // namespace topgun::pgdump
