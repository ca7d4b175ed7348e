// SPDX-License-Identifier: Apache-2.0
// What tests of dumps share: dumps from texts, tables as texts, every way to split a scan.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "topgun/pgdump/dump.hpp"
#include "topgun/sql/value_text.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {

using pgdump::Dump;
using pgdump::DumpOptions;
using pgdump::DumpTable;
using DumpPtr = std::shared_ptr<const Dump>;

/// A dump from a text, in a file that is gone already: what is open stays readable.
inline Result<DumpPtr> try_dump_of(std::string_view text, DumpOptions options = {}) {
    ScratchDir scratch;
    const auto path = scratch.file("d.sql");
    spit(path, text);
    options.name = "d.sql";
    return Dump::open(path, options);
}
inline DumpPtr dump_of(std::string_view text, DumpOptions options = {}) {
    return must(try_dump_of(text, std::move(options)));
}

inline DumpPtr sample(const std::string& file) {
    return must(Dump::open(testdata("pgdump/" + file).string()));
}

inline std::size_t table_at(const Dump& dump, std::string_view name, std::string_view schema = {}) {
    const auto found = dump.find(schema, name);
    INFO("table " << name);
    REQUIRE(found);
    return *found;
}

/// Rows of values; NULL as "<NULL>". The batches are kept until all were read, and the dump may go.
using Rows = std::vector<std::vector<std::string>>;

inline Result<Rows> try_rows(const Dump& dump, std::size_t table, std::vector<std::size_t> columns,
                             std::size_t part = 0, std::size_t parts = 1) {
    auto scan = dump.scan(table, columns, part, parts);
    if (!scan) return std::move(scan).error();
    std::vector<Batch> batches;
    for (;;) {
        Batch batch;
        auto more = (*scan)->next(batch);
        if (!more) return std::move(more).error();
        if (!*more) break;
        REQUIRE(batch.rows > 0);
        REQUIRE(batch.rows <= kBatchRows);
        REQUIRE(batch.columns.size() == columns.size());
        batches.push_back(std::move(batch));
    }
    scan->reset();
    Rows rows;
    for (const auto& batch : batches) {
        for (std::size_t row = 0; row < batch.rows; ++row) {
            auto& out = rows.emplace_back();
            for (const auto& column : batch.columns) {
                REQUIRE(column->size() == batch.rows);
                out.push_back(column->is_null(row) ? "<NULL>" : sql::value_text(*column, row));
            }
        }
    }
    return rows;
}

inline std::vector<std::size_t> all_columns(const DumpTable& table) {
    std::vector<std::size_t> columns(table.columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = i;
    return columns;
}

inline Result<Rows> try_rows(const Dump& dump, std::size_t table) {
    return try_rows(dump, table, all_columns(dump.tables()[table]));
}
inline Rows rows_of(const Dump& dump, std::size_t table) {
    return must(try_rows(dump, table));
}
inline Rows rows_of(const Dump& dump, std::string_view table) {
    return rows_of(dump, table_at(dump, table));
}

/// "name type" of each column, with "!" for NOT NULL and "*" for the primary key.
inline std::vector<std::string> columns_of(const DumpTable& table) {
    std::vector<std::string> out;
    for (const auto& column : table.columns) {
        out.push_back(column.name + " " + type_name(column.type) + (column.not_null ? "!" : "") +
                      (column.primary_key ? "*" : "") + (column.generated ? "=" : ""));
    }
    return out;
}

}  // namespace topgun::test
