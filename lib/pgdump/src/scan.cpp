// SPDX-License-Identifier: Apache-2.0
#include "scan.hpp"

#include "decode.hpp"

namespace topgun::pgdump {
namespace {

// Batches share what holds their bytes through one owner.
struct Owner {
    std::vector<Chunk> chunks;
    std::shared_ptr<ByteHeap> heap;
};

class TableScan final : public DumpScan {
public:
    TableScan(RowReader reader, std::vector<DumpColumn> columns)
        : reader_(std::move(reader)), columns_(std::move(columns)) {}

    Result<bool> next(Batch& out) override {
        out = {};
        if (columns_.empty()) {
            out.rows = reader_.pass();
            return out.rows > 0;
        }
        auto more = reader_.next(raw_);
        if (!more || !*more) return more;
        const auto owner = std::make_shared<const Owner>(Owner{raw_.chunks, raw_.heap});
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            auto column = std::make_shared<Column>(columns_[i].type);
            if (column->storage() == Storage::bytes) column->keep_alive(owner);
            DecodeFault fault;
            if (!decode_fields(raw_.columns[i], !raw_.utf8, *column, fault)) {
                const auto where = reader_.place(raw_.chunk_of(fault.row), raw_.starts[fault.row]);
                return Error(fault.code, std::move(fault.what))
                    .within("column " + columns_[i].name)
                    .within(where);
            }
            out.columns.push_back(std::move(column));
        }
        out.rows = raw_.rows;
        return true;
    }

private:
    RowReader reader_;
    std::vector<DumpColumn> columns_;
    RawRows raw_;
};

}  // namespace

Result<std::unique_ptr<DumpScan>> make_scan(std::shared_ptr<const DumpState> state,
                                            std::size_t table, std::span<const std::size_t> columns,
                                            std::size_t part, std::size_t parts) {
    if (table >= state->tables.size() || part >= parts) {
        return Error(Errc::usage, "the dump has no such table or part");
    }
    std::vector<DumpColumn> wanted;
    std::vector<std::string> names;
    for (const auto column : columns) {
        if (column >= state->tables[table].columns.size()) {
            return Error(Errc::usage, "the table has no such column");
        }
        wanted.push_back(state->tables[table].columns[column]);
        names.push_back(wanted.back().name);
    }
    RowReader reader(std::move(state), table, std::move(names), part, parts);
    return std::unique_ptr<DumpScan>(new TableScan(std::move(reader), std::move(wanted)));
}

}  // namespace topgun::pgdump
