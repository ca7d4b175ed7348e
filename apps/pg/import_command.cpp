// SPDX-License-Identifier: Apache-2.0
#include "import_command.hpp"

#include <unistd.h>

#include <set>

#include "common/options.hpp"
#include "common/progress.hpp"
#include "common/signals.hpp"
#include "common/temporary.hpp"
#include "common/text.hpp"
#include "database_options.hpp"
#include "topgun/source/remote.hpp"

namespace topgun::cli {
namespace {

// Of the ops of a source, until they go to a temporary.
constexpr std::uint64_t kGatheredMax = std::uint64_t{256} << 20;

// Rows that an import sends, as far as the state says without being read.
std::uint64_t rows_of(const StateReader& state) {
    std::uint64_t rows = 0;
    for (const auto& map : state.maps()) {
        if (auto facts = state.summary(map)) rows += (*facts)->records;
    }
    return rows;
}

}  // namespace

void ImportCommand::add_options(CLI::App& app) {
    add_source_argument(app, "source", source_, "What to import: any source");
    add_database_argument(app, options_.url);
    add_reading_options(app, reading_);
    using enum maptable::Generation;
    add_choice_option(app, "--create", options_.create, {{"rust", bytea}, {"typescript", jsonb}},
                      "Server whose table is made when there is none (rust)");
    add_jobs_option(app, options_.jobs, "Connections that write beside each other");
    app.add_flag("--overwrite", options_.writing.overwrite,
                 "Replace what is there, also where it is newer");
    app.add_flag("--no-verify", unverified_, "Do not read the table again to prove the result");
    add_json_option(app, json_);
}

Result<ExitCode> ImportCommand::run(Streams io) {
    const CancelScope stoppable;
    auto reading = read_options(reading_);
    if (!reading) return std::move(reading).error();
    options_.maps = reading->maps;
    options_.stop = [] { return cancel_requested(); };
    auto source = FoundSource::find(source_, reading->format);
    if (!source) return std::move(source).error();
    // A snapshot is sorted and says what is in it: one that was interrupted can be gone on with.
    TOPGUN_TRY(source->format() == Format::snapshot ? import_snapshot(*source, *reading, io)
                                                    : import_ops(*source, *reading, io));
    for (const auto& refusal : report_.written.refusals) io.err.warning("not written: " + refusal);
    if (missing_ && missing_->changes() != 0) code_ = ExitCode::differences;
    if (report_.written.refused != 0) code_ = worse_of(code_, ExitCode::incomplete);
    if (json_) {
        write_json(code_ == ExitCode::ok, io);
    } else {
        tell(io);
    }
    return code_;
}

Status ImportCommand::import_snapshot(const FoundSource& source, const ReadOptions& reading,
                                      Streams io) {
    auto opened = source.open(reading);
    if (!opened) return std::move(opened).error();
    const auto& state = *opened->state;
    code_ = tell_damage(opened->report, io);
    if (!tell_missing_maps(reading.maps, {&state}, io)) code_ = ExitCode::incomplete;
    {
        Progress progress(io, "importing", rows_of(state));
        options_.progress = [&progress](std::uint64_t rows) -> Status {
            progress.add(rows);
            return {};
        };
        auto report = pg::import_state(state, options_);
        if (!report) return std::move(report).error();
        report_ = std::move(*report);
    }
    return unverified_ ? Status() : verify(state, io);
}

// What is read is kept aside, too, so that the table can be compared with it.
Status ImportCommand::import_ops(const FoundSource& source, ReadOptions reading, Streams io) {
    const auto folder = temporary_folder();
    if (!folder) return folder.error().clone();
    pg::GatheredState all(*folder, kGatheredMax);
    const bool overwrite = options_.writing.overwrite;
    const StateReader* state = nullptr;
    std::set<std::string, std::less<>> met;
    ReadReport read;
    {
        Progress progress(io, "importing " + shown_name(source_), 0, Progress::Unit::bytes);
        reading.progress = [&progress](std::uint64_t bytes) -> Status {
            progress.add(bytes);
            return {};
        };
        const auto read_all = [&](const OpVisitor& visit) -> Status {
            auto done = source.read_state_ops(reading, [&](const Op& op) -> Status {
                if (!met.contains(op.map)) met.emplace(op.map);
                if (!unverified_ || overwrite) TOPGUN_TRY(all.take(op));
                return overwrite ? Status() : visit(op);
            });
            if (!done) return std::move(done).error();
            read = std::move(*done);
            return {};
        };
        auto report =
            overwrite ? overwrite_by(read_all, all, state) : pg::import_ops(read_all, options_);
        if (!report) return std::move(report).error();
        report_ = std::move(*report);
    }
    code_ = tell_damage(read, io);
    for (const auto& map : reading.maps) {
        if (met.contains(map)) continue;
        io.err.error("no map '" + printable(map) + "' in the source");
        code_ = ExitCode::incomplete;
    }
    if (unverified_) return {};
    if (state == nullptr) {
        auto finished = all.finish();
        if (!finished) return std::move(finished).error();
        state = *finished;
    }
    return verify(*state, io);
}

// A key is replaced once, by all that the source has of it, however far apart that stands there.
Result<pg::ImportReport> ImportCommand::overwrite_by(const pg::OpReader& read,
                                                     pg::GatheredState& all,
                                                     const StateReader*& state) const {
    TOPGUN_TRY(read({}));
    auto finished = all.finish();
    if (!finished) return std::move(finished).error();
    state = *finished;
    return pg::import_state(*state, options_);
}

Status ImportCommand::verify(const StateReader& state, Streams io) {
    Progress progress(io, "verifying", rows_of(state));
    const auto folder = temporary_folder();
    if (!folder) return folder.error().clone();
    const auto scratch = *folder + "/topgun-import-" + std::to_string(::getpid()) + ".tgs";
    auto missing = pg::verify_import(state, options_, report_.written.refused_rows, scratch);
    if (!missing) return std::move(missing).error().within("verifying");
    missing_ = *missing;
    return {};
}

void ImportCommand::tell(Streams io) const {
    const auto& written = report_.written;
    if (report_.created) io.err.note(report_.table.shown() + ": created");
    if (report_.resumed) io.err.note("went on where an earlier import of the same state ended");
    if (report_.restarted) {
        io.err.note(
            "the table was made anew or emptied since an earlier import of the same state,"
            " which is not gone on with");
    }
    io.err.note(report_.table.shown() + ": " + counted(written.inserted, "row", "rows") +
                " inserted, " + human_count(written.updated) + " updated, " +
                human_count(written.removed) + " removed, " + human_count(written.unchanged) +
                " unchanged" +
                (written.tombstones == 0
                     ? std::string()
                     : ", " + counted(written.tombstones, "tombstone", "tombstones") + " beside"));
    if (!missing_) return;
    if (missing_->changes() == 0) {
        io.err.note("verified: every record is there");
    } else {
        io.err.warning(counted(missing_->changes(), "record is", "records are") +
                       " not there as imported; another writer may have replaced them meanwhile");
    }
}

void ImportCommand::write_json(bool complete, Streams io) const {
    const auto& written = report_.written;
    JsonWriter json(io.out);
    json.begin_report().field("source", source_).field("database", report_.database);
    json.field("table", report_.table.shown()).field("created", report_.created);
    json.field("resumed", report_.resumed).field("restarted", report_.restarted);
    json.field("rows", report_.rows);
    json.field("inserted", written.inserted).field("updated", written.updated);
    json.field("removed", written.removed).field("tombstones", written.tombstones);
    json.field("unchanged", written.unchanged).field("refused", written.refused);
    json.key("refusals").begin_array();
    for (const auto& refusal : written.refusals) json.value(refusal);
    json.end_array().field("retries", written.retries);
    if (missing_) json.field("verified", missing_->equal).field("missing", missing_->changes());
    json.end_report(complete);
}

}  // namespace topgun::cli
