// SPDX-License-Identifier: Apache-2.0
#include "topgun/sql/statements.hpp"

#include <algorithm>

#include "scanner.hpp"

namespace topgun::sql {

namespace {

struct Split {
    std::vector<TextRange> ranges;
    bool open_end = false;  ///< Something is open, or the last statement has no semicolon.
};

Split split(std::string_view text) {
    Split result;
    Scanner scanner(text);
    TextRange range;
    bool begun = false;
    std::size_t depth = 0;
    for (auto token = scanner.next(); token.kind != Token::Kind::end; token = scanner.next()) {
        if (token.kind == Token::Kind::semicolon && depth == 0) {
            if (begun) result.ranges.push_back(range);
            begun = false;
            continue;
        }
        if (token.kind == Token::Kind::open) ++depth;
        if (token.kind == Token::Kind::close && depth > 0) --depth;
        if (!begun) range.begin = token.begin;
        range.end = token.end;
        begun = true;
    }
    if (const auto open = scanner.unterminated()) {
        // An open comment belongs to what stands before it, so that a parser meets it.
        if (!begun) range.begin = *open;
        range.end = text.size();
        begun = true;
    }
    if (begun) result.ranges.push_back(range);
    result.open_end = begun;
    return result;
}

}  // namespace

std::vector<TextRange> split_statements(std::string_view text) {
    return split(text).ranges;
}

bool statement_complete(std::string_view text) {
    const auto result = split(text);
    return !result.open_end && !result.ranges.empty();
}

}  // namespace topgun::sql
