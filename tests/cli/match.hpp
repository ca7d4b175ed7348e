// SPDX-License-Identifier: Apache-2.0
// Comparing what was printed with what was expected, and splitting command lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace topgun::test {

/// True when `actual` is what `expected` says; "<*>" and lines "<...>" as in README.md.
bool matches(std::string_view expected, std::string_view actual);

/// The first line in which two texts differ, both sides shown. "" when they match.
std::string first_difference(std::string_view expected, std::string_view actual);

/// Lines without their newlines; a last line without one counts.
std::vector<std::string> split_lines(std::string_view text);

/// Words as a shell would split them. Throws std::runtime_error for an open quote.
std::vector<std::string> split_words(std::string_view text);

}  // namespace topgun::test
