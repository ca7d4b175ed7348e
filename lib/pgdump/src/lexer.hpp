// SPDX-License-Identifier: Apache-2.0
// SQL's tokens, as far as the statements of a dump need them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace topgun::pgdump {

enum class TokenKind : std::uint8_t { end, word, quoted, string, number, symbol, bad };

struct Token {
    TokenKind kind = TokenKind::end;
    /// A word in lower case, a quoted name or a string without its quotes and escapes, a symbol of
    /// one character ("::" is one, too).
    std::string text;
    std::size_t begin = 0, end = 0;  ///< Where it stands in the statement.

    bool is(std::string_view word_or_symbol) const noexcept {
        return (kind == TokenKind::word || kind == TokenKind::symbol) && text == word_or_symbol;
    }
    bool is_name() const noexcept { return kind == TokenKind::word || kind == TokenKind::quoted; }
};

/// Reads tokens of one statement, which it borrows. Comments and dollar quotes are known.
class Lexer {
public:
    /// @param backslashes  true when plain strings have escapes with backslashes
    ///                     (standard_conforming_strings is off).
    explicit Lexer(std::string_view text, bool backslashes = false)
        : text_(text), backslashes_(backslashes) {
        advance();
    }

    const Token& peek() const noexcept { return token_; }
    Token take();
    /// Takes the token if it is this word or symbol.
    bool accept(std::string_view word_or_symbol);
    bool at_end() const noexcept {
        return token_.kind == TokenKind::end || token_.kind == TokenKind::bad;
    }
    /// Where reading goes on behind the token that peek() shows.
    std::size_t position() const noexcept { return at_; }
    std::string_view slice(std::size_t begin, std::size_t end) const {
        return text_.substr(begin, end - begin);
    }
    /// Skips what stands in parentheses, the next token being '('.
    void skip_parentheses();

private:
    void advance();
    void skip_blanks();
    void read_word();
    void read_quoted();
    void read_string(bool escapes);
    bool read_dollar_quote();
    void read_number();

    std::string_view text_;
    bool backslashes_;
    std::size_t at_ = 0;
    Token token_;
};

/// Appends what an escape of E'...' stands for. @param at  behind the backslash; moved behind the
/// escape. @pre at < text.size().
void append_string_escape(std::string_view text, std::size_t& at, std::string& out);

constexpr bool is_word_start(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}
constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
constexpr bool is_word_part(char c) noexcept {
    return is_word_start(c) || is_digit(c) || c == '$';
}
constexpr bool is_blank(char c) noexcept {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}
constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace topgun::pgdump
