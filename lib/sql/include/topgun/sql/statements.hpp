// SPDX-License-Identifier: Apache-2.0
// Where statements begin and end in a text, without a parser: for prompts and scripts.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "topgun/base/export.hpp"

namespace topgun::sql {

/// Bytes [begin, end) of a text.
struct TextRange {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool operator==(const TextRange&) const = default;
};

/// Ranges of the statements in `text`, from first to last token, without the semicolon. A
/// semicolon in quotes, comments, parentheses or brackets separates nothing; empty statements are
/// left out; what is not closed goes on to the end. Cost: O(text.size()).
TOPGUN_API std::vector<TextRange> split_statements(std::string_view text);

/// True when typed text can be run: it ends in a semicolon, apart from blanks and comments, and
/// nothing is open (quotes, dollar quotes, comments, parentheses). Cost: O(text.size()).
TOPGUN_API bool statement_complete(std::string_view text);

}  // namespace topgun::sql
