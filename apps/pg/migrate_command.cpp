// SPDX-License-Identifier: Apache-2.0
#include "migrate_command.hpp"

#include "common/json_writer.hpp"
#include "common/options.hpp"
#include "common/progress.hpp"
#include "common/signals.hpp"
#include "common/temporary.hpp"
#include "common/text.hpp"
#include "database_options.hpp"

namespace topgun::cli {
namespace {

std::uint64_t differences(const MapDifference& map) {
    return map.only_a + map.newer_a + map.same_stamp + map.removed_only_a;
}

}  // namespace

void MigrateCommand::add_options(CLI::App& app) {
    add_database_argument(app, options_.from);
    using enum maptable::Generation;
    add_choice_option(app, "--to", options_.to,
                      {{"rust", bytea}, {"typescript", jsonb}, {"ts", jsonb}},
                      "The server that the new table is for")
        ->required();
    app.add_option("--into", options_.into,
                   "Another place for the new table; a table beside the old one otherwise")
        ->type_name("DATABASE");
    using enum pg::TombstoneForm;
    add_choice_option(app, "--tombstones", options_.tombstones,
                      {{"beside", beside}, {"rows", rows}, {"none", none}},
                      "Where LWW tombstones go in a table of the Rust server (beside)");
    app.add_flag("--swap", options_.swap,
                 "In the end give the new table the old one's name, and keep the old one");
    app.add_flag("--prune", options_.prune,
                 "Remove from the new table what the old one has not, or not any more");
    app.add_flag("--salvage", options_.keep_going,
                 "Pass over rows that cannot be decoded and report them (exit 4)");
    add_json_option(app, json_);
}

Result<ExitCode> MigrateCommand::run(Streams io) {
    const CancelScope stoppable;
    auto scratch = temporary_folder();
    if (!scratch) return std::move(scratch).error();
    options_.scratch = std::move(*scratch);
    options_.stop = [] { return cancel_requested(); };
    Progress progress(io, "migrating");
    options_.progress = [&progress](std::uint64_t rows) -> Status {
        progress.add(rows);
        return {};
    };
    auto report = pg::migrate_table(options_);
    if (!report) return std::move(report).error();
    progress.finish();
    for (const auto& what : report->read.damage) io.err.warning("not read: " + what);
    for (const auto& what : report->written.refusals) io.err.warning("not written: " + what);
    auto code = ExitCode::ok;
    if (!pg::migration_complete(*report)) code = ExitCode::differences;
    if (report->read.damaged + report->written.refused != 0) code = ExitCode::incomplete;
    if (json_) {
        write_json(*report, code == ExitCode::ok, io);
    } else {
        tell(*report, io);
    }
    return code;
}

void MigrateCommand::tell(const pg::MigrateReport& report, Streams io) const {
    const auto& written = report.written;
    io.err.note(report.from.shown() + ": " + counted(report.read.rows, "row", "rows") + " read");
    io.err.note(report.to.shown() + (report.created ? ": created, " : ": ") +
                counted(written.inserted, "row", "rows") + " inserted, " +
                human_count(written.updated) + " updated, " + human_count(written.unchanged) +
                " unchanged");
    if (report.tombstones != 0 && options_.to == maptable::Generation::bytea) {
        const auto* became = options_.tombstones == pg::TombstoneForm::beside
                                 ? ", kept beside, where the server does not look: a client that "
                                   "still has the record brings it back"
                             : options_.tombstones == pg::TombstoneForm::rows
                                 ? ", written as records with Null"
                                 : ", left out: a client that still has the record brings it back";
        io.err.note(counted(report.tombstones, "LWW tombstone", "LWW tombstones") + became);
    }
    if (written.removed_tags != 0 && options_.to == maptable::Generation::bytea) {
        io.err.note(counted(written.removed_tags, "removed tag", "removed tags") +
                    " without a known key, kept beside; records with them are left out");
    }
    if (written.inexact != 0) {
        io.err.note(counted(written.inexact, "value", "values") +
                    " that the server will see only nearly; the exact ones are kept beside");
    }
    for (const auto& map : report.verified.maps) {
        const auto missing = differences(map);
        if (missing == 0 || missing == report.left_out) continue;
        io.err.warning("map " + map.map.name + ": " + counted(missing, "record", "records") +
                       " of the old table not in the new one; run it again if the old one was "
                       "written to meanwhile");
    }
    if (report.pruned != 0) {
        io.err.note(counted(report.pruned, "record", "records") +
                    " that the old table has not taken out of the new one");
    }
    if (report.surplus != 0) {
        io.err.warning(counted(report.surplus, "record", "records") +
                       " of the new table not in the old one, or newer: removed there since an "
                       "earlier run, or written to the new one; --prune takes them out");
    }
    for (const auto& what : report.left_behind) {
        io.err.warning(what + ": stays with the old table");
    }
    if (pg::migration_complete(report)) io.err.note("verified: every record is there");
    if (!report.kept_as.empty()) {
        io.err.note(report.from.shown() + ": is the new table now; the old one is " +
                    report.kept_as);
    }
}

void MigrateCommand::write_json(const pg::MigrateReport& report, bool complete, Streams io) const {
    const auto& written = report.written;
    JsonWriter json(io.out);
    json.begin_report().key("from").begin_object().field("database", report.from_database);
    json.field("table", report.from.shown()).end_object().key("to").begin_object();
    json.field("database", report.to_database).field("table", report.to.shown());
    json.field("created", report.created).end_object().field("rows", report.read.rows);
    json.field("damaged", report.read.damaged).field("inserted", written.inserted);
    json.field("updated", written.updated).field("unchanged", written.unchanged);
    json.field("refused", written.refused).field("tombstones", report.tombstones);
    json.field("tombstonesLeftOut", report.left_out).field("removedTags", written.removed_tags);
    json.field("inexactValues", written.inexact).key("maps").begin_array();
    for (const auto& map : report.verified.maps) {
        json.begin_object().field("name", map.map.name).field("kind", map_kind_name(map.map.kind));
        json.field("merkleRootOld", map.root_a).field("merkleRootNew", map.root_b);
        json.field("equal", map.content_equal).field("missing", differences(map)).end_object();
    }
    json.end_array().field("surplus", report.surplus).field("pruned", report.pruned);
    json.key("leftBehind").begin_array();
    for (const auto& what : report.left_behind) json.value(what);
    json.end_array().field("verified", pg::migration_complete(report));
    if (!report.kept_as.empty()) json.field("oldTable", report.kept_as);
    json.end_report(complete);
}

}  // namespace topgun::cli
