// SPDX-License-Identifier: Apache-2.0
// topgun-cli anonymize: a copy that shows the bug and nothing else.
#include "common/command.hpp"
#include "common/fresh_sink.hpp"
#include "common/text.hpp"
#include "common/watched_state.hpp"
#include "inputs.hpp"
#include "topgun/base/file.hpp"

namespace topgun::cli {
namespace {

class Anonymize final : public Command {
public:
    const char* name() const noexcept override { return "anonymize"; }
    const char* summary() const noexcept override {
        return "Replace keys, values and node ids, so that a bug report leaks nothing";
    }
    const char* examples() const noexcept override {
        return "topgun-cli anonymize nodeA.tgs report.tgs\n"
               "topgun-cli anonymize phone.msgpack report.msgpack --keep-field score\n"
               "topgun-cli anonymize a.tgs a2.tgs --secret-file secret.txt --with b.tgs\n"
               "topgun-cli anonymize b.tgs b2.tgs --secret-file secret.txt --with a.tgs";
    }

    void add_options(CLI::App& app) override {
        add_source_argument(app, "source", from_, "The source to copy");
        app.add_option("destination", to_, "The file or directory to write; - is standard output")
            ->type_name("SINK")
            ->required();
        add_format_option(app, "--to", format_, "Format to write, when the name does not tell");
        add_repeatable_option(app, "--with", with_,
                              "Another source of the same report, whose nodes and keys count too; "
                              "may be repeated",
                              "SOURCE");
        auto* file = add_file_option(app, "--secret-file", secret_file_,
                                     "Secret that replacements depend on, the content of a file");
        given_secret_ = app.add_option("--secret", secret_,
                                       "The same on the command line, where others may see it")
                            ->type_name("TEXT")
                            ->excludes(file);
        add_repeatable_option(app, "--keep-map", options_.keep_maps,
                              "Map that keeps its name; may be repeated", "MAP");
        app.add_flag("--keep-map-names", options_.keep_map_names, "Keep the names of all maps");
        add_repeatable_option(app, "--keep-field", options_.keep_fields,
                              "Field that keeps its name; may be repeated", "FIELD");
        app.add_flag("--keep-field-names", options_.keep_field_names,
                     "Keep the names of all fields");
        add_duration_option(app, "--shift-time", options_.shift_back_ms,
                            "Move all timestamps back by so much");
        add_reading_options(app, reading_);
        add_json_option(app, json_);
    }

    Result<ExitCode> run(Streams io) override {
        auto reading = read_options(reading_);
        if (!reading) return std::move(reading).error();
        auto format = sink_format();
        if (!format) return std::move(format).error();
        if (json_ && to_ == "-") {
            return Error(Errc::usage, "--json reports where the data goes; name a file to write");
        }
        TOPGUN_TRY(require_fresh_sink(to_, *format));
        auto secret = read_secret();
        if (!secret) return std::move(secret).error();
        options_.secret = std::move(*secret);
        auto anonymizer = synth::Anonymizer::create(options_);
        if (!anonymizer) return std::move(anonymizer).error();
        std::vector<Input> inputs;
        with_.insert(with_.begin(), from_);
        for (const auto& path : with_) {
            auto input = Input::open(path);
            if (!input) return std::move(input).error();
            inputs.push_back(std::move(*input));
        }
        auto learned = learn(*anonymizer, inputs, *reading, io);
        if (!learned) return std::move(learned).error();
        auto worst = ExitCode::ok;
        for (const auto& report : learned->reports)
            worst = worse_of(worst, tell_damage(report, io));
        auto written = write(*anonymizer, inputs.front(), *learned, *reading, *format, io);
        if (!written) return std::move(written).error();
        tell(*anonymizer, *learned, *written, *format, worst == ExitCode::ok, io);
        return worst;
    }

private:
    Result<Format> sink_format() const {
        if (!format_.empty()) return parse_format(format_);
        if (to_ == "-") return Error(Errc::usage, "name the format for standard output with --to");
        return format_for_writing(to_);
    }

    // A text editor's newline at the end is not meant to be part of a secret.
    Result<Bytes> read_secret() const {
        constexpr std::uint64_t kMost = 1 << 20;
        if (given_secret_->count() > 0) return Bytes(secret_);
        if (secret_file_.empty()) return synth::random_secret();
        auto secret = read_file(secret_file_, kMost);
        if (!secret) return std::move(secret).error().within("--secret-file");
        while (secret->ends_with('\n') || secret->ends_with('\r')) secret->pop_back();
        return secret;
    }

    // Where a state knows without counting; 0 elsewhere.
    static std::uint64_t rows_of(const Learned& learned) {
        std::uint64_t rows = 0;
        const auto& state = *learned.states.front();
        for (const auto& id : state.maps()) {
            if (!learned.first_is_snapshot) break;
            const auto facts = state.summary(id);
            if (!facts) return 0;
            rows += (*facts)->records;
            if (id.kind == MapKind::or_map) rows += (*facts)->tombstones;
        }
        return rows;
    }

    // Ops stay ops in their order where the destination can hold them.
    Result<std::uint64_t> write(const synth::Anonymizer& anonymizer, const Input& input,
                                const Learned& learned, const ReadOptions& reading, Format format,
                                Streams io) {
        const bool takes_ops =
            format != Format::snapshot && format != Format::data_directory && format != Format::csv;
        const auto to_stdout = to_ == "-" ? stdout_writer(io) : std::function<Status(BytesView)>();
        if (!takes_ops || learned.first_is_snapshot) {
            Progress progress(io, "replacing", rows_of(learned), Progress::Unit::records);
            std::uint64_t rows = 0;
            const auto masked = synth::anonymize_state(anonymizer, *learned.states.front());
            const WatchedState watched(*masked,
                                       [&](const MapId&, std::span<const Row> batch) -> Status {
                                           rows += batch.size();
                                           progress.add(batch.size());
                                           return {};
                                       });
            auto report = write_state(watched, to_, format, to_stdout);
            if (!report) return std::move(report).error();
            return rows;
        }
        std::string origin;
        for (const auto& node : learned.reports.front().origins) {
            auto replaced = anonymizer.node(node);
            if (!replaced) return std::move(replaced).error();
            origin = *replaced;
        }
        auto writer = OpWriter::create(to_, format, origin, to_stdout);
        if (!writer) return std::move(writer).error();
        Progress progress(io, "replacing", learned.reports.front().ops, Progress::Unit::ops);
        auto report = input.read(reading, [&](const Op& op) -> Status {
            progress.add();
            return anonymizer.map_op(op,
                                     [&](const Op& replaced) { return (*writer)->add(replaced); });
        });
        if (!report) return std::move(report).error();
        TOPGUN_TRY((*writer)->finish());
        return (*writer)->count();
    }

    void tell(const synth::Anonymizer& anonymizer, const Learned& learned, std::uint64_t written,
              Format format, bool complete, Streams io) const {
        const auto& facts = anonymizer.report();
        const auto& source = learned.reports.front();
        if (source.stateless > 0) {
            io.err.note(
                from_ + ": " + counted(source.stateless, "message carries", "messages carry") +
                " no records and " + (source.stateless == 1 ? "was" : "were") + " left out");
        }
        if (facts.lengthened_keys > 0) {
            io.err.note(counted(facts.lengthened_keys, "key is", "keys are") +
                        " longer now: too short to keep both length and place in the trie");
        }
        if (facts.unordered_ties > 0) {
            io.err.warning(
                counted(facts.unordered_ties, "tie of equal stamps", "ties of equal stamps") +
                " may be won by another value now");
        }
        if (json_) return report_json(facts, source, written, format, complete, io);
        if (to_ == "-") return;
        io.err.note(to_ + ": " + counted(written, "record", "records") + ", " +
                    counted(facts.keys, "key", "keys") + " and " +
                    counted(facts.nodes, "node", "nodes") + " replaced");
    }

    void report_json(const synth::AnonymizeReport& facts, const ReadReport& source,
                     std::uint64_t written, Format format, bool complete, Streams io) const {
        JsonWriter json(io.out);
        json.begin_report().field("source", from_).field("destination", to_);
        json.field("format", format_name(format)).field("written", written);
        json.field("keys", facts.keys).field("nodes", facts.nodes);
        json.field("lengthenedKeys", facts.lengthened_keys);
        json.field("lengthenedNodes", facts.lengthened_nodes);
        json.field("secondChoices", facts.second_choices);
        json.field("ties", facts.ties).field("unorderedTies", facts.unordered_ties);
        json.field("messagesLeftOut", source.stateless).field("opsLeftOut", source.skipped);
        json.end_report(complete);
    }

    std::string from_, to_, format_, secret_, secret_file_;
    std::vector<std::string> with_;
    synth::AnonymizeOptions options_;
    ReadingOptions reading_;
    CLI::Option* given_secret_ = nullptr;
    bool json_ = false;
};

}  // namespace
}  // namespace topgun::cli

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::Anonymize>(argc, argv);
}
