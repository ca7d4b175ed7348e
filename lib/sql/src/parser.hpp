// SPDX-License-Identifier: Apache-2.0
// SQL text to trees of our own: PostgreSQL's grammar, of which this dialect is a part.
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "ast.hpp"
#include "topgun/base/error.hpp"
#include "topgun/sql/diagnostic.hpp"
#include "topgun/sql/statements.hpp"

namespace topgun::sql {

/// Longest statement, in bytes. While it is read, its tree takes some two hundred times as much.
inline constexpr std::size_t kLongestStatement = std::size_t{2} << 20;
/// Deepest nesting of expressions, queries and joins: whoever walks a tree may recurse.
inline constexpr std::size_t kDeepestTree = 1000;
/// What PostgreSQL's parser is given at most, in words that could each nest one level deeper.
inline constexpr std::size_t kDeepestText = 4096;

/// Parses the one statement in `range` of `text`; offsets in the tree are those in `text`.
/// Errors: what is malformed or not supported, and where. Never throws.
/// Cost: linear, about 0.3 ms for 1 kB. Threads: no shared state.
std::variant<ast::Statement, Diagnostic> parse_range(std::string_view text, TextRange range);

/// The same, as an error that shows the place: bad_input, or limit for what is too long or deep.
Result<ast::Statement> parse_statement(std::string_view text, TextRange range);

/// All statements of `text`. Errors: those of the first that has one.
Result<std::vector<ast::Statement>> parse_statements(std::string_view text);

}  // namespace topgun::sql
