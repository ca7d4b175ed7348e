// SPDX-License-Identifier: Apache-2.0
// Numbers, sizes and foreign text in the form people read at a prompt.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace topgun::cli {

/// "1,234,567".
std::string human_count(std::uint64_t count);
/// "9,999", "12.3 k", "707 k", "1.04 M", "12.3 G": three significant digits, powers of 1000.
std::string short_count(std::uint64_t count);
/// "0 B", "999 B", "1.5 KiB", "12.0 MiB": three or four significant digits, powers of 1024.
std::string human_bytes(std::uint64_t bytes);
/// "850 ms", "12.4 s", "3 min 05 s", "2 h 10 min", "5 d 3 h".
std::string human_duration(std::uint64_t millis);
/// "1 record", "2 records" with separators: human_count() and the word that fits.
std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural);

/// Text from a file made safe for a terminal: control characters, C1 codes and bidirectional
/// overrides appear as \xHH or \u{HHHH}, malformed UTF-8 as U+FFFD. Newline and tab are escaped
/// too.
std::string printable(std::string_view text);
/// printable(), cut to `columns_max` columns of a terminal with "..." at the end when longer.
std::string printable(std::string_view text, std::size_t columns_max);

/// Breaks `text` at blanks into lines of at most `width` columns; a longer word stays whole.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

}  // namespace topgun::cli
