// SPDX-License-Identifier: Apache-2.0
// Any text as a dump: rows are as many as announced, however a scan is split, and maps are sound.
#include <numeric>

#include "fuzz.hpp"
#include "op_checks.hpp"
#include "topgun/pgdump/dump.hpp"
#include "topgun/pgdump/map_tables.hpp"

using namespace topgun;
using namespace topgun::pgdump;

namespace {

// Rows of a scan; empty when a value cannot be read.
std::optional<std::size_t> rows_of(const Dump& dump, std::size_t table,
                                   std::span<const std::size_t> columns, std::size_t part,
                                   std::size_t parts) {
    const auto scan = dump.scan(table, columns, part, parts);
    TOPGUN_FUZZ_CHECK(scan);
    std::size_t rows = 0;
    for (;;) {
        Batch batch;
        const auto more = (*scan)->next(batch);
        if (!more) {
            TOPGUN_FUZZ_CHECK(!more.error().text().empty());
            return std::nullopt;
        }
        if (!*more) return rows;
        TOPGUN_FUZZ_CHECK(batch.rows > 0 && batch.columns.size() == columns.size());
        for (const auto& column : batch.columns) TOPGUN_FUZZ_CHECK(column->size() == batch.rows);
        rows += batch.rows;
    }
}

void check_table(const Dump& dump, std::size_t at) {
    const auto& table = dump.tables()[at];
    std::vector<std::size_t> all(table.columns.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    const auto counted = rows_of(dump, at, {}, 0, 1);
    TOPGUN_FUZZ_CHECK(counted == table.rows);
    const auto whole = rows_of(dump, at, all, 0, 1);
    if (!whole || all.empty()) return;
    TOPGUN_FUZZ_CHECK(*whole == table.rows);
    std::size_t sum = 0;
    for (std::size_t part = 0; part < 3; ++part) sum += rows_of(dump, at, all, part, 3).value_or(0);
    TOPGUN_FUZZ_CHECK(sum == table.rows);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::view_of(data, size);
    // Archives are pg_restore's matter.
    if (text.starts_with("PGDMP") || text.starts_with("toc.dat")) return 0;
    const auto path = fuzz::plant("input.sql", text);
    const auto strict = Dump::open(path);
    DumpOptions options;
    options.keep_going = true;
    const auto lax = Dump::open(path, options);
    if (strict) {
        TOPGUN_FUZZ_CHECK(lax && (*lax)->damage().empty());
        TOPGUN_FUZZ_CHECK((*strict)->tables().size() == (*lax)->tables().size());
    } else if (lax) {
        TOPGUN_FUZZ_CHECK_WITH(!(*lax)->damage().empty(), strict.error().text());
    }
    if (!lax) return 0;
    constexpr std::size_t kTables = 8;
    for (std::size_t at = 0; at < std::min((*lax)->tables().size(), kTables); ++at) {
        check_table(**lax, at);
    }
    MapReadOptions reading;
    reading.keep_going = true;
    MapReadReport report;
    std::uint64_t ops = 0;
    const auto read = read_map_ops(
        **lax, reading,
        [&ops](const Op& op) -> Status {
            if (++ops <= 4) fuzz::check_op(op);
            return {};
        },
        report);
    TOPGUN_FUZZ_CHECK(read || read.error().code() == Errc::not_found);
    TOPGUN_FUZZ_CHECK(report.ops == ops);
    return 0;
}
