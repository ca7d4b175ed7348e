// SPDX-License-Identifier: Apache-2.0
#include "export_plan.hpp"

#include <algorithm>
#include <charconv>

#include "extra_table.hpp"

namespace topgun::pg {
namespace {

// Since then a range of ctid reads those blocks alone.
constexpr int kBlockRangesVersion = 140000;
// Of 8 KiB, as servers are built: 128 KiB to 8 MiB.
constexpr std::uint64_t kLeastUnit = 16, kLargestUnit = 1024;
constexpr std::uint64_t kUnits = 64;

// The table with all that is read along with it: partitions and heirs.
constexpr std::string_view kRelations = R"(
WITH RECURSIVE member(oid) AS (
    SELECT $1::regclass::oid
    UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN member m ON i.inhparent = m.oid)
SELECT c.oid, coalesce(pg_relation_filenode(c.oid), 0), c.relkind,
       coalesce(pg_relation_size(c.oid), 0) / current_setting('block_size')::int8
FROM member JOIN pg_catalog.pg_class c USING (oid) ORDER BY c.oid)";

std::string block(std::uint64_t number) {
    return "'(" + std::to_string(number) + ",0)'::tid";
}

}  // namespace

std::string TablePlan::condition(std::uint64_t first, std::uint64_t count,
                                 std::optional<std::uint64_t> since) const {
    std::string out;
    if (unit_blocks != 0) {
        out = "t.ctid >= " + block(first * unit_blocks) + " AND t.ctid < " +
              block(std::min<std::uint64_t>((first + count) * unit_blocks, 0xffff'ffff));
    }
    if (since) {
        // Transactions are compared by age, because the numbers that rows have go round.
        const auto is_newer = [&](const std::string& row) {
            return "age(" + row + ".xmin) <= age('" + std::to_string(*since & 0xffff'ffff) +
                   "'::xid)";
        };
        out += (out.empty() ? "(" : " AND (") + is_newer("t");
        if (!beside.empty()) {
            out += " OR EXISTS (SELECT FROM " + beside +
                   " e WHERE e.map_name = t.map_name AND e.key = t.key AND " + is_newer("e") + ")";
        }
        out += ")";
    }
    return out;
}

Result<TablePlan> plan_table(Connection& connection, const MapTable& table) {
    auto rows = connection.query(std::string(kRelations), {Parameter(table.quoted())});
    if (!rows) return std::move(rows).error();
    TablePlan out;
    bool ranges = connection.server_version() >= kBlockRangesVersion;
    for (std::size_t i = 0; i < rows->size(); ++i) {
        if (i > 0) out.relations += ' ';
        out.relations.append(rows->at(i, 0)).append(1, ':').append(rows->at(i, 1));
        const auto kind = rows->at(i, 2), text = rows->at(i, 3);
        ranges = ranges && (kind == "r" || kind == "p");
        std::uint64_t blocks = 0;
        std::from_chars(text.data(), text.data() + text.size(), blocks);
        out.blocks = std::max(out.blocks, blocks);
    }
    auto extra = has_extra(connection, table);
    if (!extra) return std::move(extra).error();
    if (*extra) out.beside = quoted_extra(table);
    if (ranges) out.unit_blocks = std::clamp(out.blocks / kUnits, kLeastUnit, kLargestUnit);
    return out;
}

}  // namespace topgun::pg
