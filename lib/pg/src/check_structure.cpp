// SPDX-License-Identifier: Apache-2.0
#include "check_structure.hpp"

#include <utility>

#include "row_form.hpp"

namespace topgun::pg {
namespace {

using maptable::Finding;
using maptable::Generation;
using maptable::Problem;

// Enough to see what the matter is; the first of them says how many there are.
constexpr int kListedMax = 1000;

class Structure {
public:
    Structure(Connection& connection, const MapTable& table, const TableCheckOptions& options,
              const maptable::TableChecker::Found& found, std::vector<std::string>& unchecked)
        : connection_(connection),
          table_(table),
          options_(options),
          found_(found),
          unchecked_(unchecked) {}

    Status run() {
        if (wanted(Problem::no_primary_key)) TOPGUN_TRY(primary_key());
        if (wanted(Problem::collation)) TOPGUN_TRY(collation());
        if (wanted(Problem::unicode_twins)) TOPGUN_TRY(twins());
        const bool journal = wanted(Problem::journal_restart) || wanted(Problem::journal_gap);
        return journal ? find_journal() : Status();
    }

private:
    bool wanted(Problem problem) const {
        return options_.wanted[static_cast<std::size_t>(problem)];
    }

    std::string table_literal() const { return quoted_text(table_.quoted()) + "::regclass"; }

    Status say(Problem problem, std::string_view map, std::string_view key, std::string what) {
        return wanted(problem) ? found_({problem, map, key, false, std::move(what)}) : Status();
    }

    // Any unique index on just these columns serves the servers' ON CONFLICT.
    Status primary_key() {
        const bool jsonb = table_.generation == Generation::jsonb;
        auto rows = connection_.query(
            "SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = " + table_literal() +
            " AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL"
            " AND (SELECT array_agg(a.attname::text ORDER BY a.attname)"
            " FROM pg_catalog.pg_attribute a WHERE a.attrelid = i.indrelid"
            " AND a.attnum = ANY (i.indkey)) = " +
            (jsonb ? "'{key,map_name}'" : "'{is_backup,key,map_name}'"));
        if (!rows) return std::move(rows).error();
        if (rows->size() > 0) return {};
        return say(Problem::no_primary_key, {}, {},
                   "no unique index on (map_name, key" + std::string(jsonb ? ")" : ", is_backup)"));
    }

    Status collation() {
        auto columns = connection_.query(
            "SELECT a.attname, l.collname FROM pg_catalog.pg_attribute a"
            " JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation WHERE a.attrelid = " +
            table_literal() +
            " AND a.attname IN ('map_name', 'key') AND NOT l.collisdeterministic");
        if (!columns) return std::move(columns).error();
        for (std::size_t i = 0; i < columns->size(); ++i) {
            TOPGUN_TRY(say(Problem::collation, {}, {},
                           "column " + std::string(columns->at(i, 0)) + " has the collation " +
                               std::string(columns->at(i, 1)) +
                               ", which takes different keys for equal"));
        }
        constexpr int kSince = 150000;
        if (connection_.server_version() < kSince) return {};
        auto versions = connection_.query(
            "SELECT datcollversion, pg_catalog.pg_database_collation_actual_version(oid)"
            " FROM pg_catalog.pg_database WHERE datname = current_database()"
            " AND datcollversion <> pg_catalog.pg_database_collation_actual_version(oid)");
        if (!versions) return std::move(versions).error();
        if (versions->size() == 0) return {};
        return say(Problem::collation, {}, {},
                   "indexes were built with version " + std::string(versions->at(0, 0)) +
                       " of the collation, the system has " + std::string(versions->at(0, 1)));
    }

    // Of keys that are one in Unicode's eyes all but one are not in normal form.
    Status twins() {
        auto encoding = connection_.query("SHOW server_encoding");
        if (!encoding) return std::move(encoding).error();
        constexpr int kSince = 130000;
        if (encoding->at(0, 0) != "UTF8" || connection_.server_version() < kSince) {
            unchecked_.emplace_back(
                "keys that differ in their Unicode form (D18): only PostgreSQL 13 and newer with "
                "the encoding UTF8 tells");
            return {};
        }
        const auto maps = options_.maps.empty() ? std::string()
                                                : " AND map_name IN " + quoted_list(options_.maps);
        auto rows = connection_.query(
            "WITH odd AS MATERIALIZED (SELECT DISTINCT map_name, key, normalize(key, NFC) AS form"
            " FROM " +
            table_.quoted() + " WHERE key IS NOT NFC NORMALIZED" + maps +
            "), every AS (SELECT map_name, key, form FROM odd UNION"
            " SELECT t.map_name, t.key, t.key FROM " +
            table_.quoted() +
            " t JOIN odd ON odd.map_name = t.map_name AND odd.form = t.key)"
            " SELECT map_name, min(key COLLATE \"C\"), count(*) FROM every"
            " GROUP BY map_name, form HAVING count(*) > 1 ORDER BY 1, 2 LIMIT " +
            std::to_string(kListedMax));
        if (!rows) return std::move(rows).error();
        for (std::size_t i = 0; i < rows->size(); ++i) {
            TOPGUN_TRY(say(Problem::unicode_twins, rows->at(i, 0), rows->at(i, 1),
                           std::string(rows->at(i, 2)) + " keys with one normal form"));
        }
        return {};
    }

    // The former server kept its journal beside its maps.
    Status find_journal() {
        const auto name = quoted_name(table_.schema) + ".event_journal";
        auto exists = connection_.query(
            "SELECT has_table_privilege(c.oid, 'SELECT') FROM pg_catalog.pg_class c"
            " WHERE c.oid = to_regclass(" +
            quoted_text(name) +
            ") AND (SELECT count(*) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid"
            " AND a.attname IN ('sequence', 'map_name', 'created_at')) = 3");
        if (!exists) return std::move(exists).error();
        if (exists->size() == 0) return {};
        if (exists->at(0, 0) != "t") {
            unchecked_.push_back("the event journal (D3): no permission to read " + name);
            return {};
        }
        return check_journal(name);
    }

    Status check_journal(const std::string& name) {
        const auto drift = std::to_string(options_.rows.drift_ms) + " * interval '1 ms'";
        auto rows = connection_.query(
            "SELECT min(sequence) FILTER (WHERE created_at + " + drift +
            " < before), count(*) FILTER (WHERE created_at + " + drift +
            " < before), min(sequence) FILTER (WHERE sequence > previous + 1),"
            " sum(sequence - previous - 1) FROM (SELECT sequence, created_at,"
            " max(created_at) OVER (ORDER BY sequence ROWS BETWEEN UNBOUNDED PRECEDING AND"
            " 1 PRECEDING) AS before, lag(sequence) OVER (ORDER BY sequence) AS previous FROM " +
            name + ") AS events");
        if (!rows) return std::move(rows).error();
        if (const auto first = rows->text(0, 0)) {
            TOPGUN_TRY(say(Problem::journal_restart, {}, {},
                           std::string(rows->at(0, 1)) +
                               " events are older than one before them, the first has number " +
                               std::string(*first)));
        }
        if (const auto first = rows->text(0, 2)) {
            TOPGUN_TRY(say(Problem::journal_gap, {}, {},
                           std::string(rows->at(0, 3)) + " numbers are missing, the first before " +
                               std::string(*first)));
        }
        return {};
    }

    Connection& connection_;
    const MapTable& table_;
    const TableCheckOptions& options_;
    const maptable::TableChecker::Found& found_;
    std::vector<std::string>& unchecked_;
};

}  // namespace

Status check_structure(Connection& connection, const MapTable& table,
                       const TableCheckOptions& options, const maptable::TableChecker::Found& found,
                       std::vector<std::string>& unchecked) {
    return Structure(connection, table, options, found, unchecked).run();
}

}  // namespace topgun::pg
