// SPDX-License-Identifier: Apache-2.0
#include "common/sources.hpp"

#include <algorithm>

#include "common/signals.hpp"
#include "common/text.hpp"
#include "topgun/source/remote.hpp"
#include "topgun/value/json.hpp"

namespace topgun::cli {

void add_reading_options(CLI::App& app, ReadingOptions& options) {
    add_source_options(app, options.source);
    app.add_flag("--salvage", options.salvage,
                 "Take what is sound from damaged sources and report the rest (exit 4)");
    app.add_option("--default-map", options.default_map, "Map for text records that name none")
        ->type_name("MAP");
}

Result<ReadOptions> read_options(const ReadingOptions& options) {
    ReadOptions out;
    if (!options.source.format.empty()) {
        auto format = parse_format(options.source.format);
        if (!format) return std::move(format).error();
        out.format = *format;
    }
    out.maps = options.source.maps;
    out.keep_going = options.salvage;
    out.default_map = options.default_map;
    return out;
}

ExitCode tell_damage(const ReadReport& report, Streams io) {
    for (const auto& note : report.notes) io.err.note(note);
    constexpr std::size_t kMostTold = 20;
    std::size_t told = 0;
    for (const auto& damage : report.damage) {
        if (++told > kMostTold) {
            io.err.warning("and " + human_count(report.damage.size() - kMostTold) +
                           " more damaged places in " + report.path);
            break;
        }
        io.err.warning(damage + "; skipped");
    }
    if (report.skipped > 0) {
        io.err.warning(report.path + ": " + counted(report.skipped, "op carries", "ops carry") +
                       " no record or no timestamp and cannot be merged");
    }
    return report.complete() ? ExitCode::ok : ExitCode::incomplete;
}

bool tell_missing_maps(const std::vector<std::string>& wanted,
                       const std::vector<const StateReader*>& states, Streams io) {
    bool all = true;
    for (const auto& name : wanted) {
        const bool found = std::any_of(states.begin(), states.end(), [&name](const auto* state) {
            const auto& ids = state->maps();
            return std::any_of(ids.begin(), ids.end(),
                               [&name](const MapId& id) { return id.name == name; });
        });
        if (found) continue;
        all = false;
        io.err.error("no map '" + printable(name) + "' in " +
                     (states.size() == 1 ? "the source" : "any of the sources"));
    }
    return all;
}

Result<Source> open_reported(const std::string& path, const ReadOptions& options, Streams io,
                             ExitCode& worst) {
    Progress progress(io, "reading " + shown_name(path), 0, Progress::Unit::bytes);
    ReadOptions watched = options;
    watched.progress = [&progress](std::uint64_t bytes) -> Status {
        progress.add(bytes);
        return {};
    };
    auto source = open_source(path, watched);
    if (!source) return std::move(source).error();
    progress.finish();
    worst = worse_of(worst, tell_damage(source->report, io));
    return source;
}

std::string stamp_text(const Stamp& stamp) {
    return stamp == Stamp{} ? std::string() : format_stamp(stamp);
}

void row_fields(JsonWriter& json, MapKind kind, const Row& row) {
    if (row.removed) {
        json.field("removedTag", row.tag);
        return;
    }
    if (kind == MapKind::counter) {
        double positive = 0, negative = 0;
        decode_counter_entry(row.value, positive, negative);
        json.field("node", row.key).field("p", positive).field("n", negative);
        return;
    }
    json.field("key", row.key);
    if (kind == MapKind::or_map) json.field("tag", row.tag);
    if (row.value.empty()) {
        json.field("deleted", true);
    } else {
        json.key("value").canonical(row.value);
    }
    json.field("ts", stamp_text(row.stamp));
    if (row.ttl_ms != kNoTtl) json.field("ttlMs", row.ttl_ms);
}

std::string value_text(BytesView value, std::size_t columns_max) {
    if (value.empty()) return "(deleted)";
    std::string text;
    append_json(value, text);
    return printable(text, columns_max);
}

std::function<Status(BytesView)> stdout_writer(Streams io) {
    return [io](BytesView bytes) -> Status {
        io.out.append(bytes);
        if (io.out.failed()) return Error(Errc::io, "standard output: cannot write");
        return {};
    };
}

}  // namespace topgun::cli
