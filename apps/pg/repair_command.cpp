// SPDX-License-Identifier: Apache-2.0
#include "repair_command.hpp"

#include <numeric>

#include "common/options.hpp"
#include "common/progress.hpp"
#include "common/signals.hpp"
#include "common/table.hpp"
#include "common/text.hpp"
#include "database_options.hpp"

namespace topgun::cli {

using maptable::Problem;
using maptable::Repair;

void RepairCommand::add_options(CLI::App& app) {
    add_database_argument(app, url_);
    auto& check = options_.check;
    add_repeatable_option(app, "-m,--map", check.maps, "Only this map; may be repeated", "MAP");
    add_repeatable_option(app, "--class", classes_,
                          "Only these of the safe repairs: D13,expired; may be repeated", "LIST");
    add_repeatable_option(app, "--fix", fixes_,
                          "Also these repairs, which change what the data says: D4,null-value",
                          "LIST");
    add_choice_option(app, "--expired", options_.repair.clear_expired,
                      {{"delete", false}, {"clear", true}},
                      "What becomes of expired rows: they go, or stay for ever [delete]");
    app.add_flag("--apply", apply_, "Do it; without this, only show it");
    app.add_flag("--list", list_, "List the runs that repaired this table");
    app.add_option("--undo", undo_, "Put back the rows of this run as they were")->type_name("RUN");
    app.add_flag("--force", force_, "With --undo: also rows that were changed since");
    add_moment_option(app, "--now", now_, "Judge by this moment, not by the server's clock");
    add_duration_option(app, "--max-drift", check.rows.drift_ms,
                        "A clock may be ahead by this much [60s]");
    add_duration_option(app, "--tombstone-age", check.rows.tombstone_age_ms,
                        "Tombstones that are older can be dropped by --fix old-tombstone");
    add_json_option(app, json_);
}

Status RepairCommand::prepare() {
    const int ways = (apply_ ? 1 : 0) + (list_ ? 1 : 0) + (undo_.empty() ? 0 : 1);
    if (ways > 1) return Error(Errc::usage, "--apply, --list and --undo exclude each other");
    if (force_ && undo_.empty()) return Error(Errc::usage, "--force goes with --undo");
    auto& problems = options_.repair.problems;
    problems = maptable::safe_repairs();
    if (!classes_.empty()) {
        auto wanted = maptable::parse_problems(split_words(classes_));
        if (!wanted) return std::move(wanted).error().within("--class");
        problems &= *wanted;
    }
    auto asked = maptable::parse_problems(split_words(fixes_));
    if (!asked) return std::move(asked).error().within("--fix");
    bool any = fixes_.empty();
    for (const auto& info : maptable::problem_infos()) {
        const auto bit = static_cast<std::size_t>(info.problem);
        if (!(*asked)[bit] || info.repair == Repair::never) continue;
        problems.set(bit);
        any = true;
    }
    if (!any) return Error(Errc::usage, "--fix: nothing of that can be repaired: see pg check");
    if (problems.none()) return Error(Errc::usage, "--class: none of that is a safe repair");
    const bool age = problems[static_cast<std::size_t>(Problem::old_tombstone)];
    if (age && options_.check.rows.tombstone_age_ms == 0) {
        return Error(Errc::usage, "--fix old-tombstone needs --tombstone-age");
    }
    if (now_) options_.check.rows.now_ms = now_->millis;
    return {};
}

Result<ExitCode> RepairCommand::run(Streams io) {
    TOPGUN_TRY(prepare());
    const CancelScope stoppable;
    auto connection = open_database(url_, undo_.empty());
    if (!connection) return std::move(connection).error();
    database_ = (*connection)->name();
    auto table = choose_table(**connection, url_);
    if (!table) return std::move(table).error();
    table_ = std::move(*table);
    if (list_) return list(**connection, io);
    if (!undo_.empty()) return undo(**connection, io);
    return repair(**connection, io);
}

Result<ExitCode> RepairCommand::repair(pg::Connection& reader, Streams io) {
    std::unique_ptr<pg::Connection> writer;
    if (apply_) {
        auto opened = open_database(url_, false);
        if (!opened) return std::move(opened).error();
        writer = std::move(*opened);
    }
    Progress progress(io, apply_ ? "repairing" : "checking", table_.estimated_rows);
    options_.check.progress = [&progress](std::uint64_t rows) -> Status {
        progress.add(rows);
        return {};
    };
    if (!apply_ && !json_) {
        options_.prepared = [&](const std::string& sql) -> Status {
            io.out << "-- for the old rows, which pg repair --undo puts back\n" << sql << ";\n";
            return {};
        };
        options_.planned = [&](const maptable::PlannedFix& fix, const std::string& sql) -> Status {
            io.out << "-- " << printable(pg::words_of(fix.fix.problems)) << '\n' << sql << ";\n";
            return {};
        };
    }
    TOPGUN_TRY(reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    auto status = pg::repair_table(reader, writer.get(), table_, options_, report_);
    progress.finish();
    // What is done is done, and can be undone: the run's name is needed for that.
    if (!status && report_.repaired > 0) {
        io.err.note(counted(report_.repaired, "row", "rows") + " repaired by run " + report_.run +
                    " before this failed");
    }
    TOPGUN_TRY(std::move(status));
    if (json_)
        print_json(io);
    else
        print_text(io);
    return verdict(io);
}

// Findings that no fix was for.
std::uint64_t RepairCommand::left() const {
    std::uint64_t found = 0, fixed = 0;
    for (const auto& info : maptable::problem_infos()) {
        const auto bit = static_cast<std::size_t>(info.problem);
        // One finding of a map stands for all of its rows.
        const auto repaired = info.problem == Problem::old_cursors
                                  ? std::min<std::uint64_t>(report_.counts[bit], 1)
                                  : report_.counts[bit];
        found += report_.check.counts[bit];
        fixed += std::min(repaired, report_.check.counts[bit]);
    }
    return found - fixed;
}

void RepairCommand::print_text(Streams io) const {
    Table table({{"Class"}, {"Problem"}, {apply_ ? "Repaired" : "To repair", Table::Align::right}});
    for (const auto& info : maptable::problem_infos()) {
        const auto count = report_.counts[static_cast<std::size_t>(info.problem)];
        if (count > 0) table.add_row({info.id, info.word, count});
    }
    // Statements alone are on standard output, so that they can be kept.
    if (apply_ && !table.empty()) table.print(io.out);
    const auto rows = counted(report_.check.rows, "row", "rows");
    if (report_.planned == 0) {
        io.err.note(table_.shown() + ": " + rows + ", nothing to repair");
    } else if (!apply_) {
        io.err.note(
            table_.shown() + ": " + rows + ", " + counted(report_.planned, "row", "rows") +
            " to repair; nothing was changed: add --apply, or run these statements as run " +
            report_.run_by_hand);
    } else {
        io.err.note(table_.shown() + ": " + rows + ", " + counted(report_.repaired, "row", "rows") +
                    " repaired by run " + report_.run + "; the old ones are in " +
                    pg::repairs_shown(table_));
    }
}

void RepairCommand::print_json(Streams io) const {
    JsonWriter json(io.out);
    json.begin_report().field("database", database_).field("table", table_.shown());
    json.field("generation", generation_word(table_.generation));
    json.field("now", report_.check.now_ms).field("rows", report_.check.rows);
    json.field("applied", apply_).field("run", report_.run);
    json.field("planned", report_.planned).field("repaired", report_.repaired);
    json.key("repairs").begin_array();
    for (const auto& info : maptable::problem_infos()) {
        const auto count = report_.counts[static_cast<std::size_t>(info.problem)];
        if (count == 0) continue;
        json.begin_object().field("class", info.id).field("problem", info.word);
        json.field("count", count).end_object();
    }
    json.end_array().field("left", left()).field("changedSince", report_.left_alone);
    json.key("changed").begin_array();
    for (const auto& row : report_.changed) json.value(row);
    json.end_array().end_report(report_.left_alone == 0 && report_.check.rows > 0);
}

ExitCode RepairCommand::verdict(Streams io) const {
    auto code =
        left() > 0 || (!apply_ && report_.planned > 0) ? ExitCode::differences : ExitCode::ok;
    for (const auto& row : report_.changed) {
        io.err.warning(row + ": left alone, it was changed since it was read");
    }
    if (report_.left_alone > 0) {
        io.err.error(counted(report_.left_alone, "row was", "rows were") +
                     " left alone: run it again");
        code = worse_of(code, ExitCode::incomplete);
    }
    if (report_.check.rows == 0) {
        io.err.error(table_.shown() + ": nothing was checked");
        code = worse_of(code, ExitCode::incomplete);
    }
    return code;
}

Result<ExitCode> RepairCommand::list(pg::Connection& connection, Streams io) const {
    auto runs = pg::list_repairs(connection, table_);
    if (!runs) return std::move(runs).error();
    if (json_) {
        JsonWriter json(io.out);
        json.begin_report().field("database", database_).field("table", table_.shown());
        json.key("runs").begin_array();
        for (const auto& run : *runs) {
            json.begin_object().field("run", run.run).field("began", run.began);
            json.field("rows", run.rows).field("undone", run.undone);
            json.field("problems", run.problems).end_object();
        }
        json.end_array().end_report(true);
        return ExitCode::ok;
    }
    Table table({{"Run"},
                 {"Began"},
                 {"Rows", Table::Align::right},
                 {"Undone", Table::Align::right},
                 {"Problems"}});
    for (const auto& run : *runs) {
        table.add_row({run.run, run.began, run.rows, run.undone, run.problems});
    }
    if (!table.empty()) table.print(io.out);
    if (runs->empty()) io.err.note(table_.shown() + " was never repaired");
    return ExitCode::ok;
}

Result<ExitCode> RepairCommand::undo(pg::Connection& connection, Streams io) const {
    pg::UndoReport report;
    TOPGUN_TRY(pg::undo_repairs(connection, table_, undo_, force_, report));
    if (json_) {
        JsonWriter json(io.out);
        json.begin_report().field("database", database_).field("table", table_.shown());
        json.field("run", undo_).field("restored", report.restored);
        json.field("refused", report.refused).key("refusals").begin_array();
        for (const auto& row : report.refusals) json.value(row);
        json.end_array().end_report(report.refused == 0);
    }
    for (const auto& row : report.refusals) {
        io.err.warning(row + ": left alone, it was changed since the repair");
    }
    io.err.note(table_.shown() + ": " + counted(report.restored, "row", "rows") +
                " put back as they were before run " + undo_);
    if (report.refused == 0) return ExitCode::ok;
    io.err.error(counted(report.refused, "row was", "rows were") +
                 " left alone; --force puts them back all the same");
    return ExitCode::incomplete;
}

}  // namespace topgun::cli
