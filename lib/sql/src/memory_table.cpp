// SPDX-License-Identifier: Apache-2.0
#include "memory_table.hpp"

namespace topgun::sql {
namespace {

class MemoryScan final : public TableScan {
public:
    MemoryScan(const std::vector<Batch>& batches, std::span<const std::size_t> columns,
               std::size_t part, std::size_t parts)
        : batches_(batches), columns_(columns.begin(), columns.end()), next_(part), parts_(parts) {}
    Result<bool> next(Batch& out) override {
        if (next_ >= batches_.size()) return false;
        const auto& from = batches_[next_];
        next_ += parts_;
        out = {};
        out.rows = from.rows;
        for (const auto column : columns_) out.columns.push_back(from.columns[column]);
        return true;
    }

private:
    const std::vector<Batch>& batches_;
    std::vector<std::size_t> columns_;
    std::size_t next_, parts_;
};

class DumpTableScan final : public TableScan {
public:
    explicit DumpTableScan(std::unique_ptr<pgdump::DumpScan> scan) : scan_(std::move(scan)) {}
    Result<bool> next(Batch& out) override { return scan_->next(out); }

private:
    std::unique_ptr<pgdump::DumpScan> scan_;
};

}  // namespace

Result<std::unique_ptr<TableScan>> MemoryTable::scan(std::span<const std::size_t> columns,
                                                     std::size_t part, std::size_t parts,
                                                     const ScanHints&) const {
    return std::unique_ptr<TableScan>(std::make_unique<MemoryScan>(batches_, columns, part, parts));
}

void RowWriter::begin() {
    columns_.clear();
    for (const auto& column : table_.columns()) columns_.emplace_back(column.type);
    rows_ = 0;
}

void RowWriter::flush() {
    if (rows_ == 0) return;
    Batch batch;
    batch.rows = rows_;
    for (auto& column : columns_) {
        batch.columns.push_back(std::make_shared<const Column>(std::move(column)));
    }
    table_.add(std::move(batch));
    begin();
}

DumpTable::DumpTable(std::shared_ptr<const pgdump::Dump> dump, std::size_t table)
    : dump_(std::move(dump)), table_(table) {
    for (const auto& column : dump_->tables()[table].columns) {
        columns_.push_back({column.name, column.type, false, column.not_null});
    }
}

Result<std::unique_ptr<TableScan>> DumpTable::scan(std::span<const std::size_t> columns,
                                                   std::size_t part, std::size_t parts,
                                                   const ScanHints&) const {
    auto scan = dump_->scan(table_, columns, part, parts);
    if (!scan) return std::move(scan).error();
    return std::unique_ptr<TableScan>(std::make_unique<DumpTableScan>(std::move(*scan)));
}

}  // namespace topgun::sql
