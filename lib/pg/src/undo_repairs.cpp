// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "repair_sql.hpp"
#include "row_form.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/pg/repair.hpp"

namespace topgun::pg {
namespace {

constexpr int kBatchRows = 200;

std::uint64_t count_of(std::string_view text) {
    std::uint64_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

// One row of the table that keeps old rows.
struct Kept {
    std::string id, action, map, key;
    std::optional<std::string> new_digest;
    bool is_backup = false;

    // A copy that was made the row has another place now than before.
    bool is_backup_now() const { return is_backup && action != "promote"; }
};

class Undo {
public:
    Undo(Connection& connection, const RepairedTable& table, const std::string& run, bool force,
         UndoReport& report)
        : connection_(connection), table_(table), run_(run), force_(force), report_(report) {}

    Status run() {
        TOPGUN_TRY(connection_.run(std::string(kSettleTexts)));
        for (bool more = true; more;) {
            TOPGUN_TRY(connection_.run("BEGIN"));
            auto batch = next_batch();
            if (!batch) return rolled_back(std::move(batch).error());
            UndoReport done;
            for (const auto& kept : *batch) {
                auto status = undo(kept, done);
                if (!status) return rolled_back(std::move(status).error());
            }
            TOPGUN_TRY(connection_.run("COMMIT"));
            note(std::move(done));
            more = !batch->empty();
            if (more) below_ = batch->back().id;
        }
        if (report_.restored + report_.refused > 0) return {};
        return Error(Errc::not_found, repairs_shown(table_.table) + ": there is no run '" + run_ +
                                          "', or it is undone already");
    }

private:
    Error rolled_back(Error error) {
        if (!connection_.failure().lost()) {
            if (auto status = connection_.run("ROLLBACK"); !status)
                return std::move(status).error();
        }
        return error;
    }

    void note(UndoReport done) {
        report_.restored += done.restored;
        report_.refused += done.refused;
        for (auto& one : done.refusals) {
            if (report_.refusals.size() < kNamedRowsMax) report_.refusals.push_back(std::move(one));
        }
    }

    bool bytea() const { return table_.table.generation == maptable::Generation::bytea; }

    // The last one first: a row may have been repaired more than once in a run.
    Result<std::vector<Kept>> next_batch() {
        auto rows = connection_.query(
            "SELECT id, action, old_map_name, old_key, new_digest, " +
            std::string(bytea() ? "old_is_backup" : "false") + " FROM " + table_.beside() +
            " WHERE run = " + quoted_text(run_) + " AND undone_at IS NULL" +
            (below_.empty() ? "" : " AND id < " + below_) + " ORDER BY id DESC LIMIT " +
            std::to_string(kBatchRows) + " FOR UPDATE");
        if (!rows) return std::move(rows).error();
        std::vector<Kept> out;
        for (std::size_t i = 0; i < rows->size(); ++i) {
            Kept kept;
            kept.id = rows->at(i, 0);
            kept.action = rows->at(i, 1);
            kept.map = rows->at(i, 2);
            kept.key = rows->at(i, 3);
            if (const auto digest = rows->text(i, 4)) kept.new_digest.emplace(*digest);
            kept.is_backup = rows->at(i, 5) == "t";
            out.push_back(std::move(kept));
        }
        return out;
    }

    Status undo(const Kept& kept, UndoReport& done) {
        const auto now = row_condition(table_.table, kept.map, kept.key, kept.is_backup_now());
        auto rows = connection_.query("SELECT " + digest_of_row() + " FROM " +
                                      table_.table.quoted() + " t WHERE " + now + " FOR UPDATE");
        if (!rows) return std::move(rows).error();
        std::optional<std::string> digest;
        if (rows->size() > 0) digest.emplace(rows->at(0, 0));
        if (rows->size() > 1 || (digest != kept.new_digest && !force_)) {
            ++done.refused;
            done.refusals.push_back("map " + repair_utf8(kept.map.substr(0, 64)) + ", key " +
                                    repair_utf8(kept.key.substr(0, 64)));
            return {};
        }
        if (digest) TOPGUN_TRY(run("DELETE FROM " + table_.table.quoted() + " t WHERE " + now));
        if (kept.action != "insert") {
            TOPGUN_TRY(run("INSERT INTO " + table_.table.quoted() + " (" +
                           table_.plain_columns("") + ") OVERRIDING SYSTEM VALUE SELECT " +
                           table_.old_columns("") + " FROM " + table_.beside() +
                           " WHERE id = " + kept.id));
        }
        ++done.restored;
        return run("UPDATE " + table_.beside() +
                   " SET undone_at = clock_timestamp() WHERE id = " + kept.id);
    }

    Status run(const std::string& sql) { return connection_.run(sql); }

    Connection& connection_;
    const RepairedTable& table_;
    const std::string& run_;
    bool force_;
    UndoReport& report_;
    std::string below_;
};

Result<bool> has_beside(Connection& connection, const RepairedTable& table) {
    auto rows =
        connection.query("SELECT to_regclass(" + quoted_text(table.beside()) + ") IS NOT NULL");
    if (!rows) return std::move(rows).error();
    return rows->at(0, 0) == "t";
}

}  // namespace

Result<std::vector<RepairRun>> list_repairs(Connection& connection, const MapTable& table) {
    auto looked = RepairedTable::look(connection, table);
    if (!looked) return std::move(looked).error().within(connection.name());
    auto exists = has_beside(connection, *looked);
    if (!exists) return std::move(exists).error();
    std::vector<RepairRun> out;
    if (!*exists) return out;
    auto rows = connection.query(
        "SELECT run, to_char(min(repaired_at) AT TIME ZONE 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
        " count(*), count(undone_at), (SELECT string_agg(DISTINCT word, ' ' ORDER BY word) FROM " +
        looked->beside() +
        " r, unnest(string_to_array(r.problems, ' ')) AS word"
        " WHERE r.run = b.run) FROM " +
        looked->beside() + " b GROUP BY run ORDER BY min(id)");
    if (!rows) return std::move(rows).error();
    for (std::size_t i = 0; i < rows->size(); ++i) {
        out.push_back({std::string(rows->at(i, 0)), std::string(rows->at(i, 1)),
                       count_of(rows->at(i, 2)), count_of(rows->at(i, 3)),
                       std::string(rows->at(i, 4))});
    }
    return out;
}

Status undo_repairs(Connection& connection, const MapTable& table, const std::string& run,
                    bool force, UndoReport& report) {
    auto looked = RepairedTable::look(connection, table);
    if (!looked) return std::move(looked).error().within(connection.name());
    auto exists = has_beside(connection, *looked);
    if (!exists) return std::move(exists).error();
    if (!*exists) {
        return Error(Errc::not_found,
                     repairs_shown(table) + " does not exist: nothing was repaired")
            .within(connection.name());
    }
    auto status = Undo(connection, *looked, run, force, report).run();
    if (status) return {};
    return std::move(status).error().within(connection.name());
}

}  // namespace topgun::pg
