// SPDX-License-Identifier: Apache-2.0
// Rows that outlive the batches they came in.
#pragma once

#include <vector>

#include "kernel.hpp"
#include "ordering.hpp"

namespace topgun::sql {

/// Columns that grow by copied rows. Threads: one owner.
class RowBuffer {
public:
    std::size_t rows() const noexcept { return rows_; }
    const Column& column(std::size_t at) const { return columns_[at]; }
    /// Copies a row. @pre all calls give columns of the same types.
    void add(Arguments columns, std::size_t row) {
        if (columns_.empty()) {
            for (const auto& column : columns) columns_.emplace_back(column->type());
        }
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const auto& from = *columns[i];
            if (from.storage() != Storage::bytes || from.is_null(row)) {
                columns_[i].add_from(from, row);
            } else {
                columns_[i].add_bytes(from.bytes(row));
                bytes_ += from.bytes(row).size();
            }
            bytes_ += kSlot;
        }
        ++rows_;
    }
    /// All rows as a batch; the buffer is empty then.
    Batch take() {
        Batch out;
        out.rows = rows_;
        for (auto& column : columns_) {
            out.columns.push_back(std::make_shared<const Column>(std::move(column)));
        }
        *this = RowBuffer();
        return out;
    }
    /// Bytes held, about. Cost: O(1).
    std::size_t memory() const noexcept { return bytes_; }

private:
    static constexpr std::size_t kSlot = 16;  // of most types
    std::vector<Column> columns_;
    std::size_t rows_ = 0;
    std::size_t bytes_ = 0;
};

/// Puts the rows of a batch in order within each group.
/// @param groups  one for each row of `batch`. @param order  counts columns of `batch`.
/// @return the rows in the order of groups, and the same of `groups`.
struct GroupedRows {
    Batch batch;
    std::vector<std::uint32_t> groups;
};
GroupedRows sorted_by_group(const Batch& batch, const std::vector<std::uint32_t>& groups,
                            std::vector<SortSpec> order);

}  // namespace topgun::sql
