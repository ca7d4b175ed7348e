// SPDX-License-Identifier: Apache-2.0
#include "layout.hpp"

#include <algorithm>
#include <numeric>

#include "common/text.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/sql/value_text.hpp"

namespace topgun::cli {

Cell make_cell(const Column& column, std::size_t row, const std::string& null_text) {
    const bool is_null = column.is_null(row);
    auto cell = make_cell(is_null ? null_text : sql::value_text(column, row));
    cell.is_null = is_null;
    return cell;
}

Cell make_cell(std::string_view text) {
    Cell cell;
    cell.text = printable(text);
    cell.width = display_width(cell.text);
    return cell;
}

void cut(Cell& cell, std::size_t columns) {
    if (cell.width <= columns) return;
    constexpr std::string_view kEllipsis = "\xe2\x80\xa6";
    std::size_t width = 0, at = 0;
    while (at < cell.text.size()) {
        const auto length = decode_utf8(std::string_view(cell.text).substr(at)).length;
        const auto next = display_width(std::string_view(cell.text).substr(at, length));
        if (width + next + 1 > columns) break;
        width += next;
        at += length;
    }
    cell.text.resize(at);
    cell.text += kEllipsis;
    cell.width = width + 1;
}

std::vector<std::size_t> fit(std::vector<std::size_t> widths, std::size_t between,
                             std::size_t columns_max) {
    const auto room = columns_max > between ? columns_max - between : 0;
    const auto total = [&widths](std::size_t cap) {
        return std::accumulate(
            widths.begin(), widths.end(), std::size_t{0},
            [cap](std::size_t sum, std::size_t width) { return sum + std::min(width, cap); });
    };
    if (widths.empty() || total(room) <= room) return widths;
    std::size_t cap = kNarrowest, too_wide = std::max(room, kNarrowest) + 1;
    while (too_wide - cap > 1) {
        const auto middle = cap + (too_wide - cap) / 2;
        (total(middle) <= room ? cap : too_wide) = middle;
    }
    // What the cap leaves over goes to the first of those that it cut.
    auto spare = room > total(cap) ? room - total(cap) : 0;
    for (auto& width : widths) {
        if (width <= cap) continue;
        width = cap + (spare > 0 ? 1 : 0);
        spare -= spare > 0 ? 1 : 0;
    }
    return widths;
}

}  // namespace topgun::cli
