// SPDX-License-Identifier: Apache-2.0
// Columns that line up on a terminal, also with wide characters, combining marks and colours.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/output.hpp"

namespace topgun::cli {

/// Collects rows, then prints them. Holds all text in memory: for overviews, not for records.
class Table {
public:
    enum class Align { left, right };
    struct Column {
        std::string title;
        Align align = Align::left;
    };
    struct Cell {
        Cell(std::string_view text_, Style style_ = Style::plain) : text(text_), style(style_) {}
        Cell(const std::string& text_, Style style_ = Style::plain) : text(text_), style(style_) {}
        Cell(const char* text_, Style style_ = Style::plain) : text(text_), style(style_) {}
        /// A count, with separators.
        Cell(std::uint64_t count);
        std::string text;
        Style style;
    };

    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    /// @pre one cell per column. Text passes through printable().
    void add_row(std::vector<Cell> cells);
    bool empty() const noexcept { return rows_.empty(); }
    /// A line of titles, then the rows, two blanks between columns, no blanks at line ends.
    void print(Output& out) const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

}  // namespace topgun::cli
