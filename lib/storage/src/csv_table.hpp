// SPDX-License-Identifier: Apache-2.0
// CSV as such (RFC 4180), and what its cells mean for both directions: columns, types, quotes.
#pragma once

#include <array>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "text_record.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::storage {

/// Columns that describe a record; all others are fields of its value. In the order of kCsvColumns.
enum class CsvColumn : std::uint8_t { map, kind, key, stamp, ttl, tag, deleted, value, field };
inline constexpr std::array<std::string_view, 8> kCsvColumns = {
    "_map", "_kind", "_key", "_ts", "_ttl", "_tag", "_deleted", "_value"};

/// What spreadsheets can hold, and more than anybody reads.
inline constexpr std::size_t kMaxCsvColumns = 16'384;

/// One cell. The text is a view into the input, or into the CsvRows that read it.
struct CsvCell {
    std::string_view text;
    bool quoted = false;
    const char* at = nullptr;  ///< Where it begins, its quote included.

    /// Nothing between two commas. An empty text in quotes is a text.
    bool is_absent() const noexcept { return text.empty() && !quoted; }
};

/// Takes a text apart into rows. Threads: one owner.
class CsvRows {
public:
    explicit CsvRows(BytesView text) : at_(text.data()), end_(text.data() + text.size()) {}

    enum class Read : std::uint8_t { row, end, bad };
    /// Reads the next row that is not blank into cells(). After `bad`, see problem(): the next call
    /// goes on at the next line.
    Read next();

    const std::vector<CsvCell>& cells() const noexcept { return cells_; }
    const Problem& problem() const noexcept { return problem_; }
    /// Where the row begins, and where the next one does.
    const char* row_begin() const noexcept { return row_; }
    const char* position() const noexcept { return at_; }
    /// The end of the text.
    const char* end() const noexcept { return end_; }

private:
    bool cell();
    bool quoted_cell();
    bool plain_cell();
    bool fail(const char* at, std::string what);

    const char* at_;
    const char* end_;
    const char* row_ = nullptr;
    std::vector<CsvCell> cells_;
    std::deque<std::string>
        unescaped_;  // texts that held doubled quotes; a deque keeps views valid
    Problem problem_;
};

/// Appends the value of an unquoted cell: a number, true, false, null, or else a string. A number
/// that cannot be kept exactly stays a string.
void append_typed(std::string_view cell, Bytes& value);

/// True when append_typed() would make something else of the text than a string.
bool reads_as_typed(std::string_view cell);

/// Appends a cell with text in it, in quotes where RFC 4180 or the rule of types wants them.
void append_text_cell(std::string_view text, bool typed, std::string& out);

/// What a field's cell says of a value: text raw, numbers and words as JSON, all else as JSON that
/// is only there to be looked at.
/// @return true when the cell alone gives the value back.
bool field_text(const ValueView& value, std::string& text);

}  // namespace topgun::storage
