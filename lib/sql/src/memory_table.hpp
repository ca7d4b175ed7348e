// SPDX-License-Identifier: Apache-2.0
// Tables that are no maps: batches in memory, and tables of PostgreSQL dumps.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "table.hpp"
#include "topgun/pgdump/dump.hpp"

namespace topgun::sql {

class MemoryTable final : public Table {
public:
    MemoryTable(std::string name, std::vector<TableColumn> columns)
        : name_(std::move(name)), columns_(std::move(columns)) {}

    void add(Batch batch) {
        count_ += batch.rows;
        batches_.push_back(std::move(batch));
    }
    const std::string& name() const override { return name_; }
    const std::vector<TableColumn>& columns() const override { return columns_; }
    std::optional<std::uint64_t> rows() const override { return count_; }
    Result<std::unique_ptr<TableScan>> scan(std::span<const std::size_t> columns, std::size_t part,
                                            std::size_t parts,
                                            const ScanHints& hints) const override;

private:
    std::string name_;
    std::vector<TableColumn> columns_;
    std::vector<Batch> batches_;
    std::uint64_t count_ = 0;
};

/// Adds rows to a memory table value by value.
class RowWriter {
public:
    explicit RowWriter(MemoryTable& table) : table_(table) { begin(); }
    /// The columns of the row that is being written; each gets one value.
    std::vector<Column>& columns() { return columns_; }
    void end_row() {
        if (++rows_ == kBatchRows) flush();
    }
    void flush();

private:
    void begin();
    MemoryTable& table_;
    std::vector<Column> columns_;
    std::size_t rows_ = 0;
};

class DumpTable final : public Table {
public:
    DumpTable(std::shared_ptr<const pgdump::Dump> dump, std::size_t table);
    const std::string& name() const override { return dump_->tables()[table_].name; }
    const std::vector<TableColumn>& columns() const override { return columns_; }
    std::optional<std::uint64_t> rows() const override { return dump_->tables()[table_].rows; }
    Result<std::unique_ptr<TableScan>> scan(std::span<const std::size_t> columns, std::size_t part,
                                            std::size_t parts,
                                            const ScanHints& hints) const override;

private:
    std::shared_ptr<const pgdump::Dump> dump_;
    std::size_t table_;
    std::vector<TableColumn> columns_;
};

}  // namespace topgun::sql
