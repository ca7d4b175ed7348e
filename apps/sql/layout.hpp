// SPDX-License-Identifier: Apache-2.0
// Widths of columns and cuts of cells, by what a terminal shows rather than by bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/column/column.hpp"

namespace topgun::cli {

/// A value as one line for people.
struct Cell {
    std::string text;
    std::size_t width = 0;
    bool is_null = false;
};

/// Control characters are made visible, NULL is `null_text`.
Cell make_cell(const Column& column, std::size_t row, const std::string& null_text);
Cell make_cell(std::string_view text);

/// Cuts a cell to at most `columns` columns, with an ellipsis at its end. @pre columns > 0.
void cut(Cell& cell, std::size_t columns);

/// The widths that make a line of `columns_max` columns when `between` of them lie between cells:
/// the widest columns give way first, and none gets narrower than kNarrowest.
inline constexpr std::size_t kNarrowest = 4;
std::vector<std::size_t> fit(std::vector<std::size_t> widths, std::size_t between,
                             std::size_t columns_max);

/// Numbers stand on the right.
inline bool stands_right(DataType type) {
    return type.is_number();
}

/// What stands for NULL where nothing else was asked for.
inline constexpr const char* kNullForPeople = "NULL";

}  // namespace topgun::cli
