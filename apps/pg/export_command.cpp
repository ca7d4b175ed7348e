// SPDX-License-Identifier: Apache-2.0
#include "export_command.hpp"

#include <optional>

#include "common/options.hpp"
#include "common/progress.hpp"
#include "common/signals.hpp"
#include "common/size_option.hpp"
#include "common/sources.hpp"
#include "common/text.hpp"
#include "database_options.hpp"

namespace topgun::cli {
namespace {

constexpr std::uint64_t kLeastMemory = std::uint64_t{1} << 20;

// One line for each stage of the export.
class StageProgress {
public:
    explicit StageProgress(Streams io) : io_(io) {}
    void stage(pg::ExportStage stage, std::uint64_t total) {
        if (line_ && stage == stage_) {
            line_->set_total(total);
            return;
        }
        stage_ = stage;
        line_.emplace(io_, stage == pg::ExportStage::reading ? "reading" : "writing", total);
    }
    void add(std::uint64_t count) { line_->add(count); }

private:
    Streams io_;
    pg::ExportStage stage_ = pg::ExportStage::reading;
    std::optional<Progress> line_;
};

}  // namespace

void ExportCommand::add_options(CLI::App& app) {
    add_database_argument(app, options_.url);
    add_output_option(app, options_.output, "The snapshot to write")->required();
    add_repeatable_option(app, "-m,--map", options_.maps, "Only this map; may be repeated", "MAP");
    add_jobs_option(app, options_.jobs, "Connections that read (2)");
    add_size_option(app, "--memory", options_.memory,
                    "Memory for rows before they go to files beside the output (256M)");
    app.add_flag("--resume", options_.resume,
                 "Take up what an interrupted export left, and read the rest");
    app.add_flag("--salvage", options_.keep_going,
                 "Pass over rows that cannot be decoded and report them (exit 4)");
    add_json_option(app, json_);
}

Status ExportCommand::check() const {
    if (options_.output == "-" || !options_.output.ends_with(kSnapshotExtension)) {
        return Error(Errc::usage, "--output: a name that ends in .tgs is expected");
    }
    if (options_.memory < kLeastMemory) {
        return Error(Errc::usage, "--memory: at least 1M is expected");
    }
    return {};
}

Result<ExitCode> ExportCommand::run(Streams io) {
    TOPGUN_TRY(check());
    const CancelScope stoppable;
    std::optional<StageProgress> progress(io);
    options_.stop = [] { return cancel_requested(); };
    options_.stage = [&progress](auto stage, std::uint64_t total) {
        progress->stage(stage, total);
    };
    options_.progress = [&progress](std::uint64_t count) { progress->add(count); };
    options_.note = [io](const std::string& text) { io.err.note(text); };
    auto report = pg::export_table(options_);
    progress.reset();
    if (report) return tell(*report, io);
    tell_kept(io);
    return std::move(report).error();
}

void ExportCommand::tell_kept(Streams io) const {
    const auto kept = pg::kept_parts(options_.output);
    if (!kept || !*kept) return;
    io.err.note(counted((*kept)->rows, "row is", "rows are") + " kept in " + (*kept)->folder +
                "; the same command with --resume reads the rest");
}

Result<ExitCode> ExportCommand::tell(const pg::ExportReport& report, Streams io) const {
    auto snapshot = SnapshotReader::open(options_.output);
    if (!snapshot) return std::move(snapshot).error();
    ReadReport read;
    read.path = report.database;
    read.damage = report.read.damage;
    auto code = tell_damage(read, io);
    if (!tell_missing_maps(options_.maps, {snapshot->get()}, io)) code = ExitCode::incomplete;
    if (report.moments.size() > 1) {
        io.err.warning("this state is of several moments, from " +
                       format_utc(report.moments.front()) + " to " +
                       format_utc(report.moments.back()) +
                       ": a row that was deleted between them may be in it");
    }
    if (json_) {
        TOPGUN_TRY(write_json(**snapshot, report, code == ExitCode::ok, io));
    } else {
        write_text(report, io);
    }
    return code;
}

void ExportCommand::write_text(const pg::ExportReport& report, Streams io) const {
    const auto& read = report.read;
    auto text = report.table.shown() + ": " + counted(read.rows, "row", "rows") + " read";
    if (read.skipped > 0) text += ", " + human_count(read.skipped) + " without any record";
    if (read.damaged > 0) text += ", " + human_count(read.damaged) + " damaged";
    if (report.superseded > 0) text += ", " + human_count(report.superseded) + " ops superseded";
    io.err.note(text);
    io.err.note(options_.output + ": " + counted(report.written.rows, "record", "records") + ", " +
                human_bytes(report.written.file_bytes) + ", state " + hex(report.written.state) +
                ", verified");
}

Status ExportCommand::write_json(const SnapshotReader& snapshot, const pg::ExportReport& report,
                                 bool complete, Streams io) const {
    JsonWriter json(io.out);
    json.begin_report().field("database", report.database).field("table", report.table.shown());
    json.field("generation", generation_word(report.table.generation));
    json.key("moments").begin_array();
    for (const auto millis : report.moments) json.value(format_utc(millis));
    json.end_array().key("rows").begin_object().field("read", report.read.rows);
    json.field("skipped", report.read.skipped).field("damaged", report.read.damaged).end_object();
    json.key("damage").begin_array();
    for (const auto& what : report.read.damage) json.value(what);
    json.end_array().field("supersededOps", report.superseded).field("parts", report.parts);
    json.field("output", options_.output).field("records", report.written.rows);
    json.field("bytes", report.written.file_bytes);
    json.field("stateHash", hex(report.written.state)).key("maps").begin_array();
    for (const auto& id : snapshot.maps()) {
        auto facts = snapshot.summary(id);
        if (!facts) return std::move(facts).error();
        json.begin_object().field("name", id.name).field("kind", map_kind_name(id.kind));
        json.field("records", (*facts)->records).field("tombstones", (*facts)->tombstones);
        json.field("merkleRoot", (*facts)->root).end_object();
    }
    json.end_array().end_report(complete);
    return {};
}

}  // namespace topgun::cli
