// SPDX-License-Identifier: Apache-2.0
// Table layout by display width, not by bytes.
#include "common/table.hpp"

#include <algorithm>

#include "common/text.hpp"
#include "topgun/base/check.hpp"
#include "topgun/base/utf.hpp"

namespace topgun::cli {
namespace {

void print_cell(Output& out, const Table::Cell& cell, Table::Align align, std::size_t width,
                bool is_last) {
    const std::string padding(width - display_width(cell.text), ' ');
    if (align == Table::Align::right) out << padding;
    out << out.styled(cell.style, cell.text);
    if (is_last) return;
    if (align == Table::Align::left) out << padding;
    out << "  ";
}

}  // namespace

Table::Cell::Cell(std::uint64_t count) : text(human_count(count)), style(Style::plain) {}

void Table::add_row(std::vector<Cell> cells) {
    TOPGUN_ASSERT(cells.size() == columns_.size(), "a row has one cell per column");
    for (auto& cell : cells) cell.text = printable(cell.text);
    rows_.push_back(std::move(cells));
}

void Table::print(Output& out) const {
    std::vector<Cell> titles;
    std::vector<std::size_t> widths;
    for (const auto& column : columns_) {
        titles.emplace_back(column.title, Style::bold);
        widths.push_back(display_width(column.title));
    }
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], display_width(row[i].text));
        }
    }
    const auto print_row = [&](const std::vector<Cell>& row) {
        // An empty cell at the end must not leave the blanks that would lead to it.
        std::size_t used = row.size();
        while (used > 0 && row[used - 1].text.empty()) --used;
        for (std::size_t i = 0; i < used; ++i) {
            print_cell(out, row[i], columns_[i].align, widths[i], i + 1 == used);
        }
        out << '\n';
    };
    print_row(titles);
    for (const auto& row : rows_) print_row(row);
}

}  // namespace topgun::cli
