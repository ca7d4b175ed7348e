// SPDX-License-Identifier: Apache-2.0
#include "topgun/pg/map_table.hpp"

#include <algorithm>
#include <charconv>

namespace topgun::pg {
namespace {

// Tables with at least the columns of a generation, with the type of `value` telling them apart.
// What belongs to a partitioned table comes with it.
constexpr std::string_view kFindTables = R"(
SELECT n.nspname, c.relname, greatest(c.reltuples, 0)::int8,
       CASE WHEN bool_or(a.attname = 'ts_millis') THEN 'jsonb' ELSE 'bytea' END
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND has_schema_privilege(n.oid, 'USAGE')
GROUP BY c.oid, n.nspname, c.relname, c.reltuples
HAVING (count(*) FILTER (WHERE a.attname IN ('map_name', 'key', 'ts_millis', 'ts_counter',
                                             'ts_node_id', 'is_deleted')) = 6
        AND bool_or(a.attname = 'value' AND a.atttypid IN ('jsonb'::regtype, 'json'::regtype)))
    OR (count(*) FILTER (WHERE a.attname IN ('map_name', 'key', 'expiration_time',
                                             'is_backup')) = 4
        AND bool_or(a.attname = 'value' AND a.atttypid = 'bytea'::regtype))
ORDER BY 1, 2)";

std::string list_of(const std::vector<MapTable>& tables) {
    std::string out;
    for (const auto& table : tables) {
        if (!out.empty()) out += ", ";
        out += table.shown();
    }
    return out;
}

std::string others(const std::vector<MapTable>& tables) {
    if (tables.empty()) return "; no table of this database does";
    return "; these do: " + list_of(tables) + " (name one behind '#')";
}

}  // namespace

TableUrl split_table_url(std::string_view text) {
    const auto mark = text.find('#');
    if (mark == std::string_view::npos) return {std::string(text), {}};
    return {std::string(text.substr(0, mark)), std::string(text.substr(mark + 1))};
}

Result<std::vector<MapTable>> find_map_tables(Connection& connection) {
    auto rows = connection.query(std::string(kFindTables));
    if (!rows) return std::move(rows).error();
    std::vector<MapTable> out;
    for (std::size_t i = 0; i < rows->size(); ++i) {
        MapTable table;
        table.schema = rows->at(i, 0);
        table.name = rows->at(i, 1);
        const auto count = rows->at(i, 2);
        std::from_chars(count.data(), count.data() + count.size(), table.estimated_rows);
        table.generation =
            rows->at(i, 3) == "jsonb" ? maptable::Generation::jsonb : maptable::Generation::bytea;
        out.push_back(std::move(table));
    }
    return out;
}

Result<MapTable> find_map_table(Connection& connection, std::string_view wanted) {
    const auto name = wanted.empty() ? std::string(kDefaultTable) : std::string(wanted);
    // Before the tables are listed: one that is made meanwhile is not taken for one of other
    // columns.
    auto path = connection.query(
        "SELECT s, to_regclass(quote_ident(s) || '.' || quote_ident($1))"
        " FROM unnest(current_schemas(false)) s",
        {Parameter(name)});
    if (!path) return std::move(path).error();
    auto tables = find_map_tables(connection);
    if (!tables) return std::move(tables).error();
    // A name with its schema is taken at its word; one without is looked for as a statement would.
    for (auto& table : *tables) {
        if (table.shown() == name) return std::move(table);
    }
    for (std::size_t i = 0; i < path->size(); ++i) {
        for (auto& table : *tables) {
            if (table.schema == path->at(i, 0) && table.name == name) return std::move(table);
        }
        if (path->text(i, 1)) {
            return Error(Errc::usage, std::string(path->at(i, 0)) + "." + name +
                                          ": does not have the columns of a server's table" +
                                          others(*tables));
        }
    }
    return Error(Errc::not_found,
                 "there is no table " + name + " that holds maps" + others(*tables));
}

Result<MapTable> choose_map_table(Connection& connection, std::string_view wanted) {
    auto table = find_map_table(connection, wanted);
    if (table || !wanted.empty() || table.error().code() != Errc::not_found) return table;
    auto tables = find_map_tables(connection);
    if (!tables) return std::move(tables).error();
    if (tables->empty()) return table;
    if (tables->size() == 1) return std::move(tables->front());
    return Error(Errc::usage,
                 "several tables hold maps: " + list_of(*tables) + "; name one behind '#'");
}

}  // namespace topgun::pg
