// SPDX-License-Identifier: Apache-2.0
// PostgreSQL's lexical rules without its grammar: enough to split texts and to bound nesting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace topgun::sql {

struct Token {
    enum class Kind : std::uint8_t {
        end,
        word,    ///< Keyword or identifier without quotes.
        quoted,  ///< "identifier"
        string,  ///< Any form, dollar quotes included.
        number,  ///< Also $1.
        open,    ///< ( or [
        close,   ///< ) or ]
        comma,
        semicolon,
        dot,
        op,  ///< One or more operator characters, or a single other one.
    };
    Kind kind = Kind::end;
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// Yields tokens until `end`. Never fails: what is not closed reaches to the end of the text.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}
    Token next();
    /// Where the quote or comment begins that is still open at the end of the text.
    std::optional<std::size_t> unterminated() const noexcept { return unterminated_; }

private:
    char at(std::size_t i) const noexcept { return i < text_.size() ? text_[i] : '\0'; }
    bool starts(std::string_view mark) const noexcept {
        return text_.substr(at_).starts_with(mark);
    }
    void skip_blanks();
    void skip_line_comment();
    void skip_block_comment();
    void skip_string(bool backslashes);
    bool skip_to_continuation();
    void skip_quoted();
    bool skip_dollar_string();
    void skip_number();
    void skip_operator();
    Token::Kind scan();

    std::string_view text_;
    std::size_t at_ = 0;
    std::optional<std::size_t> unterminated_;
};

/// Where PostgreSQL's parser could nest the one statement in `text` more than `limit` levels deep,
/// judged from above; none: it cannot. Its output recurses without a check, so that this must be
/// known before. Cost: O(text.size()), a few words for each open parenthesis.
std::optional<std::size_t> find_deep_nesting(std::string_view text, std::size_t limit);

}  // namespace topgun::sql
