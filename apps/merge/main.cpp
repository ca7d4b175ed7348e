// SPDX-License-Identifier: Apache-2.0
// topgun-cli merge: the CRDT merge of any sources, with a report of what lost.
#include "common/command.hpp"
#include "common/conflicts.hpp"
#include "common/sources.hpp"
#include "common/table.hpp"
#include "common/text.hpp"
#include "topgun/base/hash.hpp"
#include "topgun/reconcile/diff.hpp"
#include "topgun/reconcile/merge.hpp"
#include "topgun/source/remote.hpp"
#include "topgun/storage/snapshot.hpp"

namespace topgun::cli {
namespace {

class Merge final : public Command {
public:
    const char* name() const noexcept override { return "merge"; }
    const char* summary() const noexcept override {
        return "Merge any sources into one state and report every conflict";
    }
    const char* examples() const noexcept override {
        return "topgun-cli merge nodeA.tgs phone.msgpack --dry-run --report -\n"
               "topgun-cli merge nodeA.tgs nodeB.tgs phone.msgpack -o merged.tgs\n"
               "topgun-cli merge nodeA.tgs phone.msgpack -o merged.tgs --losers lost.tgl";
    }
    void add_options(CLI::App& app) override {
        add_source_arguments(app, "sources", paths_, "The sources to merge, in any order");
        add_output_option(app, output_, "Where to write the merged state");
        add_format_option(app, "--to", to_format_, "Format to write, when the name does not tell");
        add_dry_run_option(app, dry_run_);
        add_conflict_options(app, conflicts_);
        add_moment_option(app, "--until", until_,
                          "Only what was stamped up to this moment, inclusive");
        add_reading_options(app, reading_);
        add_json_option(app, json_);
    }

    Result<ExitCode> run(Streams io) override {
        if (output_.empty() && !dry_run_) {
            return Error(Errc::usage, "name the output with -o, or ask for a --dry-run");
        }
        const bool to_stdout = output_ == "-" && !dry_run_;
        TOPGUN_TRY(check_stdout_taken_once(conflicts_, to_stdout, json_));
        auto options = read_options(reading_);
        if (!options) return std::move(options).error();
        options->until = until_;
        auto format = Format::automatic;
        if (!dry_run_) {
            auto parsed =
                to_format_.empty() ? format_for_writing(output_) : parse_format(to_format_);
            if (!parsed) return std::move(parsed).error();
            format = *parsed;
        }
        auto recorder = ConflictRecorder::create(conflicts_, io);
        if (!recorder) return std::move(recorder).error();
        // What loses within one source, such as a batch that wrote a key twice, is told as well.
        options->observer = recorder->get();
        auto worst = ExitCode::ok;
        std::vector<Source> sources;
        std::vector<const StateReader*> states;
        for (const auto& path : paths_) {
            auto source = open_reported(path, *options, io, worst);
            if (!source) return std::move(source).error();
            sources.push_back(std::move(*source));
            states.push_back(sources.back().state.get());
        }
        if (!tell_missing_maps(reading_.source.maps, states, io)) {
            worst = worse_of(worst, ExitCode::incomplete);
        }
        Progress progress(io, "merging", total_records(sources));
        MergeOptions merging;
        merging.observer = recorder->get();
        merging.progress = [&progress](std::uint64_t rows) -> Status {
            progress.add(rows);
            return {};
        };
        auto merged = merge_states(states, merging);
        if (format == Format::csv) {
            // A table is written in two passes, but each conflict is to be told once.
            TOPGUN_TRY(hear_conflicts(*merged));
            merging.observer = nullptr;
            merged = merge_states(states, merging);
        }
        auto done = dry_run_ ? rehearse(*merged, sources, **recorder, io)
                             : write(*merged, sources, format, **recorder, io);
        if (!done) return std::move(done).error();
        return worst;
    }

private:
    static std::uint64_t total_records(const std::vector<Source>& sources) {
        std::uint64_t sum = 0;
        for (const auto& source : sources) {
            for (const auto& id : source.state->maps()) {
                auto facts = source.state->summary(id);
                if (facts) sum += (*facts)->records;
            }
        }
        return sum;
    }

    Status write(const StateReader& merged, const std::vector<Source>& sources, Format format,
                 ConflictRecorder& recorder, Streams io) {
        auto report = write_state(merged, output_, format, stdout_writer(io));
        if (!report) return std::move(report).error();
        TOPGUN_TRY(recorder.finish());
        if (output_ == "-") return {};
        if (json_) {
            JsonWriter json(io.out);
            begin_json(json, sources, recorder);
            json.field("output", output_).field("format", format_name(format));
            json.field("rows", report->rows);
            if (report->state) json.field("stateHash", hex(*report->state));
            if (format == Format::snapshot) TOPGUN_TRY(result_maps_json(json));
            json.end_report(complete(sources));
        } else {
            std::string text = output_ + ": " + counted(report->rows, "record", "records");
            if (report->state) text += ", state " + hex(*report->state);
            io.err.note(text);
            io.err.note(recorder.summary());
        }
        return {};
    }

    // The snapshot just written knows its roots: reading them costs a directory.
    Status result_maps_json(JsonWriter& json) {
        auto snapshot = SnapshotReader::open(output_);
        if (!snapshot) return std::move(snapshot).error();
        json.key("maps").begin_array();
        for (const auto& id : (*snapshot)->maps()) {
            auto facts = (*snapshot)->summary(id);
            if (!facts) return std::move(facts).error();
            map_json(json, **facts);
        }
        json.end_array();
        return {};
    }

    static void map_json(JsonWriter& json, const MapFacts& facts) {
        json.begin_object()
            .field("name", facts.id.name)
            .field("kind", map_kind_name(facts.id.kind));
        json.field("records", facts.records).field("tombstones", facts.tombstones);
        json.field("merkleRoot", facts.root).end_object();
    }

    // Everything but the writing: the same conflicts, and what each source would bring to the
    // first.
    Status rehearse(const StateReader& merged, const std::vector<Source>& sources,
                    ConflictRecorder& recorder, Streams io) {
        std::vector<MapFacts> results;
        for (const auto& id : merged.maps()) {
            FactsBuilder builder(id);
            const auto take = [&builder](const Row& row) { builder.add(row); };
            auto removed = merged.removed_tags(id);
            if (!removed) return std::move(removed).error();
            TOPGUN_TRY(for_each_row(**removed, take));
            auto rows = merged.rows(id, {HashRange{}});
            if (!rows) return std::move(rows).error();
            TOPGUN_TRY(for_each_row(**rows, take));
            results.push_back(builder.finish());
        }
        TOPGUN_TRY(recorder.finish());
        std::vector<const MapFacts*> all;
        for (const auto& facts : results) all.push_back(&facts);
        const auto state = hex(state_hash(all));
        if (json_) {
            JsonWriter json(io.out);
            begin_json(json, sources, recorder);
            json.field("dryRun", true).field("stateHash", state);
            TOPGUN_TRY(incoming_json(json, sources));
            json.key("maps").begin_array();
            for (const auto& facts : results) map_json(json, facts);
            json.end_array().end_report(complete(sources));
            return {};
        }
        return print_rehearsal(sources, results, state, recorder, io);
    }

    Status incoming_json(JsonWriter& json, const std::vector<Source>& sources) {
        json.key("incoming").begin_array();
        for (std::size_t i = 1; i < sources.size(); ++i) {
            auto counts = count_incoming(*sources[i].state, *sources[0].state);
            if (!counts) return std::move(counts).error();
            json.begin_object()
                .field("source", shown_name(paths_[i]))
                .field("added", counts->added);
            json.field("replaced", counts->replaced).field("lost", counts->lost);
            json.field("equal", counts->equal).field("removedTags", counts->removed).end_object();
        }
        json.end_array();
        return {};
    }

    Status print_rehearsal(const std::vector<Source>& sources, const std::vector<MapFacts>& results,
                           const std::string& state, ConflictRecorder& recorder, Streams io) {
        auto& out = io.out;
        if (conflicts_.report == "-" && recorder.total() > 0) out << '\n';
        if (sources.size() > 1) {
            Table incoming({{"Into " + printable(shown_name(paths_[0]))},
                            {"Adds", Table::Align::right},
                            {"Replaces", Table::Align::right},
                            {"Removes tags", Table::Align::right},
                            {"Loses", Table::Align::right},
                            {"Already there", Table::Align::right}});
            for (std::size_t i = 1; i < sources.size(); ++i) {
                auto counts = count_incoming(*sources[i].state, *sources[0].state);
                if (!counts) return std::move(counts).error();
                incoming.add_row({shown_name(paths_[i]), counts->added, counts->replaced,
                                  counts->removed, counts->lost, counts->equal});
            }
            incoming.print(out);
            out << '\n';
        }
        Table table({{"Map after the merge"},
                     {"Kind"},
                     {"Records", Table::Align::right},
                     {"Tombstones", Table::Align::right},
                     {"Merkle root"}});
        for (const auto& facts : results) {
            table.add_row(
                {{facts.id.name, Style::bold},
                 map_kind_name(facts.id.kind),
                 facts.records,
                 facts.tombstones,
                 facts.id.kind == MapKind::counter ? std::string("-") : hex32(facts.root)});
        }
        table.print(out);
        out << '\n' << recorder.summary() << "; state " << state << "; nothing was written\n";
        return {};
    }

    static bool complete(const std::vector<Source>& sources) {
        for (const auto& source : sources) {
            if (!source.report.complete()) return false;
        }
        return true;
    }

    void begin_json(JsonWriter& json, const std::vector<Source>& sources,
                    const ConflictRecorder& recorder) {
        json.begin_report().key("sources").begin_array();
        for (const auto& source : sources) {
            json.begin_object().field("source", source.report.path);
            json.field("format", format_name(source.report.format));
            json.field("damaged", source.report.damage.size())
                .field("skipped", source.report.skipped);
            json.end_object();
        }
        json.end_array().key("conflicts");
        recorder.write_json(json);
    }

    std::vector<std::string> paths_;
    std::string output_, to_format_;
    bool dry_run_ = false, json_ = false;
    ConflictOptions conflicts_;
    ReadingOptions reading_;
    std::optional<Timestamp> until_;
};

}  // namespace
}  // namespace topgun::cli

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::Merge>(argc, argv);
}
