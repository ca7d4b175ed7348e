// SPDX-License-Identifier: Apache-2.0
// What a batch writes to the table beside.
#include <algorithm>
#include <iterator>
#include <map>

#include "batch_transaction.hpp"
#include "extra_table.hpp"
#include "row_form.hpp"
#include "topgun/replica/row.hpp"

namespace topgun::pg {
namespace {

constexpr std::uint16_t kExtraColumnCount = 9;
constexpr std::string_view kExtraStage = R"(
CREATE TEMP TABLE IF NOT EXISTS topgun_extra (map_name text, key text, kind text, tag text,
    millis int8, counter int8, node text, ttl_ms int8, value bytea) ON COMMIT DELETE ROWS)";

}  // namespace

// Another writer may have made it since.
Status BatchTransaction::look_for_extra() {
    if (form_.extra) return {};
    auto made = pg::has_extra(connection_, table_);
    if (!made) return std::move(made).error();
    form_.extra = *made;
    return {};
}

// An entry that is not there cannot be locked, so each name gets one first: nobody's counts can
// come between reading and writing.
Status BatchTransaction::gather_counters() {
    if (batch_.counters().empty()) return {};
    TOPGUN_TRY(need_extra());
    std::vector<ExtraRow> entries;
    for (const auto& [name, value] : batch_.counters()) {
        maptable::Fact fact;
        fact.value = value;
        entries.push_back({name.first, name.second, "counter", std::move(fact)});
    }
    if (look_ == Look::none) {
        std::move(entries.begin(), entries.end(), std::back_inserter(extra_));
        return {};
    }
    TOPGUN_TRY(stage_extra(entries));
    TOPGUN_TRY(connection_.run("INSERT INTO " + quoted_extra(table_) + " (" +
                               std::string(kExtraColumns) + ") SELECT " +
                               std::string(kExtraColumns) +
                               " FROM topgun_extra ORDER BY map_name, key ON CONFLICT DO NOTHING"));
    auto merged = batch_.counters();
    TOPGUN_TRY(for_each_copied(
        connection_,
        "COPY (SELECT x.map_name, x.key, e.value FROM topgun_extra x CROSS JOIN LATERAL"
        " (SELECT e.value FROM " +
            quoted_extra(table_) +
            " e WHERE e.map_name = x.map_name AND e.key = x.key AND e.kind = 'counter'"
            " AND e.tag = '' LIMIT 1 FOR UPDATE) e) TO STDOUT (FORMAT binary)",
        {}, [&](const CopyOut::Fields& fields) -> Status {
            const auto at = merged.find({std::string(*fields[0]), std::string(*fields[1])});
            double p = 0, n = 0, had_p = 0, had_n = 0;
            if (at == merged.end() || !decode_counter_entry(at->second, p, n) ||
                !decode_counter_entry(fields[2].value_or(BytesView()), had_p, had_n)) {
                return {};
            }
            if (p <= had_p && n <= had_n) {
                merged.erase(at);
                return {};
            }
            at->second.clear();
            encode_counter_entry(std::max(p, had_p), std::max(n, had_n), at->second);
            return {};
        }));
    for (auto& [name, value] : merged) {
        maptable::Fact fact;
        fact.value = std::move(value);
        extra_.push_back({name.first, name.second, "counter", std::move(fact)});
    }
    return {};
}

Status BatchTransaction::need_extra() {
    if (form_.extra) return {};
    TOPGUN_TRY(connection_.run(create_extra(table_)));
    form_.extra = true;
    return {};
}

Status BatchTransaction::stage_extra(const std::vector<ExtraRow>& rows) {
    TOPGUN_TRY(connection_.run(std::string(kExtraStage) + "; TRUNCATE topgun_extra"));
    return copy_extra(rows, "topgun_extra");
}

Status BatchTransaction::copy_extra(const std::vector<ExtraRow>& rows, const std::string& table) {
    auto copy = connection_.copy_in("COPY " + table + " (" + std::string(kExtraColumns) +
                                    ") FROM STDIN (FORMAT binary)");
    if (!copy) return std::move(copy).error();
    for (const auto& row : rows) {
        TOPGUN_TRY(copy->row(kExtraColumnCount));
        put_extra(*copy, row.map, row.key, row.kind, row.fact);
    }
    auto stored = copy->finish();
    return stored ? Status() : Status(std::move(stored).error());
}

Status BatchTransaction::write_extra() {
    TOPGUN_TRY(need_extra());
    if (!stale_.empty()) TOPGUN_TRY(there_.delete_facts(stale_));
    if (extra_.empty()) return {};
    const auto extra = quoted_extra(table_);
    if (look_ == Look::none) return copy_extra(extra_, extra);
    TOPGUN_TRY(stage_extra(extra_));
    const auto columns = std::string(kExtraColumns);
    return connection_.run(
        "INSERT INTO " + extra + " AS e (" + columns + ") SELECT " + columns +
        " FROM topgun_extra ORDER BY map_name, key, kind, tag"
        " ON CONFLICT (map_name, key, kind, tag) DO UPDATE SET millis = excluded.millis,"
        " counter = excluded.counter, node = excluded.node, ttl_ms = excluded.ttl_ms,"
        " value = excluded.value"
        " WHERE (e.millis, e.counter, e.node COLLATE \"C\")"
        " <= (excluded.millis, excluded.counter, excluded.node COLLATE \"C\")");
}

}  // namespace topgun::pg
