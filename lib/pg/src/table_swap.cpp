// SPDX-License-Identifier: Apache-2.0
#include "table_swap.hpp"

#include <algorithm>

#include "row_form.hpp"

namespace topgun::pg {
namespace {

constexpr std::size_t kMaxName = 63;  // of PostgreSQL, in bytes
constexpr unsigned kMostOldTables = 1000;
// What the commands here keep beside a table.
constexpr std::string_view kBeside[] = {"_extra", "_repairs", "_imports"};
constexpr std::string_view kLongestBeside = "_repairs";

// What hangs on a table by its identity, not by its name.
constexpr std::string_view kHanging = R"(
SELECT 'trigger ' || tgname FROM pg_catalog.pg_trigger
WHERE tgrelid = $1::regclass AND NOT tgisinternal
UNION ALL
SELECT DISTINCT 'view ' || r.ev_class::regclass::text
FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid = $1::regclass
  AND r.ev_class <> $1::regclass
UNION ALL
SELECT 'foreign key ' || conname FROM pg_catalog.pg_constraint
WHERE contype = 'f' AND $1::regclass IN (conrelid, confrelid)
UNION ALL
SELECT 'publication ' || p.pubname FROM pg_catalog.pg_publication_rel r
JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid WHERE r.prrelid = $1::regclass
ORDER BY 1)";

// One statement's tail for each right that somebody else than the owner has.
constexpr std::string_view kRights = R"(
SELECT a.privilege_type, a.grantee = 0, pg_catalog.pg_get_userbyid(a.grantee), a.is_grantable
FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) a
WHERE c.oid = $1::regclass AND a.grantee <> c.relowner ORDER BY 1, 3)";

}  // namespace

Status TableSwap::check() {
    if (old_.schema != fresh_.schema) {
        return Error(Errc::usage,
                     fresh_.shown() + ": stands in another schema, so it cannot take the name");
    }
    TOPGUN_TRY(choose_name());
    const Parameter table(old_.quoted());
    auto guarded = connection_.query(
        "SELECT relrowsecurity FROM pg_catalog.pg_class WHERE oid = $1::regclass", {table});
    if (!guarded) return std::move(guarded).error();
    if (guarded->at(0, 0) == "t") {
        return Error(Errc::usage, old_.shown() +
                                      ": has row-level security, which the new table would lack: "
                                      "copy its policies, and rename the tables by hand");
    }
    auto hanging = connection_.query(std::string(kHanging), {table});
    if (!hanging) return std::move(hanging).error();
    for (std::size_t i = 0; i < hanging->size(); ++i) left_behind_.emplace_back(hanging->at(i, 0));
    return {};
}

Result<std::string> TableSwap::run() {
    TOPGUN_TRY(carry_rights());
    TOPGUN_TRY(move(old_.name, kept_));
    TOPGUN_TRY(move(fresh_.name, old_.name));
    return old_.schema + "." + kept_;
}

// The first of these names under which nothing stands, beside it neither.
Status TableSwap::choose_name() {
    const auto base =
        old_.name + (old_.generation == maptable::Generation::bytea ? "_old_bytea" : "_old_jsonb");
    for (unsigned number = 1; number <= kMostOldTables; ++number) {
        kept_ = number == 1 ? base : base + "_" + std::to_string(number);
        if (kept_.size() + kLongestBeside.size() > kMaxName) {
            return Error(Errc::usage, kept_ + ": is too long a name; rename the tables by hand");
        }
        auto taken = exists(kept_);
        for (const auto beside : kBeside) {
            if (taken && !*taken) taken = exists(kept_ + std::string(beside));
        }
        if (!taken) return std::move(taken).error();
        if (!*taken) return {};
    }
    return Error(Errc::usage, base + ": there are too many old tables; drop some");
}

Status TableSwap::carry_rights() {
    const Parameter table(old_.quoted());
    auto owner = connection_.query(
        "SELECT pg_catalog.pg_get_userbyid(o.relowner), o.relowner = n.relowner"
        " FROM pg_catalog.pg_class o, pg_catalog.pg_class n"
        " WHERE o.oid = $1::regclass AND n.oid = $2::regclass",
        {table, Parameter(fresh_.quoted())});
    if (!owner) return std::move(owner).error();
    auto rights = connection_.query(std::string(kRights), {table});
    if (!rights) return std::move(rights).error();
    for (const auto& name : {fresh_.name, fresh_.name + std::string(kBeside[0])}) {
        auto there = exists(name);
        if (!there) return std::move(there).error();
        if (!*there) continue;
        if (owner->at(0, 1) != "t") {
            TOPGUN_TRY(connection_.run("ALTER TABLE " + quoted(name) + " OWNER TO " +
                                       quoted_name(owner->at(0, 0))));
        }
        for (std::size_t i = 0; i < rights->size(); ++i) {
            const bool all = rights->at(i, 1) == "t";
            TOPGUN_TRY(connection_.run(
                "GRANT " + std::string(rights->at(i, 0)) + " ON " + quoted(name) + " TO " +
                (all ? std::string("PUBLIC") : quoted_name(rights->at(i, 2))) +
                (rights->at(i, 3) == "t" ? " WITH GRANT OPTION" : "")));
        }
    }
    return {};
}

// A table with what stands beside it.
Status TableSwap::move(const std::string& from, const std::string& to) {
    TOPGUN_TRY(rename(from, to));
    for (const auto suffix : kBeside) {
        const auto beside = from + std::string(suffix);
        auto there = exists(beside);
        if (!there) return std::move(there).error();
        if (*there) TOPGUN_TRY(rename(beside, to + std::string(suffix)));
    }
    return {};
}

// With its indexes, which a server looks for by name.
Status TableSwap::rename(const std::string& table, const std::string& name) {
    auto indexes = connection_.query(
        "SELECT indexname FROM pg_catalog.pg_indexes WHERE schemaname = $1 AND tablename = $2"
        " ORDER BY indexname",
        {Parameter(old_.schema), Parameter(table)});
    if (!indexes) return std::move(indexes).error();
    TOPGUN_TRY(connection_.run("ALTER TABLE " + quoted(table) + " RENAME TO " + quoted_name(name)));
    for (std::size_t i = 0; i < indexes->size(); ++i) {
        const std::string index(indexes->at(i, 0));
        const auto at = index.find(table);
        if (at == std::string::npos) continue;
        auto renamed = index;
        renamed.replace(at, table.size(), name);
        TOPGUN_TRY(
            connection_.run("ALTER INDEX " + quoted(index) + " RENAME TO " + quoted_name(renamed)));
    }
    return {};
}

Result<bool> TableSwap::exists(const std::string& name) {
    auto rows = connection_.query("SELECT to_regclass($1)", {Parameter(quoted(name))});
    if (!rows) return std::move(rows).error();
    return rows->text(0, 0).has_value();
}

std::string TableSwap::quoted(const std::string& name) const {
    return quoted_name(old_.schema) + "." + quoted_name(name);
}

}  // namespace topgun::pg
