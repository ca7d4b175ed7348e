// SPDX-License-Identifier: Apache-2.0
// topgun-cli replay: applies offline batches to a snapshot, a data directory, an endpoint or a
// database.
#include <chrono>
#include <filesystem>
#include <set>
#include <span>
#include <thread>

#include "common/command.hpp"
#include "common/conflicts.hpp"
#include "common/signals.hpp"
#include "common/sources.hpp"
#include "common/text.hpp"
#include "topgun/clock/hlc.hpp"
#include "topgun/reconcile/diff.hpp"
#include "topgun/reconcile/merge.hpp"
#include "topgun/source/remote.hpp"
#include "topgun/storage/data_directory.hpp"

namespace topgun::cli {
namespace {

// Gives every op a new stamp in order of arrival, as TopGun's own server does.
class Restamper {
public:
    static Result<Restamper> create(const std::string& node) {
        auto clock = Hlc::create(node);
        if (!clock) return std::move(clock).error();
        return Restamper(std::move(*clock));
    }
    Op operator()(const Op& op) {
        Op out = op;
        if (op.kind == OpKind::counter || op.kind == OpKind::or_remove) return out;
        stamp_ = clock_.now();
        out.stamp = stamp_.view();
        if (op.kind == OpKind::or_add) {
            // A tag is its add's stamp, so it changes with it.
            tag_ = format_stamp(out.stamp);
            out.tag = tag_;
        }
        return out;
    }

private:
    explicit Restamper(Hlc clock) : clock_(std::move(clock)) {}
    Hlc clock_;
    Timestamp stamp_;
    std::string tag_;
};

// Keeps to a number of ops a second by sleeping when ahead.
class RateLimit {
public:
    explicit RateLimit(std::uint64_t per_second) : per_second_(per_second) {}
    void wait(std::uint64_t done) const {
        if (per_second_ == 0) return;
        const auto due = start_ + std::chrono::milliseconds(done * 1000 / per_second_);
        std::this_thread::sleep_until(due);
    }

private:
    std::uint64_t per_second_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

class Replay final : public Command {
public:
    const char* name() const noexcept override { return "replay"; }
    const char* summary() const noexcept override {
        return "Apply offline batches and logs to a snapshot or a data directory";
    }
    const char* examples() const noexcept override {
        return "topgun-cli replay missing.tgl --into nodeB.tgs\n"
               "topgun-cli replay phone.msgpack tablet.ndjson --into ./data\n"
               "topgun-cli replay ops.tgl --into restored.tgs --until 2026-01-31T12:00:00Z";
    }
    void add_options(CLI::App& app) override {
        add_source_arguments(app, "logs", paths_, "The batches to apply, in order");
        app.add_option("--into", into_,
                       "Snapshot, data directory, endpoint (ws://) or database (postgres://) to "
                       "apply them to")
            ->type_name("SINK")
            ->required();
        add_moment_option(app, "--until", until_,
                          "Stop at this moment: only ops stamped up to it, inclusive");
        add_count_option(app, "--rate", rate_, "At most this many ops a second");
        app.add_flag("--restamp", restamp_,
                     "Give each op a new stamp in order of arrival, as TopGun's server does");
        app.add_option("--node", node_, "Node id for --restamp and for a new log")
            ->type_name("NODE");
        add_conflict_options(app, conflicts_);
        add_dry_run_option(app, dry_run_);
        add_reading_options(app, reading_);
        add_json_option(app, json_);
    }

    Result<ExitCode> run(Streams io) override {
        TOPGUN_TRY(check_stdout_taken_once(conflicts_, false, json_));
        auto options = read_options(reading_);
        if (!options) return std::move(options).error();
        options->until = until_;
        const bool directory = into_.ends_with('/') || std::filesystem::is_directory(into_);
        auto format = Format::data_directory;
        if (!directory) {
            auto by_name = format_for_writing(into_);
            if (!by_name) return std::move(by_name).error();
            format = *by_name;
        }
        if (format != Format::snapshot && format != Format::data_directory && !is_remote(into_)) {
            return Error(Errc::usage,
                         "--into takes a snapshot (.tgs), a data directory, an endpoint (ws://) "
                         "or a database (postgres://), not " +
                             std::string(format_name(format)));
        }
        auto recorder = ConflictRecorder::create(conflicts_, io);
        if (!recorder) return std::move(recorder).error();
        std::optional<Restamper> restamper;
        if (restamp_) {
            auto made = Restamper::create(node_);
            if (!made) return std::move(made).error();
            restamper.emplace(std::move(*made));
        }
        restamper_ = restamper ? &*restamper : nullptr;
        auto worst = ExitCode::ok;
        auto done = format == Format::snapshot ? into_snapshot(*options, **recorder, io, worst)
                    : is_remote(into_)         ? into_remote(*options, io, worst)
                                               : into_directory(*options, **recorder, io, worst);
        if (!done) return std::move(done).error();
        TOPGUN_TRY((*recorder)->finish());
        for (const auto& name : reading_.source.maps) {
            if (maps_met_.contains(name)) continue;
            io.err.error("no op on map '" + printable(name) + "' in what was read");
            worst = worse_of(worst, ExitCode::incomplete);
        }
        report(io, **recorder, worst);
        return worst;
    }

private:
    // Reads all batches op by op, paced and restamped as asked for.
    Status each_op(const ReadOptions& options, Streams io, ExitCode& worst,
                   const OpVisitor& visit) {
        const RateLimit pace(rate_);
        const CancelScope cancellable;
        Progress progress(io, "replaying", 0, Progress::Unit::ops);
        for (const auto& path : paths_) {
            auto report = read_ops(path, options, [&](const Op& op) -> Status {
                if (cancel_requested()) {
                    return Error(Errc::cancelled, "interrupted after " + human_count(ops_) +
                                                      " ops; run it again to go on");
                }
                if (maps_met_.size() < reading_.source.maps.size()) maps_met_.emplace(op.map);
                TOPGUN_TRY(visit(restamper_ != nullptr ? (*restamper_)(op) : op));
                progress.add();
                pace.wait(++ops_);
                return {};
            });
            if (!report) return std::move(report).error();
            worst = worse_of(worst, tell_damage(*report, io));
        }
        return {};
    }

    Status into_snapshot(const ReadOptions& options, ConflictRecorder& recorder, Streams io,
                         ExitCode& worst) {
        Replica incoming;
        TOPGUN_TRY(each_op(options, io, worst, [&](const Op& op) -> Status {
            auto merged = incoming.apply(op, &recorder);
            return merged ? Status() : Status(std::move(merged).error());
        }));
        const auto fresh = read_replica(incoming);
        std::vector<const StateReader*> states{fresh.get()};
        // What another process merges into the same file at this moment must not be lost.
        auto lock = FileLock::wait_for_folder_of(into_);
        if (!lock) return std::move(lock).error();
        Source base;
        if (std::filesystem::exists(into_)) {
            auto opened = open_source(into_);
            if (!opened) return std::move(opened).error();
            base = std::move(*opened);
            states.insert(states.begin(), base.state.get());
            auto counts = count_incoming(*fresh, *base.state);
            if (!counts) return std::move(counts).error();
            counts_ = *counts;
        } else {
            auto counts = count_all(*fresh);
            if (!counts) return std::move(counts).error();
            counts_ = *counts;
        }
        MergeOptions merging;
        merging.observer = &recorder;
        const auto merged = merge_states(states, merging);
        if (dry_run_ || (base.state && counts_.changes() == 0)) return hear_conflicts(*merged);
        auto written = write_state(*merged, into_, Format::snapshot);
        if (!written) return std::move(written).error();
        state_ = written->state;
        return {};
    }

    static Result<IncomingCounts> count_all(const StateReader& state) {
        IncomingCounts counts;
        for (const auto& id : state.maps()) {
            auto facts = state.facts(id);
            if (!facts) return std::move(facts).error();
            counts.added += (*facts)->records;
            if (id.kind == MapKind::or_map) counts.removed += (*facts)->tombstones;
        }
        return counts;
    }

    Status into_directory(const ReadOptions& options, ConflictRecorder& recorder, Streams io,
                          ExitCode& worst) {
        DataDirectoryOptions opening;
        opening.node = node_;
        opening.read_only = dry_run_;
        // The directory merges by itself; a replica beside it hears what loses, and rehearses.
        Replica rehearsal;
        std::unique_ptr<DataDirectory> directory;
        // A directory that is not there yet is not made to find out what it would hold.
        if (!dry_run_ || std::filesystem::exists(into_)) {
            auto opened = DataDirectory::open(into_, opening);
            if (!opened) return std::move(opened).error();
            directory = std::move(*opened);
            for (const auto& damage : directory->recovery().damage) io.err.warning(damage);
            TOPGUN_TRY(rehearsal.apply(*directory->state()));
        }
        const auto take = [&](const Op& op) -> Status {
            auto merged = rehearsal.apply(op, &recorder);
            if (!merged) return std::move(merged).error();
            count(op, *merged);
            if (dry_run_) return {};
            auto stored = directory->append(std::span(&op, 1));
            if (!stored) return std::move(stored).error();
            if (!stored->refusals.empty()) return std::move(stored->refusals.front().error);
            constexpr std::uint64_t kOpsPerSync = 10'000;
            return ops_ % kOpsPerSync == kOpsPerSync - 1 ? directory->flush() : Status();
        };
        auto done = each_op(options, io, worst, take);
        // What was applied before an interruption is kept: applying it again changes nothing.
        if (!dry_run_) TOPGUN_TRY(directory->flush());
        return done;
    }

    // The other side merges; what loses there is not told. What it has may be sent again, so an
    // interrupted replay is finished by running it again.
    Status into_remote(const ReadOptions& options, Streams io, ExitCode& worst) {
        if (!conflicts_.report.empty() || !conflicts_.losers.empty()) {
            return Error(Errc::usage,
                         "this sink does not tell which writes lose: --report and "
                         "--losers need a snapshot or a data directory");
        }
        to_remote_ = true;
        if (dry_run_) return each_op(options, io, worst, [](const Op&) { return Status(); });
        auto writer = OpWriter::create(into_, Format::automatic);
        if (!writer) return std::move(writer).error();
        TOPGUN_TRY(each_op(options, io, worst, [&](const Op& op) { return (*writer)->add(op); }));
        return (*writer)->finish();
    }

    void count(const Op& op, Merged merged) {
        const bool removal = op.kind == OpKind::or_remove;
        switch (merged) {
            case Merged::added: ++(removal ? counts_.removed : counts_.added); break;
            case Merged::replaced: ++(removal ? counts_.removed : counts_.replaced); break;
            case Merged::lost: ++counts_.lost; break;
            case Merged::equal: ++counts_.equal; break;
        }
    }

    void report(Streams io, const ConflictRecorder& recorder, ExitCode worst) const {
        if (json_) {
            JsonWriter json(io.out);
            json.begin_report()
                .field("into", shown_name(into_))
                .field("dryRun", dry_run_)
                .field("ops", ops_);
            json.field("added", counts_.added).field("replaced", counts_.replaced);
            json.field("removedTags", counts_.removed).field("lost", counts_.lost);
            json.field("equal", counts_.equal).key("conflicts");
            recorder.write_json(json);
            if (state_) json.field("stateHash", hex(*state_));
            json.end_report(worst == ExitCode::ok);
            return;
        }
        if (to_remote_) {
            const auto* done = is_endpoint(into_) ? " acknowledged" : " written";
            return io.err.note(shown_name(into_) + ": " + counted(ops_, "op", "ops") +
                               (dry_run_ ? " would be sent" : done));
        }
        std::string text = into_ + ": " + counted(ops_, "op", "ops") + " read, " +
                           counted(counts_.changes(), "change", "changes");
        text += dry_run_ ? " would be made" : " made";
        if (counts_.lost > 0) text += ", " + human_count(counts_.lost) + " lost to newer writes";
        if (counts_.equal > 0) text += ", " + human_count(counts_.equal) + " there already";
        io.err.note(text);
        if (recorder.total() > 0) io.err.note(recorder.summary());
    }

    std::vector<std::string> paths_;
    std::string into_, node_ = "topgun-cli";
    std::optional<Timestamp> until_;
    std::uint64_t rate_ = 0, ops_ = 0;
    std::set<std::string, std::less<>> maps_met_;  // of those asked for
    bool restamp_ = false, dry_run_ = false, json_ = false, to_remote_ = false;
    ConflictOptions conflicts_;
    ReadingOptions reading_;
    Restamper* restamper_ = nullptr;
    IncomingCounts counts_;
    std::optional<Hash128> state_;
};

}  // namespace
}  // namespace topgun::cli

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::Replay>(argc, argv);
}
