// SPDX-License-Identifier: Apache-2.0
// What is wrong with a statement, shown where it is wrong: line, column, the line itself, a caret.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "topgun/base/error.hpp"
#include "topgun/base/export.hpp"

namespace topgun::sql {

struct Diagnostic {
    std::string message;     ///< "unknown column \"titel\"", without a full stop.
    std::string hint;        ///< What to write instead; empty for none.
    std::size_t offset = 0;  ///< Byte in the text; beyond its end means the end.
    Errc code = Errc::bad_input;
};

/// A place as people count: both from 1, columns in characters.
struct Place {
    std::size_t line = 1;
    std::size_t column = 1;
};

/// Where byte `offset` of `text` is. An offset within a character means that character; malformed
/// UTF-8 counts a column for each byte. Lines end with \n, \r\n or \r. Cost: O(offset).
TOPGUN_API Place place_of(std::string_view text, std::size_t offset) noexcept;

/// "line 3, column 14: MESSAGE", then the line with a caret under the place, then "hint: HINT".
/// A long line is cut around the place; tabs become blanks, other control characters and malformed
/// UTF-8 become U+FFFD, in the message, too, which is cut after 1000 bytes. No end of line at the
/// end. Cost: O(offset + length of the line).
TOPGUN_API std::string render(std::string_view text, const Diagnostic& diagnostic);

/// The same as an Error with the diagnostic's code.
TOPGUN_API Error diagnose(std::string_view text, const Diagnostic& diagnostic);

}  // namespace topgun::sql
