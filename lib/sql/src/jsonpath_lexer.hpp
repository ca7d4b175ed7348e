// SPDX-License-Identifier: Apache-2.0
// The tokens of paths of SQL/JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "topgun/base/error.hpp"

namespace topgun::sql::jsonpath {

struct Token {
    enum class Type : std::uint8_t { end, word, string, number, variable, symbol };
    Type type = Type::end;
    std::string text;         // Without quotes and escapes.
    std::string_view source;  // As it stands there.
};

/// Reads a path token by token. Threads: one owner.
class Lexer {
public:
    /// @param text  outlives the tokens.
    explicit Lexer(std::string_view text) : text_(text) {}

    /// The next token; that of type `end` at the end. Errors: bad_input.
    Result<Token> next();

private:
    Status skip_blanks();
    std::string_view symbol() const;
    Result<std::uint32_t> hex(std::size_t most, bool exact);
    Status escape(std::string& out);
    Result<std::uint32_t> unicode();
    Status quoted(std::string& out);
    Status name(std::string& out);
    Status number(std::string& out);

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace topgun::sql::jsonpath
