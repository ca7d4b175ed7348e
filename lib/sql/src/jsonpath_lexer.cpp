// SPDX-License-Identifier: Apache-2.0
#include "jsonpath_lexer.hpp"

#include <algorithm>
#include <charconv>

#include "topgun/base/utf.hpp"

namespace topgun::sql::jsonpath {
namespace {

using T = std::string_view;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_name(char c) {
    return T("?%$.[]{}()|&!=<>@#,*:-+/\" \t\n\r\f\v").find(c) == T::npos;
}
Error flaw(const char* what) {
    return Error(Errc::bad_input, std::string(what) + " of jsonpath input");
}

bool surrogate(std::uint32_t code) {
    return code >= 0xd800 && code <= 0xdfff;
}
Error lone() {
    return Error(Errc::bad_input,
                 "invalid input syntax for type jsonpath: a Unicode surrogate stands alone");
}

}  // namespace

Result<Token> Lexer::next() {
    TOPGUN_TRY(skip_blanks());
    Token token;
    const auto start = at_;
    if (at_ == text_.size()) return token;
    const char c = text_[at_];
    if (c == '"') {
        token.type = Token::Type::string;
        TOPGUN_TRY(quoted(token.text));
    } else if (c == '$' && at_ + 1 < text_.size() &&
               (text_[at_ + 1] == '"' || is_name(text_[at_ + 1]))) {
        token.type = Token::Type::variable;
        ++at_;
        if (text_[at_] == '"')
            TOPGUN_TRY(quoted(token.text));
        else
            TOPGUN_TRY(name(token.text));
    } else if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
        token.type = Token::Type::number;
        TOPGUN_TRY(number(token.text));
    } else if (is_name(c)) {
        token.type = Token::Type::word;
        TOPGUN_TRY(name(token.text));
    } else {
        token.type = Token::Type::symbol;
        token.text = symbol();
        at_ += token.text.size();
    }
    token.source = text_.substr(start, at_ - start);
    return token;
}

Status Lexer::skip_blanks() {
    while (at_ < text_.size()) {
        if (T(" \t\n\r\f").find(text_[at_]) != T::npos) {
            ++at_;
        } else if (text_.substr(at_).starts_with("/*")) {
            const auto end = text_.find("*/", at_ + 2);
            if (end == T::npos) return flaw("unexpected end of comment at end");
            at_ = end + 2;
        } else {
            break;
        }
    }
    return {};
}
T Lexer::symbol() const {
    for (const T two : {"**", "&&", "||", "==", "!=", "<>", "<=", ">="}) {
        if (text_.substr(at_).starts_with(two)) return two;
    }
    return text_.substr(at_, 1);
}

Result<std::uint32_t> Lexer::hex(std::size_t most, bool exact) {
    std::uint32_t value = 0;
    const auto end = std::min(text_.size(), at_ + most);
    const auto [stop, error] = std::from_chars(text_.data() + at_, text_.data() + end, value, 16);
    const auto count = static_cast<std::size_t>(stop - (text_.data() + at_));
    if (error != std::errc() || (exact && count != most)) {
        return flaw("invalid Unicode escape sequence at or near \"\\u\"");
    }
    at_ += count;
    return value;
}
// Behind a backslash.
Status Lexer::escape(std::string& out) {
    if (at_ == text_.size()) return flaw("unexpected end after backslash at end");
    const char c = text_[at_++];
    constexpr T kLetters = "bfnrtv", kMeanings = "\b\f\n\r\t\v";
    if (const auto found = kLetters.find(c); found != T::npos) {
        out += kMeanings[found];
    } else if (c == 'x') {
        auto code = hex(2, true);
        if (!code) return std::move(code).error();
        append_utf8(out, *code);
    } else if (c == 'u') {
        auto code = unicode();
        if (!code) return std::move(code).error();
        if (*code == 0) {
            return Error(Errc::bad_input,
                         "unsupported Unicode escape sequence: "
                         "\\u0000 cannot be converted to text");
        }
        append_utf8(out, *code);
    } else {
        out += c;
    }
    return {};
}
Result<std::uint32_t> Lexer::unicode() {
    if (at_ < text_.size() && text_[at_] == '{') {
        ++at_;
        auto code = hex(6, false);
        if (!code) return code;
        if (at_ == text_.size() || text_[at_++] != '}' || *code > 0x10ffff) {
            return flaw("invalid Unicode escape sequence at or near \"\\u{\"");
        }
        if (surrogate(*code)) return lone();
        return code;
    }
    auto code = hex(4, true);
    if (!code || !surrogate(*code)) return code;
    if (*code >= 0xdc00 || !text_.substr(at_).starts_with("\\u")) return lone();
    at_ += 2;
    const auto low = hex(4, true);
    if (!low || *low < 0xdc00 || *low > 0xdfff) return lone();
    return 0x10000 + ((*code - 0xd800) << 10) + (*low - 0xdc00);
}
Status Lexer::quoted(std::string& out) {
    for (++at_; at_ < text_.size();) {
        const char c = text_[at_++];
        if (c == '"') return {};
        if (c == '\\')
            TOPGUN_TRY(escape(out));
        else
            out += c;
    }
    return flaw("unterminated quoted string at end");
}
Status Lexer::name(std::string& out) {
    while (at_ < text_.size() && is_name(text_[at_])) {
        if (text_.substr(at_).starts_with("/*")) break;
        const char c = text_[at_++];
        if (c == '\\')
            TOPGUN_TRY(escape(out));
        else
            out += c;
    }
    return {};
}
Status Lexer::number(std::string& out) {
    const auto start = at_;
    const auto digits = [this] {
        while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    };
    digits();
    if (at_ < text_.size() && text_[at_] == '.') {
        ++at_;
        digits();
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
        ++at_;
        if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
        digits();
    }
    out = text_.substr(start, at_ - start);
    const bool zero = out.size() > 1 && out[0] == '0' && is_digit(out[1]);
    if (zero || (at_ < text_.size() && is_name(text_[at_]))) {
        return Error(Errc::bad_input, "trailing junk after numeric literal at or near \"" +
                                          out.substr(0, 64) + "\" of jsonpath input");
    }
    return {};
}

}  // namespace topgun::sql::jsonpath
