// SPDX-License-Identifier: Apache-2.0
#include "repair_sql.hpp"

#include "row_form.hpp"
#include "topgun/base/check.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/pg/repair.hpp"

namespace topgun::pg {
namespace {

using maptable::Generation;
using maptable::PlannedFix;
using maptable::RowFix;
using maptable::TableRow;

constexpr std::string_view kSuffix = "_repairs";
constexpr std::string_view kIndexSuffix = "_repairs_run";
constexpr std::size_t kNameMax = 63;  // of PostgreSQL, in bytes

std::string number(std::int64_t value) {
    return std::to_string(value);
}

std::string truth(bool value) {
    return value ? "true" : "false";
}

// Characters that a terminal would obey are written as escapes: statements are shown, too.
std::string text_literal(std::string_view text) {
    std::string out;
    bool escaped = false;
    while (!text.empty()) {
        const auto character = decode_utf8(text.substr(0, 4));
        const auto code = character.code_point;
        const bool control =
            code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200e && code <= 0x200f) ||
            (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
        if (control) {
            constexpr std::string_view kDigits = "0123456789abcdef";
            out += "\\u";
            for (const int shift : {12, 8, 4, 0}) out += kDigits[code >> shift & 15];
        } else {
            if (text[0] == '\'' || text[0] == '\\') out += text[0];
            out += text.substr(0, character.length);
        }
        escaped = escaped || control || text[0] == '\\';
        text.remove_prefix(character.length);
    }
    return (escaped ? "E'" : "'") + out + "'";
}

std::string bytes_literal(BytesView bytes) {
    return quoted_text(bytea_text(bytes)) + "::bytea";
}

// The columns as they were read; NULL counts as the servers' default.
std::string unchanged(const RepairedTable& table, const TableRow& row) {
    if (table.table.generation == Generation::jsonb) {
        return "t.value::text IS NOT DISTINCT FROM " +
               (row.value ? text_literal(*row.value) : "NULL") +
               " AND t.ts_millis = " + number(row.millis) +
               " AND t.ts_counter = " + number(row.counter) +
               " AND t.ts_node_id = " + text_literal(row.node) +
               " AND t.is_deleted IS NOT DISTINCT FROM " +
               (row.deleted ? truth(*row.deleted) : "NULL");
    }
    auto out = "t.value = " + bytes_literal(row.value.value_or(BytesView())) +
               " AND coalesce(t.expiration_time, 0) = " + number(row.expiration);
    if (!table.times) return out;
    return out + " AND coalesce(t.created_at, 0) = " + number(row.created_at.value_or(0)) +
           " AND coalesce(t.updated_at, 0) = " + number(row.updated_at.value_or(0));
}

std::string kept_elements(const RepairedTable& table, const RowFix& fix) {
    const auto list = "t.value::jsonb->" + quoted_text(fix.list);
    std::string kept;
    for (const auto at : *fix.kept) kept += (kept.empty() ? "" : ", ") + std::to_string(at);
    return "jsonb_set(t.value::jsonb, '{" + std::string(fix.list) +
           "}', (SELECT coalesce(jsonb_agg(e.v ORDER BY e.n), '[]') FROM jsonb_array_elements(" +
           list + ") WITH ORDINALITY AS e(v, n) WHERE " +
           (kept.empty() ? "false" : "e.n IN (" + kept + ")") + "))::" + table.value_type;
}

std::string assignments(const RepairedTable& table, const RowFix& fix) {
    std::string out;
    const auto set = [&](const char* column, const std::string& value) {
        out += (out.empty() ? "" : ", ") + std::string(column) + " = " + value;
    };
    if (fix.value) set("value", bytes_literal(*fix.value));
    if (fix.expiration) set("expiration_time", number(*fix.expiration));
    if (fix.promote) set("is_backup", "false");
    if (fix.created_at) set("created_at", number(*fix.created_at));
    if (fix.updated_at) set("updated_at", number(*fix.updated_at));
    if (fix.kept) set("value", kept_elements(table, fix));
    if (fix.null_value) set("value", "'null'");
    if (fix.deleted) set("is_deleted", truth(*fix.deleted));
    return out;
}

// Of a bytea table; only indexes of policies are ever new, and those have no times.
std::string insertion(const RepairedTable& table, const PlannedFix& planned,
                      std::string_view alias) {
    const auto row = planned.row.view();
    TOPGUN_ASSERT(planned.fix.value.has_value(), "a new row has a value");
    return "INSERT INTO " + table.table.quoted() + std::string(alias) +
           " (map_name, key, value, expiration_time, is_backup" +
           (table.times ? ", created_at, updated_at" : "") + ") VALUES (" + text_literal(row.map) +
           ", " + text_literal(row.key) + ", " + bytes_literal(*planned.fix.value) + ", 0, false" +
           (table.times ? ", 0, 0)" : ")");
}

const char* action_word(const RowFix& fix) {
    if (fix.promote) return "promote";
    switch (fix.action) {
        case RowFix::Action::remove: return "remove";
        case RowFix::Action::insert: return "insert";
        case RowFix::Action::update: break;
    }
    return "update";
}

std::string joined(const std::vector<std::string>& columns, std::string_view prefix,
                   std::string_view before) {
    std::string out;
    for (const auto& column : columns) {
        out += out.empty() ? "" : ", ";
        out += prefix;
        out += quoted_name(std::string(before) + column);
    }
    return out;
}

}  // namespace

Result<RepairedTable> RepairedTable::look(Connection& connection, const MapTable& table) {
    if (table.name.size() + kSuffix.size() > kNameMax) {
        return Error(Errc::usage, table.shown() + " has too long a name for a table " +
                                      std::string(kSuffix) + " beside it");
    }
    auto rows = connection.query(
        "SELECT attname, pg_catalog.format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute"
        " WHERE attrelid = " +
        quoted_text(table.quoted()) +
        "::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum");
    if (!rows) return std::move(rows).error();
    RepairedTable out;
    out.table = table;
    unsigned times = 0;
    for (std::size_t i = 0; i < rows->size(); ++i) {
        out.columns.emplace_back(rows->at(i, 0));
        out.types.emplace_back(rows->at(i, 1));
        if (out.columns.back() == "value") out.value_type = out.types.back();
        times += out.columns.back() == "created_at" || out.columns.back() == "updated_at" ? 1 : 0;
    }
    out.times = times == 2;
    return out;
}

std::string RepairedTable::beside() const {
    return quoted_name(table.schema) + "." + quoted_name(table.name + std::string(kSuffix));
}

std::string RepairedTable::old_columns(std::string_view prefix) const {
    return joined(columns, prefix, "old_");
}

std::string RepairedTable::plain_columns(std::string_view prefix) const {
    return joined(columns, prefix, "");
}

std::string repairs_shown(const MapTable& table) {
    return table.shown() + std::string(kSuffix);
}

std::string make_beside(const RepairedTable& table) {
    std::string sql =
        "CREATE TABLE IF NOT EXISTS " + table.beside() +
        " (id bigserial PRIMARY KEY, run text NOT NULL,"
        " repaired_at timestamptz NOT NULL DEFAULT clock_timestamp(), action text NOT NULL,"
        " problems text NOT NULL, new_digest text, undone_at timestamptz);"
        " CREATE INDEX IF NOT EXISTS " +
        quoted_name(table.table.name.substr(0, kNameMax - kIndexSuffix.size()) +
                    std::string(kIndexSuffix)) +
        " ON " + table.beside() + " (run, id)";
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        sql += "; ALTER TABLE " + table.beside() + " ADD COLUMN IF NOT EXISTS " +
               quoted_name("old_" + table.columns[i]) + ' ' + table.types[i];
    }
    return sql;
}

const std::string_view kSettleTexts =
    "SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC';"
    " SET bytea_output = 'hex'; SET extra_float_digits = 1";

std::string digest_of_row() {
    return "encode(sha256(convert_to(t::text, getdatabaseencoding())), 'hex')";
}

std::string row_condition(const MapTable& table, std::string_view map, std::string_view key,
                          bool is_backup) {
    auto out = "t.map_name = " + text_literal(map) + " AND t.key = " + text_literal(key);
    if (table.generation == Generation::jsonb) return out;
    return out + " AND t.is_backup = " + truth(is_backup);
}

std::string guarded_statement(const RepairedTable& table, const PlannedFix& planned,
                              std::string_view run) {
    const auto row = planned.row.view();
    const auto keep = [&](const std::string& columns, const std::string& digest,
                          const std::string& values, const std::string& from) {
        return " INSERT INTO " + table.beside() + " (run, action, problems, new_digest, " +
               columns + ") SELECT " + quoted_text(run) + ", " +
               quoted_text(action_word(planned.fix)) + ", " +
               quoted_text(words_of(planned.fix.problems)) + ", " + digest + ", " + values +
               " FROM " + from;
    };
    if (planned.fix.action == RowFix::Action::insert) {
        return "WITH changed AS (" + insertion(table, planned, " AS t") +
               " ON CONFLICT DO NOTHING RETURNING " + digest_of_row() + " AS digest)" +
               keep("old_map_name, old_key, old_is_backup", "changed.digest",
                    text_literal(row.map) + ", " + text_literal(row.key) + ", false", "changed");
    }
    const bool remove = planned.fix.action == RowFix::Action::remove;
    const std::string same = " WHERE t.tableoid = old.old_table AND t.ctid = old.old_place";
    // LIMIT: a table without its key may have a row twice.
    auto out =
        "WITH old AS MATERIALIZED (SELECT t.tableoid AS old_table, t.ctid AS old_place, "
        "t.* FROM " +
        table.table.quoted() + " t WHERE " +
        row_condition(table.table, row.map, row.key, row.is_backup) + " AND " +
        unchanged(table, row) + " LIMIT 1 FOR UPDATE), changed AS (";
    out += remove ? "DELETE FROM " + table.table.quoted() + " t USING old" + same +
                        " RETURNING NULL::text AS digest"
                  : "UPDATE " + table.table.quoted() + " t SET " + assignments(table, planned.fix) +
                        " FROM old" + same + " RETURNING " + digest_of_row() + " AS digest";
    return out + ")" +
           keep(table.old_columns(""), "changed.digest", table.plain_columns("old."),
                "old, changed");
}

std::string words_of(const maptable::ProblemSet& problems) {
    std::string out;
    for (const auto& info : maptable::problem_infos()) {
        if (!problems[static_cast<std::size_t>(info.problem)]) continue;
        out += out.empty() ? "" : " ";
        out += info.word;
    }
    return out;
}

}  // namespace topgun::pg
