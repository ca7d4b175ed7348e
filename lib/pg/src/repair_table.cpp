// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "repair_sql.hpp"
#include "topgun/base/check.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/pg/repair.hpp"

namespace topgun::pg {
namespace {

using maptable::Finding;
using maptable::PlannedFix;

constexpr int kTriesMax = 5;

std::string named(const maptable::TableRow& row) {
    return "map " + repair_utf8(row.map.substr(0, 64)) + ", key " +
           repair_utf8(row.key.substr(0, 64)) + (row.is_backup ? " (replica copy)" : "");
}

class TableRepair {
public:
    TableRepair(Connection& reader, Connection* writer, const RepairedTable& table,
                const TableRepairOptions& options, TableRepairReport& report)
        : reader_(reader), writer_(writer), table_(table), options_(options), report_(report) {}

    Status run() {
        auto check = options_.check;
        check.wanted = options_.repair.problems;
        if (check.rows.now_ms == 0) {
            auto now = server_now(reader_);
            if (!now) return std::move(now).error();
            check.rows.now_ms = *now;
        }
        if (options_.planned) {
            auto name = new_run(reader_);
            if (!name) return std::move(name).error();
            report_.run_by_hand = std::move(*name);
        }
        maptable::RepairPlanner planner(table_.table.generation, check.rows, options_.repair,
                                        [this](const PlannedFix& fix) { return take(fix); });
        check.found = [&](const Finding& finding) -> Status {
            if (options_.check.found) TOPGUN_TRY(options_.check.found(finding));
            return planner.finding(finding);
        };
        check.checked = [&](const maptable::CheckedRow& row) { return planner.row(row); };
        TOPGUN_TRY(check_table(reader_, table_.table, check, report_.check));
        TOPGUN_TRY(planner.finish());
        return batch_.empty() ? Status() : carry_out();
    }

private:
    Status take(const PlannedFix& fix) {
        ++report_.planned;
        if (options_.planned) TOPGUN_TRY(show(fix));
        if (writer_ == nullptr) {
            count(fix);
            return {};
        }
        batch_.push_back(fix);
        batch_bytes_ += bytes_of(fix);
        const bool full =
            batch_.size() >= options_.batch_rows || batch_bytes_ >= options_.batch_bytes;
        return full ? carry_out() : Status();
    }

    Status show(const PlannedFix& fix) {
        if (report_.planned == 1 && options_.prepared) {
            TOPGUN_TRY(options_.prepared(std::string(kSettleTexts) + ";\n" + make_beside(table_)));
        }
        return options_.planned(fix, guarded_statement(table_, fix, report_.run_by_hand));
    }

    static std::size_t bytes_of(const PlannedFix& fix) {
        const auto row = fix.row.view();
        return row.map.size() + row.key.size() + row.value.value_or(std::string_view()).size() +
               (fix.fix.value ? fix.fix.value->size() : 0);
    }

    static Result<std::string> new_run(Connection& connection) {
        auto name = connection.query(
            "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDD\"T\"HH24MISS') || '-' "
            "|| substr(md5(random()::text), 1, 6)");
        if (!name) return std::move(name).error();
        return std::string(name->at(0, 0));
    }

    void count(const PlannedFix& fix) {
        for (std::size_t i = 0; i < maptable::kProblems; ++i) {
            report_.counts[i] += fix.fix.problems[i] ? 1 : 0;
        }
    }

    Status begin_run() {
        TOPGUN_TRY(writer_->run(std::string(kSettleTexts)));
        TOPGUN_TRY(writer_->run(make_beside(table_)));
        auto name = new_run(*writer_);
        if (!name) return std::move(name).error();
        report_.run = std::move(*name);
        return {};
    }

    // Another transaction may have held the same rows in another order.
    Status carry_out() {
        if (report_.run.empty()) TOPGUN_TRY(begin_run());
        for (int attempt = 1;; ++attempt) {
            auto done = try_batch();
            if (done) break;
            const auto& failure = writer_->failure();
            const bool again = failure.transient() && !failure.lost() && attempt < kTriesMax;
            if (!failure.lost()) TOPGUN_TRY(writer_->run("ROLLBACK"));
            if (!again) return std::move(done).error().within(table_.table.shown());
        }
        batch_.clear();
        batch_bytes_ = 0;
        return {};
    }

    // All statements in one round trip. Which rows were still as they were read, the table beside
    // tells: it got their copies, in the order of the batch.
    Status try_batch() {
        TOPGUN_TRY(writer_->run("BEGIN"));
        std::string statements;
        for (const auto& fix : batch_) {
            statements += guarded_statement(table_, fix, report_.run) + ";";
        }
        TOPGUN_TRY(writer_->run(statements));
        const bool bytea = table_.table.generation == maptable::Generation::bytea;
        auto kept = writer_->query(
            "SELECT id, old_map_name, old_key, " + std::string(bytea ? "old_is_backup" : "false") +
                " FROM " + table_.beside() + " WHERE run = $1 AND id > $2::int8 ORDER BY id",
            {report_.run, last_kept_});
        if (!kept) return std::move(kept).error();
        TOPGUN_TRY(writer_->run("COMMIT"));
        std::size_t at = 0;
        for (const auto& fix : batch_) {
            const auto row = fix.row.view();
            const bool done = at < kept->size() && kept->at(at, 1) == row.map &&
                              kept->at(at, 2) == row.key &&
                              (kept->at(at, 3) == "t") == row.is_backup;
            if (done) last_kept_ = kept->at(at++, 0);
            note(fix, done);
        }
        TOPGUN_ASSERT(at == kept->size(), "every copy is of a row of the batch");
        return {};
    }

    void note(const PlannedFix& fix, bool done) {
        if (done) {
            ++report_.repaired;
            count(fix);
            return;
        }
        ++report_.left_alone;
        if (report_.changed.size() < kNamedRowsMax) {
            report_.changed.push_back(named(fix.row.view()));
        }
    }

    Connection& reader_;
    Connection* writer_;
    const RepairedTable& table_;
    const TableRepairOptions& options_;
    TableRepairReport& report_;
    std::vector<PlannedFix> batch_;
    std::size_t batch_bytes_ = 0;
    std::string last_kept_ = "0";  // the id of the last copy
};

}  // namespace

Status repair_table(Connection& reader, Connection* writer, const MapTable& table,
                    const TableRepairOptions& options, TableRepairReport& report) {
    auto looked = RepairedTable::look(reader, table);
    if (!looked) return std::move(looked).error().within(reader.name());
    return TableRepair(reader, writer, *looked, options, report).run();
}

}  // namespace topgun::pg
