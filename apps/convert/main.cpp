// SPDX-License-Identifier: Apache-2.0
// topgun-cli convert: any source to any format that can be written.
#include <set>

#include "common/command.hpp"
#include "common/sources.hpp"
#include "common/text.hpp"

namespace topgun::cli {
namespace {

class Convert final : public Command {
public:
    const char* name() const noexcept override { return "convert"; }
    const char* summary() const noexcept override {
        return "Convert any source to any other format";
    }
    const char* examples() const noexcept override {
        return "topgun-cli convert phone.msgpack phone.ndjson\n"
               "topgun-cli convert nodeA.tgs - --to ndjson | grep user-17\n"
               "topgun-cli convert users.csv users.tgs --default-map users --stamp "
               "2026-01-31T12:00:00Z\n"
               "topgun-cli convert ./data nodeA.tgs --state";
    }
    void add_options(CLI::App& app) override {
        add_source_argument(app, "source", from_, "The source to read");
        app.add_option("destination", to_, "The file or directory to write; - is standard output")
            ->type_name("SINK")
            ->required();
        add_reading_options(app, reading_);
        add_format_option(app, "--to", to_format_, "Format to write, when the name does not tell");
        app.add_flag("--state", state_,
                     "Merge first and write the resulting state, also where ops could be kept");
        add_moment_option(app, "--until", until_,
                          "Only what was stamped up to this moment, inclusive");
        app.add_option("--key-column", key_column_, "CSV: the column that holds the key")
            ->type_name("COLUMN");
        add_moment_option(app, "--stamp", stamp_, "Stamp for text records that have none");
        app.add_option("--stamp-node", stamp_node_, "Node id for --stamp when that names none")
            ->type_name("NODE");
        add_json_option(app, json_);
    }

    Result<ExitCode> run(Streams io) override {
        if (json_ && to_ == "-") {
            return Error(Errc::usage,
                         "--json needs standard output for itself: name a file to write");
        }
        auto options = read_options(reading_);
        if (!options) return std::move(options).error();
        options->until = until_;
        options->key_column = key_column_;
        if (stamp_) {
            options->default_stamp = stamp_;
            // A time alone means its end to --until; as a stamp it is a write of an import.
            if (options->default_stamp->node_id == "\xff") {
                options->default_stamp->counter = 0;
                options->default_stamp->node_id = stamp_node_;
            }
        }
        auto format = Format::automatic;
        if (!to_format_.empty()) {
            auto parsed = parse_format(to_format_);
            if (!parsed) return std::move(parsed).error();
            format = *parsed;
        } else {
            auto by_name = format_for_writing(to_);
            if (!by_name) return std::move(by_name).error();
            format = *by_name;
        }
        const bool op_by_op = !state_ && (format == Format::log || format == Format::messages ||
                                          format == Format::ndjson || format == Format::json);
        auto worst = ExitCode::ok;
        std::uint64_t rows = 0;
        if (op_by_op) {
            auto written = write_ops(format, *options, io, worst);
            if (!written) return std::move(written).error();
            rows = *written;
        } else {
            auto source = open_reported(from_, *options, io, worst);
            if (!source) return std::move(source).error();
            auto report = write_state(*source->state, to_, format, stdout_writer(io));
            if (!report) return std::move(report).error();
            rows = report->rows;
            if (!tell_missing_maps(reading_.source.maps, {source->state.get()}, io)) {
                worst = worse_of(worst, ExitCode::incomplete);
            }
        }
        if (json_) {
            JsonWriter json(io.out);
            json.begin_report().field("source", from_).field("destination", to_);
            json.field("format", format_name(format)).field("written", rows);
            json.end_report(worst == ExitCode::ok);
        } else if (to_ != "-") {
            io.err.note(
                to_ + ": " +
                (op_by_op ? counted(rows, "op", "ops") : counted(rows, "record", "records")));
        }
        return worst;
    }

private:
    Result<std::uint64_t> write_ops(Format format, const ReadOptions& options, Streams io,
                                    ExitCode& worst) {
        auto writer = OpWriter::create(to_, format, {}, stdout_writer(io));
        if (!writer) return std::move(writer).error();
        Progress progress(io, "converting", 0, Progress::Unit::bytes);
        ReadOptions watched = options;
        watched.progress = [&progress](std::uint64_t amount) -> Status {
            progress.add(amount);
            return {};
        };
        std::set<std::string, std::less<>> missing(options.maps.begin(), options.maps.end());
        auto report = read_ops(from_, watched, [&](const Op& op) {
            if (!missing.empty()) {
                if (const auto found = missing.find(op.map); found != missing.end())
                    missing.erase(found);
            }
            return (*writer)->add(op);
        });
        if (!report) return std::move(report).error();
        TOPGUN_TRY((*writer)->finish());
        progress.finish();
        worst = worse_of(worst, tell_damage(*report, io));
        for (const auto& map : missing) {
            io.err.error("no map '" + printable(map) + "' in the source");
            worst = worse_of(worst, ExitCode::incomplete);
        }
        return (*writer)->count();
    }

    std::string from_, to_, to_format_, key_column_ = "_key", stamp_node_ = "import";
    ReadingOptions reading_;
    bool state_ = false, json_ = false;
    std::optional<Timestamp> until_, stamp_;
};

}  // namespace
}  // namespace topgun::cli

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::Convert>(argc, argv);
}
