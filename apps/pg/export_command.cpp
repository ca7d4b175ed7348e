// SPDX-License-Identifier: Apache-2.0
#include "export_command.hpp"

#include "common/options.hpp"
#include "common/progress.hpp"
#include "common/signals.hpp"
#include "common/sources.hpp"
#include "common/text.hpp"
#include "database_options.hpp"

namespace topgun::cli {

void ExportCommand::add_options(CLI::App& app) {
    add_database_argument(app, options_.url);
    add_output_option(app, options_.output, "The snapshot to write")->required();
    add_repeatable_option(app, "-m,--map", options_.maps, "Only this map; may be repeated", "MAP");
    app.add_flag("--salvage", options_.keep_going,
                 "Pass over rows that cannot be decoded and report them (exit 4)");
    add_json_option(app, json_);
}

Result<ExitCode> ExportCommand::run(Streams io) {
    const CancelScope stoppable;
    Progress progress(io, "exporting");
    options_.stop = [] { return cancel_requested(); };
    options_.progress = [&progress](std::uint64_t rows) -> Status {
        progress.add(rows);
        return {};
    };
    auto report = pg::export_table(options_);
    if (!report) return std::move(report).error();
    progress.finish();
    return tell(*report, io);
}

Result<ExitCode> ExportCommand::tell(const pg::ExportReport& report, Streams io) const {
    auto snapshot = SnapshotReader::open(options_.output);
    if (!snapshot) return std::move(snapshot).error();
    ReadReport read;
    read.path = report.database;
    read.damage = report.read.damage;
    auto code = tell_damage(read, io);
    if (!tell_missing_maps(options_.maps, {snapshot->get()}, io)) code = ExitCode::incomplete;
    if (json_) {
        TOPGUN_TRY(write_json(**snapshot, report, io));
        return code;
    }
    io.err.note(options_.output + ": " + counted(report.written.rows, "record", "records") +
                " of " + counted((*snapshot)->maps().size(), "map", "maps") + ", " +
                human_bytes(report.written.file_bytes) + ", state " + hex(report.written.state));
    return code;
}

Status ExportCommand::write_json(const SnapshotReader& snapshot, const pg::ExportReport& report,
                                 Streams io) const {
    JsonWriter json(io.out);
    json.begin_report().field("database", report.database).field("table", report.table.shown());
    json.field("generation", generation_word(report.table.generation));
    json.key("rows").begin_object().field("read", report.read.rows);
    json.field("skipped", report.read.skipped).field("damaged", report.read.damaged).end_object();
    json.key("damage").begin_array();
    for (const auto& what : report.read.damage) json.value(what);
    json.end_array().field("output", options_.output);
    json.field("records", report.written.rows).field("bytes", report.written.file_bytes);
    json.field("stateHash", hex(report.written.state)).key("maps").begin_array();
    for (const auto& id : snapshot.maps()) {
        auto facts = snapshot.summary(id);
        if (!facts) return std::move(facts).error();
        json.begin_object().field("name", id.name).field("kind", map_kind_name(id.kind));
        json.field("records", (*facts)->records).field("tombstones", (*facts)->tombstones);
        json.field("merkleRoot", (*facts)->root).end_object();
    }
    json.end_array().end_report(report.read.damaged == 0);
    return {};
}

}  // namespace topgun::cli
