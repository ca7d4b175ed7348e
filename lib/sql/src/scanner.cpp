// SPDX-License-Identifier: Apache-2.0
#include "scanner.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace topgun::sql {

namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
// PostgreSQL takes every byte beyond ASCII for a letter.
bool starts_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}
bool in_word(char c) {
    return starts_word(c) || is_digit(c) || c == '$';
}
bool in_operator(char c) {
    return c != '\0' && std::string_view("+-*/<>=~!@#%^&|`?").find(c) != std::string_view::npos;
}

bool is_word(std::string_view text, std::string_view lower) {
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
    return std::any_of(words.begin(), words.end(),
                       [text](std::string_view word) { return is_word(text, word); });
}

}  // namespace

void Scanner::skip_line_comment() {
    while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') ++at_;
}

void Scanner::skip_block_comment() {
    const auto begin = at_;
    std::size_t depth = 0;
    do {
        if (starts("/*")) {
            ++depth;
            at_ += 2;
        } else if (starts("*/")) {
            --depth;
            at_ += 2;
        } else {
            ++at_;
        }
    } while (depth > 0 && at_ < text_.size());
    at_ = std::min(at_, text_.size());
    if (depth > 0) unterminated_ = begin;
}

void Scanner::skip_blanks() {
    while (at_ < text_.size()) {
        if (is_blank(text_[at_])) {
            ++at_;
        } else if (starts("--")) {
            skip_line_comment();
        } else if (starts("/*")) {
            skip_block_comment();
        } else {
            return;
        }
    }
}

// Strings that are separated by blanks with a line end among them are one string. Line comments
// count as blanks.
bool Scanner::skip_to_continuation() {
    auto i = at_;
    bool line_end = false;
    while (i < text_.size()) {
        if (text_[i] == '\n' || text_[i] == '\r') {
            line_end = true;
            ++i;
        } else if (is_blank(text_[i])) {
            ++i;
        } else if (at(i) == '-' && at(i + 1) == '-') {
            while (i < text_.size() && text_[i] != '\n' && text_[i] != '\r') ++i;
        } else {
            break;
        }
    }
    if (!line_end || at(i) != '\'') return false;
    at_ = i;
    return true;
}

// Stands at the opening quote.
void Scanner::skip_string(bool backslashes) {
    const auto begin = at_;
    do {
        ++at_;
        for (;;) {
            if (at_ >= text_.size()) {
                at_ = text_.size();
                unterminated_ = begin;
                return;
            }
            if (backslashes && text_[at_] == '\\') {
                at_ += 2;
            } else if (starts("''")) {
                at_ += 2;
            } else if (text_[at_++] == '\'') {
                break;
            }
        }
    } while (skip_to_continuation());
}

void Scanner::skip_quoted() {
    const auto begin = at_;
    for (++at_; at_ < text_.size();) {
        if (starts("\"\"")) {
            at_ += 2;
        } else if (text_[at_++] == '"') {
            return;
        }
    }
    unterminated_ = begin;
}

// $$...$$ or $tag$...$tag$. False, and nothing skipped, when this is no opening mark.
bool Scanner::skip_dollar_string() {
    auto end = at_ + 1;
    if (starts_word(at(end))) {
        while (in_word(at(end)) && at(end) != '$') ++end;
    }
    if (at(end) != '$') return false;
    const auto mark = text_.substr(at_, end + 1 - at_);
    const auto close = text_.find(mark, end + 1);
    if (close == std::string_view::npos) {
        unterminated_ = at_;
        at_ = text_.size();
    } else {
        at_ = close + mark.size();
    }
    return true;
}

void Scanner::skip_number() {
    while (is_digit(at(at_))) ++at_;
    // Two dots belong to another language's ranges, and to no number.
    if (at(at_) == '.' && at(at_ + 1) != '.') {
        ++at_;
        while (is_digit(at(at_))) ++at_;
    }
    if (at(at_) != 'e' && at(at_) != 'E') return;
    const bool sign = at(at_ + 1) == '+' || at(at_ + 1) == '-';
    if (!is_digit(at(at_ + (sign ? 2 : 1)))) return;
    at_ += sign ? 2 : 1;
    while (is_digit(at(at_))) ++at_;
}

void Scanner::skip_operator() {
    while (in_operator(at(at_)) && !starts("--") && !starts("/*")) ++at_;
}

Token::Kind Scanner::scan() {
    const char c = text_[at_];
    if (c == '\'') {
        skip_string(false);
        return Token::Kind::string;
    }
    if (c == '"') {
        skip_quoted();
        return Token::Kind::quoted;
    }
    if ((c == 'e' || c == 'E') && at(at_ + 1) == '\'') {
        ++at_;
        skip_string(true);
        return Token::Kind::string;
    }
    if (starts_word(c)) {
        while (in_word(at(at_))) ++at_;
        return Token::Kind::word;
    }
    if (c == '$' && is_digit(at(at_ + 1))) {
        ++at_;
        while (is_digit(at(at_))) ++at_;
        return Token::Kind::number;
    }
    if (c == '$' && skip_dollar_string()) return Token::Kind::string;
    if (is_digit(c) || (c == '.' && is_digit(at(at_ + 1)))) {
        skip_number();
        return Token::Kind::number;
    }
    if (in_operator(c)) {
        skip_operator();
        return Token::Kind::op;
    }
    ++at_;
    switch (c) {
        case '(':
        case '[': return Token::Kind::open;
        case ')':
        case ']': return Token::Kind::close;
        case ',': return Token::Kind::comma;
        case ';': return Token::Kind::semicolon;
        case '.': return Token::Kind::dot;
        default: return Token::Kind::op;
    }
}

Token Scanner::next() {
    skip_blanks();
    Token token;
    token.begin = token.end = at_;
    if (at_ >= text_.size()) return token;
    token.kind = scan();
    token.end = at_;
    return token;
}

namespace {

// A tree grows deeper by words that may follow each other without a separator, such as 1+1+1, by
// groups in parentheses, and by words that take what stands on both sides of a separator.
struct NestingLevel {
    std::size_t holders = 0;  // Words that hold separators below them; never forgotten.
    std::size_t run = 0;      // Tokens since the last separator,
    std::size_t group = 0;    // and the deepest group among them.
    std::size_t earlier = 0;  // The deepest of what was separated before.

    std::size_t depth() const { return holders + std::max(earlier, run + group); }
    void separate() {
        earlier = std::max(earlier, run + group);
        run = group = 0;
    }
};

constexpr std::array<std::string_view, 6> kHolders = {"case",      "join",   "union",
                                                      "intersect", "except", "not"};
// What these separate is below one node of any number of children.
constexpr std::array<std::string_view, 5> kSeparators = {"and", "or", "when", "then", "else"};

}  // namespace

std::optional<std::size_t> find_deep_nesting(std::string_view text, std::size_t limit) {
    std::vector<NestingLevel> levels(1);
    const auto close = [&levels] {
        const auto depth = levels.back().depth();
        if (levels.size() == 1) return;
        levels.pop_back();
        levels.back().group = std::max(levels.back().group, depth);
    };
    Scanner scanner(text);
    auto before = Token::Kind::end;
    for (auto token = scanner.next(); token.kind != Token::Kind::end; token = scanner.next()) {
        auto& level = levels.back();
        const auto word = text.substr(token.begin, token.end - token.begin);
        // A name after a dot may be any word.
        const bool plain = token.kind == Token::Kind::word && before != Token::Kind::dot;
        before = token.kind;
        if (token.kind == Token::Kind::comma || (plain && is_one_of(word, kSeparators))) {
            level.separate();
        } else if (token.kind == Token::Kind::close) {
            close();
        } else {
            ++(plain && is_one_of(word, kHolders) ? level.holders : level.run);
            if (token.kind == Token::Kind::open) levels.emplace_back();
        }
        if (levels.size() + levels.back().depth() > limit) return token.begin;
    }
    while (levels.size() > 1) close();
    if (levels.back().depth() > limit) return 0;
    return std::nullopt;
}

}  // namespace topgun::sql
