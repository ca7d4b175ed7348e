// SPDX-License-Identifier: Apache-2.0
// topgun-cli generate: seeded synthetic maps and offline batches.
#include <algorithm>
#include <map>

#include "amounts.hpp"
#include "common/command.hpp"
#include "common/fresh_sink.hpp"
#include "common/json_writer.hpp"
#include "common/options.hpp"
#include "common/progress.hpp"
#include "common/sources.hpp"
#include "common/text.hpp"
#include "common/watched_state.hpp"
#include "topgun/source/source.hpp"
#include "topgun/synth/generate.hpp"
#include "topgun/synth/tpch.hpp"

namespace topgun::cli {
namespace {

using synth::ValueShape;

// "todos:or"; without a kind, or with none that is known behind the last colon, the whole is a
// name.
MapId parse_map(const std::string& text) {
    const auto colon = text.rfind(':');
    if (colon != std::string::npos) {
        const auto word = text.substr(colon + 1);
        for (const auto kind : {MapKind::lww, MapKind::or_map, MapKind::counter}) {
            if (word == map_kind_name(kind)) return {text.substr(0, colon), kind};
        }
    }
    return {text, MapKind::lww};
}

// What was written of one map.
struct MapCounts {
    std::uint64_t rows = 0;
    std::uint64_t tombstones = 0;  // LWW tombstones, or removed tags
};

class Generate final : public Command {
public:
    const char* name() const noexcept override { return "generate"; }
    const char* summary() const noexcept override {
        return "Make seeded synthetic maps, conflicts and offline batches";
    }
    const char* examples() const noexcept override {
        return "topgun-cli generate --records 1M --seed 1 -o a.tgs\n"
               "topgun-cli generate --records 1M --seed 1 --conflicts 100 -o b.tgs\n"
               "topgun-cli generate --records 1M --seed 1 --ops 5k --client phone-1 -o "
               "phone.msgpack\n"
               "topgun-cli generate --map users --map todos:or --map visits:counter --records 5\n"
               "topgun-cli generate --tpch 0.1 -o tpch.tgs";
    }

    void add_options(CLI::App& app) override {
        add_output_option(app, output_, "File or directory to write (standard output)");
        add_format_option(app, "--to", format_,
                          "Format to write; from the name of the output, or ndjson");
        add_json_option(app, json_);
        add_base_options(app);
        add_variant_options(app);
        add_batch_options(app);
        add_tpch_option(app);
    }

    Result<ExitCode> run(Streams io) override {
        auto format = Format::ndjson;
        if (!format_.empty()) {
            auto chosen = parse_format(format_);
            if (!chosen) return std::move(chosen).error();
            format = *chosen;
        } else if (!to_stdout()) {
            auto by_name = format_for_writing(output_);
            if (!by_name) return std::move(by_name).error();
            format = *by_name;
        }
        if (json_ && to_stdout()) {
            return Error(Errc::usage, "--json reports where the data goes; name a file with -o");
        }
        TOPGUN_TRY(complete_options());
        TOPGUN_TRY(is_batch() ? write_batch(format, io) : write_base(format, io));
        return ExitCode::ok;
    }

private:
    static constexpr const char* kBase = "The maps";
    static constexpr const char* kVariant = "What makes another replica of them";
    static constexpr const char* kBatch = "A client's offline batch instead";
    static constexpr const char* kTpch = "The maps of a benchmark instead";

    void add_base_options(CLI::App& app) {
        add_count_option(app, "--records", options_.records, "Keys in each map (1000)")
            ->group(kBase);
        app.add_option("--seed", options_.seed, "Number that all randomness comes from (1)")
            ->type_name("NUMBER")
            ->group(kBase);
        add_repeatable_option(app, "-m,--map", maps_,
                              "A map as NAME or NAME:KIND, of the kind lww, or, or counter (users)",
                              "MAP")
            ->group(kBase);
        app.add_option("--nodes", options_.nodes, "Writers, and so entries of a counter (8)")
            ->type_name("COUNT")
            ->group(kBase);
        add_choice_option(app, "--values", options_.values,
                          {{"profile", ValueShape::profile},
                           {"scalar", ValueShape::scalar},
                           {"mixed", ValueShape::mixed}},
                          "What values look like")
            ->group(kBase);
        app.add_option("--value-bytes", options_.value_bytes,
                       "Encoded size of a profile (about 210)")
            ->type_name("BYTES")
            ->group(kBase);
        add_share_option(app, "--tombstones", options_.tombstones,
                         "Part of LWW records removed (2%)")
            ->group(kBase);
        add_share_option(app, "--ttl", options_.ttl, "Part of records with a time to live (5%)")
            ->group(kBase);
        add_share_option(app, "--unicode", options_.unicode, "Part of keys beyond ASCII (2%)")
            ->group(kBase);
        app.add_option("--or-records", options_.or_records,
                       "Live records of an OR-Map's key on average (2)")
            ->type_name("COUNT")
            ->group(kBase);
        add_share_option(app, "--removed-tags", options_.removed_tags,
                         "Part of an OR-Map's adds that were removed (20%)")
            ->group(kBase);
        add_moment_option(app, "--start", start_, "Time of the first write (2023-11-14T22:13:20Z)")
            ->group(kBase);
        add_duration_option(app, "--span", options_.span_ms,
                            "Time over which writes are spread (60d)")
            ->group(kBase);
        add_share_option(app, "--skewed", options_.skewed,
                         "Part of nodes whose clocks run ahead (0)")
            ->group(kBase);
        add_duration_option(app, "--skew", options_.skew_ms, "By how much they do at most (10m)")
            ->group(kBase);
    }

    void add_variant_options(CLI::App& app) {
        add_amount_option(app, "--conflicts", conflicts_,
                          "Keys that hold another node's concurrent write, as count or share (0)")
            ->group(kVariant);
        add_amount_option(app, "--same-stamp", same_stamp_,
                          "Keys that hold another value under the same stamp (0)")
            ->group(kVariant);
        add_amount_option(app, "--only-in", only_in_, "Keys that no other replica has (0)")
            ->group(kVariant);
        app.add_option("--variant", options_.variant, "Number that these keys come from (1)")
            ->type_name("NUMBER")
            ->group(kVariant);
    }

    void add_batch_options(CLI::App& app) {
        ops_ = add_count_option(app, "--ops", batch_.ops, "Write this many ops of one client")
                   ->group(kBatch);
        app.add_option("--client", batch_.client, "Node id of the client (phone-1)")
            ->type_name("NODE")
            ->group(kBatch)
            ->needs(ops_);
        add_duration_option(app, "--offline", batch_.offline_ms, "How long it was offline (21d)")
            ->group(kBatch)
            ->needs(ops_);
        add_duration_option(app, "--ahead", batch_.ahead_ms, "How far its clock runs ahead (0)")
            ->group(kBatch)
            ->needs(ops_);
    }

    // Of the other options, these maps have only the seed and the time of their first write.
    void add_tpch_option(CLI::App& app) {
        tpch_ = app.add_option("--tpch", tpch_options_.scale,
                               "Write the eight maps of TPC-H; 1 is six million line items")
                    ->type_name("SCALE")
                    ->group(kTpch);
        for (auto* option : app.get_options()) {
            const auto& group = option->get_group();
            const bool of_maps = group == kBase || group == kVariant || group == kBatch;
            const auto name = option->get_name();
            if (of_maps && name != "--seed" && name != "--start") tpch_->excludes(option);
        }
    }

    bool is_tpch() const { return tpch_->count() > 0; }
    bool is_batch() const { return ops_->count() > 0; }
    bool to_stdout() const { return output_.empty() || output_ == "-"; }

    Status complete_options() {
        if (!maps_.empty()) {
            options_.maps.clear();
            for (const auto& map : maps_) options_.maps.push_back(parse_map(map));
        }
        if (start_) options_.start_ms = tpch_options_.start_ms = start_->millis;
        tpch_options_.seed = options_.seed;
        options_.conflicts = conflicts_.of(options_.records);
        options_.same_stamp = same_stamp_.of(options_.records);
        options_.only_in = only_in_.of(options_.records);
        if (is_batch() && options_.conflicts + options_.same_stamp + options_.only_in > 0) {
            return Error(Errc::usage,
                         "--ops writes against the maps themselves: it does not go with "
                         "--conflicts, --same-stamp and --only-in");
        }
        return {};
    }

    std::function<Status(BytesView)> stdout_or_nothing(Streams io) const {
        return to_stdout() ? stdout_writer(io) : std::function<Status(BytesView)>();
    }
    std::string path() const { return to_stdout() ? "-" : output_; }

    Status write_base(Format format, Streams io) {
        TOPGUN_TRY(require_fresh_sink(path(), format));
        auto state =
            is_tpch() ? synth::generate_tpch(tpch_options_) : synth::generate_state(options_);
        if (!state) return std::move(state).error();
        std::map<MapId, MapCounts> counts;
        for (const auto& id : (*state)->maps()) counts[id];
        Progress progress(io, "generating", expected_rows(**state));
        const WatchedState watched(
            **state, [&](const MapId& id, std::span<const Row> rows) -> Status {
                progress.add(rows.size());
                auto& of_map = counts[id];
                for (const auto& row : rows) {
                    of_map.rows += !row.removed;
                    of_map.tombstones +=
                        row.removed || (id.kind == MapKind::lww && row.is_lww_tombstone());
                }
                return {};
            });
        auto report = write_state(watched, path(), format, stdout_or_nothing(io));
        if (!report) return std::move(report).error();
        progress.finish();
        if (json_) {
            report_base(io, format, counts, *report);
        } else if (!to_stdout()) {
            std::uint64_t rows = 0;
            for (const auto& [id, of_map] : counts) rows += of_map.rows;
            auto text = output_ + ": " + counted(rows, "record", "records") + " in " +
                        counted(counts.size(), "map", "maps");
            if (report->bytes > 0) text += ", " + human_bytes(report->bytes);
            if (report->state) text += ", state " + hex(*report->state);
            io.err.note(text);
        }
        return {};
    }

    // For the progress line: exact but for OR-Maps.
    std::uint64_t expected_rows(const StateReader& state) const {
        if (is_tpch()) {
            const auto count = synth::tpch_rows(tpch_options_);
            return count ? *count : 0;
        }
        std::uint64_t rows = 0;
        for (const auto& id : state.maps()) {
            const auto keys = options_.records + options_.only_in;
            rows += id.kind == MapKind::counter  ? options_.nodes
                    : id.kind == MapKind::or_map ? keys * options_.or_records
                                                 : keys;
        }
        return rows;
    }

    void report_base(Streams io, Format format, const std::map<MapId, MapCounts>& counts,
                     const WriteReport& report) const {
        JsonWriter json(io.out);
        json.begin_report().field("output", output_).field("format", format_name(format));
        json.field("seed", options_.seed).field("variant", options_.variant);
        json.field("conflicts", options_.conflicts).field("sameStamp", options_.same_stamp);
        json.field("onlyIn", options_.only_in).key("maps").begin_array();
        for (const auto& [id, of_map] : counts) {
            json.begin_object().field("name", id.name).field("kind", map_kind_name(id.kind));
            json.field("records", of_map.rows).field("tombstones", of_map.tombstones).end_object();
        }
        json.end_array();
        if (report.bytes > 0) json.field("bytes", report.bytes);
        if (report.state) json.field("state", hex(*report.state));
        json.end_report(true);
    }

    Status write_batch(Format format, Streams io) {
        auto writer = OpWriter::create(path(), format, batch_.client, stdout_or_nothing(io));
        if (!writer) return std::move(writer).error();
        Progress progress(io, "generating", batch_.ops, Progress::Unit::ops);
        std::map<OpKind, std::uint64_t> kinds;
        Timestamp first, last;
        TOPGUN_TRY(synth::generate_batch(options_, batch_, [&](const Op& op) -> Status {
            progress.add();
            ++kinds[op.kind];
            if (!op.stamp.node.empty()) {
                if (first.node_id.empty()) first = Timestamp(op.stamp);
                last.millis = op.stamp.millis;
                last.counter = op.stamp.counter;
            }
            return (*writer)->add(op);
        }));
        TOPGUN_TRY((*writer)->finish());
        progress.finish();
        last.node_id = first.node_id;
        if (json_) {
            report_batch(io, format, kinds, first, last);
        } else if (!to_stdout()) {
            auto text = output_ + ": " + counted(batch_.ops, "op", "ops") + " of " + batch_.client;
            if (!first.node_id.empty()) {
                text += ", " + format_utc(first.millis) + " to " + format_utc(last.millis);
            }
            io.err.note(text);
        }
        return {};
    }

    void report_batch(Streams io, Format format, const std::map<OpKind, std::uint64_t>& kinds,
                      const Timestamp& first, const Timestamp& last) const {
        JsonWriter json(io.out);
        json.begin_report().field("output", output_).field("format", format_name(format));
        json.field("seed", options_.seed).field("client", batch_.client).field("ops", batch_.ops);
        json.key("kinds").begin_object();
        for (const auto& [kind, count] : kinds) json.field(op_kind_name(kind), count);
        json.end_object();
        if (!first.node_id.empty()) {
            json.field("first", format_stamp(first.view()))
                .field("last", format_stamp(last.view()));
        }
        json.end_report(true);
    }

    synth::GenerateOptions options_;
    synth::BatchOptions batch_;
    synth::TpchOptions tpch_options_;
    std::string output_, format_;
    std::vector<std::string> maps_;
    std::optional<Timestamp> start_;
    Amount conflicts_, same_stamp_, only_in_;
    CLI::Option* ops_ = nullptr;
    CLI::Option* tpch_ = nullptr;
    bool json_ = false;
};

}  // namespace
}  // namespace topgun::cli

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::Generate>(argc, argv);
}
