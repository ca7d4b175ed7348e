// SPDX-License-Identifier: Apache-2.0
// topgun-cli diff: compares two states, names what differs, and writes the ops that are missing.
#include <algorithm>

#include "common/command.hpp"
#include "common/sources.hpp"
#include "common/table.hpp"
#include "common/text.hpp"
#include "topgun/base/hash.hpp"
#include "topgun/reconcile/diff.hpp"
#include "topgun/source/remote.hpp"
#include "topgun/source/shared_maps.hpp"
#include "topgun/storage/snapshot.hpp"

namespace topgun::cli {
namespace {

class Diff final : public Command {
public:
    const char* name() const noexcept override { return "diff"; }
    const char* summary() const noexcept override {
        return "Compare two states by Merkle walk and name the keys that differ";
    }
    const char* examples() const noexcept override {
        return "topgun-cli diff nodeA.tgs nodeB.tgs\n"
               "topgun-cli diff nodeA.tgs nodeB.tgs -o missing-in-B.tgl\n"
               "topgun-cli diff --deep --json nodeA.tgs nodeB.tgs\n"
               "topgun-cli diff --stats nodeA.tgs nodeB.tgs";
    }
    void add_options(CLI::App& app) override {
        add_source_argument(app, "a", path_a_, "The first state");
        add_source_argument(app, "b", path_b_, "The second state");
        add_reading_options(app, reading_);
        app.add_flag("--deep", deep_,
                     "Compare content, not stamps alone: finds different values under one stamp");
        add_output_option(app, output_,
                          "Write the ops that bring B to A (.tgl, .msgpack, .ndjson)");
        add_format_option(app, "--to", to_format_,
                          "Format of these ops, when the name does not tell");
        app.add_flag("--stats", stats_,
                     "Also tell what a sync would move, by sketch and by TopGun's trie");
        add_count_option(app, "--limit", limit_,
                         "Name at most this many keys (default 20; 0 for all)");
        app.add_flag("--summary", summary_only_, "Count only, name no keys");
        add_json_option(app, json_);
        add_ndjson_option(app, ndjson_, "one object per record that differs");
    }

    Result<ExitCode> run(Streams io) override {
        if (json_ && ndjson_) return Error(Errc::usage, "--json and --ndjson exclude each other");
        if (output_ == "-" && (json_ || ndjson_)) {
            return Error(Errc::usage,
                         "--json and --ndjson need standard output for themselves: name a "
                         "file with -o");
        }
        if (path_a_ == "-" && path_b_ == "-") {
            return Error(Errc::usage, "only one of the two states can be standard input");
        }
        auto options = read_options(reading_);
        if (!options) return std::move(options).error();
        auto worst = ExitCode::ok;
        // Of an endpoint only what differs is asked for, so the other side comes first.
        const bool a_last = is_endpoint(path_a_) && !is_endpoint(path_b_);
        auto first = open_reported(a_last ? path_b_ : path_a_, *options, io, worst);
        if (!first) return std::move(first).error();
        options->resembles = first->state.get();
        auto second = open_reported(a_last ? path_a_ : path_b_, *options, io, worst);
        if (!second) return std::move(second).error();
        // What an endpoint keeps for itself is no part of what it shares, unless it is asked for.
        if (reading_.source.maps.empty()) {
            for (auto* one : {&*first, &*second}) {
                one->state = select_shared_maps(std::move(one->state));
            }
        }
        const auto* const a = a_last ? &*second : &*first;
        const auto* const b = a_last ? &*first : &*second;

        if (!tell_missing_maps(reading_.source.maps, {a->state.get(), b->state.get()}, io)) {
            worst = worse_of(worst, ExitCode::incomplete);
        }
        auto opened = open_patch(io);
        if (!opened) return std::move(opened).error();
        auto* patch = opened->get();
        JsonWriter lines(io.out, JsonWriter::Layout::compact);
        Status patching;
        DiffOptions diff;
        diff.deep = deep_;
        diff.costs = stats_;
        diff.on_difference = [&](const Difference& difference) {
            if (ndjson_)
                print_line(lines, difference);
            else if (prints_text() && !summary_only_)
                print_key(io, difference);
            if (patch != nullptr && patching && wanted_in_b(difference)) {
                patching = patch->add(row_op(difference.map, *difference.a));
            }
        };
        Progress progress(io, "comparing");
        diff.progress = [&progress](std::uint64_t rows) -> Status {
            progress.add(rows);
            return {};
        };
        auto result = diff_states(*a->state, *b->state, diff);
        if (!result) return std::move(result).error();
        TOPGUN_TRY(std::move(patching));
        progress.finish();
        if (patch != nullptr) TOPGUN_TRY(patch->finish());
        if (json_)
            print_json(io, *a, *b, *result, patch, worst == ExitCode::ok);
        else if (prints_text())
            print_text(io, *a, *b, *result);
        warn_of_hidden(io, *result);
        if (patch != nullptr && output_ != "-") {
            io.err.note(output_ + ": " + counted(patch->count(), "op", "ops") + " that " +
                        shown_name(path_b_) + " lacks");
        }
        if (result->maps.empty() && worst == ExitCode::ok) {
            io.err.error("both states are empty: nothing was compared");
            return ExitCode::incomplete;
        }
        return worse_of(worst, result->equal ? ExitCode::ok : ExitCode::differences);
    }

private:
    bool prints_text() const noexcept { return !json_ && !ndjson_ && output_ != "-"; }

    // No patch asked for is no error, and no writer.
    Result<std::unique_ptr<OpWriter>> open_patch(Streams io) const {
        if (output_.empty()) return std::unique_ptr<OpWriter>();
        auto format = Format::automatic;
        if (!to_format_.empty()) {
            auto parsed = parse_format(to_format_);
            if (!parsed) return std::move(parsed).error();
            format = *parsed;
        }
        return OpWriter::create(output_, format, {}, stdout_writer(io));
    }

    // What A has and B lacks. Of two values under one stamp a merge keeps the greater.
    static bool wanted_in_b(const Difference& difference) {
        switch (difference.kind) {
            case DifferenceKind::only_a:
            case DifferenceKind::newer_a: return true;
            case DifferenceKind::same_stamp:
                return compare_version(*difference.a, *difference.b) > 0;
            default: return false;
        }
    }

    void print_line(JsonWriter& json, const Difference& difference) {
        const Row& any = difference.a != nullptr ? *difference.a : *difference.b;
        json.begin_object().field("map", difference.map.name);
        json.field("kind", map_kind_name(difference.map.kind));
        json.field("difference", difference_name(difference.kind));
        if (any.removed)
            json.field("removedTag", any.tag);
        else
            json.field(difference.map.kind == MapKind::counter ? "node" : "key", any.key);
        if (difference.map.kind == MapKind::or_map && !any.removed) json.field("tag", any.tag);
        for (const auto* side : {"a", "b"}) {
            const Row* row = side[0] == 'a' ? difference.a : difference.b;
            if (row == nullptr || row->removed) continue;
            json.key(side).begin_object();
            row_fields(json, difference.map.kind, *row);
            json.end_object();
        }
        json.end_object();
    }

    void print_key(Streams io, const Difference& difference) {
        if (limit_ != 0 && named_ == limit_) {
            ++unnamed_;
            return;
        }
        ++named_;
        const Row& any = difference.a != nullptr ? *difference.a : *difference.b;
        static constexpr struct {
            std::string_view sign, words;
            Style style;
        } kShown[] = {{"+", "only in A", Style::good},
                      {"-", "only in B", Style::bad},
                      {">", "newer in A", Style::accent},
                      {"<", "newer in B", Style::warning},
                      {"!", "same stamp, different value", Style::bad}};
        const auto& shown = kShown[static_cast<std::size_t>(difference.kind)];
        auto& out = io.out;
        out << out.styled(shown.style, shown.sign) << ' ' << printable(difference.map.name) << '/';
        if (any.removed) {
            out << "(removed tag) " << printable(any.tag);
        } else {
            out << printable(any.key);
            if (difference.map.kind == MapKind::or_map) out << " #" << printable(any.tag);
        }
        out << "  " << shown.words;
        if (!any.removed && difference.map.kind != MapKind::counter) {
            const auto stamp = [](const Row* row) { return printable(stamp_text(row->stamp)); };
            if (difference.a != nullptr && difference.b != nullptr &&
                difference.kind != DifferenceKind::same_stamp) {
                out << "  A " << stamp(difference.a) << "  B " << stamp(difference.b);
            } else {
                out << "  " << stamp(&any);
            }
        }
        out << '\n';
    }

    static void transfer_json(JsonWriter& json, const char* name,
                              const DiffCost::Transfer& transfer) {
        json.key(name).begin_object().field("possible", transfer.possible);
        json.field("bytes", transfer.bytes).field("messages", transfer.messages);
        json.field("roundTrips", transfer.round_trips).end_object();
    }

    static std::uint64_t bytes_read(const Source& source) {
        const auto* snapshot = dynamic_cast<const SnapshotReader*>(source.state.get());
        return snapshot != nullptr ? snapshot->bytes_read() : 0;
    }

    void print_json(Streams io, const Source& a, const Source& b, const DiffResult& result,
                    const OpWriter* patch, bool complete) {
        JsonWriter json(io.out);
        json.begin_report()
            .field("a", shown_name(path_a_))
            .field("b", shown_name(path_b_))
            .field("equal", result.equal);
        json.field("deep", deep_);
        const bool content_equal = std::all_of(result.maps.begin(), result.maps.end(),
                                               [](const auto& map) { return map.content_equal; });
        json.field("contentEqual", content_equal);
        json.key("maps").begin_array();
        for (const auto& map : result.maps) {
            json.begin_object().field("name", map.map.name);
            json.field("kind", map_kind_name(map.map.kind)).field("equal", map.equal);
            json.field("contentEqual", map.content_equal);
            json.field("merkleRootA", map.root_a).field("merkleRootB", map.root_b);
            json.field("onlyInA", map.only_a).field("onlyInB", map.only_b);
            json.field("newerInA", map.newer_a).field("newerInB", map.newer_b);
            json.field("sameStampDifferentValue", map.same_stamp);
            json.field("removedTagsOnlyInA", map.removed_only_a);
            json.field("removedTagsOnlyInB", map.removed_only_b);
            if (deep_) {
                json.key("unrepairable").begin_object();
                json.field("sameStampDifferentValue", map.same_stamp);
                json.field("nodeOrderDiffers", map.unportable_ties);
                json.field("orValuesNotComparable", map.unhashable_values).end_object();
            }
            json.end_object();
        }
        json.end_array();
        if (stats_) {
            json.key("stats").begin_object();
            json.field("bytesReadA", bytes_read(a)).field("bytesReadB", bytes_read(b));
            json.field("rowsCompared", result.cost.rows_read);
            json.field("leavesDiffering", result.cost.leaves_differing);
            json.field("sketchCells", result.cost.sketch_cells);
            transfer_json(json, "bySketch", result.cost.by_sketch);
            transfer_json(json, "byTrie", result.cost.by_trie);
            json.end_object();
        }
        if (patch != nullptr) json.field("output", output_).field("ops", patch->count());
        json.end_report(complete);
    }

    void print_text(Streams io, const Source& a, const Source& b, const DiffResult& result) {
        auto& out = io.out;
        if (unnamed_ > 0) {
            out << "  ... and " << human_count(unnamed_) << " more (--limit 0 names all)\n";
        }
        if (named_ > 0) out << '\n';
        Table table({{"Map"},
                     {"Kind"},
                     {"Root A"},
                     {"Root B"},
                     {"Only in A", Table::Align::right},
                     {"Only in B", Table::Align::right},
                     {"Newer in A", Table::Align::right},
                     {"Newer in B", Table::Align::right},
                     {"Same stamp, other value", Table::Align::right},
                     {"Verdict"}});
        for (const auto& map : result.maps) {
            const bool counter = map.map.kind == MapKind::counter;
            table.add_row(
                {{map.map.name, Style::bold},
                 map_kind_name(map.map.kind),
                 counter ? std::string("-") : hex32(map.root_a),
                 counter ? std::string("-") : hex32(map.root_b),
                 map.only_a,
                 map.only_b,
                 map.newer_a,
                 map.newer_b,
                 deep_ || map.same_stamp > 0 ? Table::Cell(map.same_stamp) : Table::Cell("-"),
                 map.equal ? Table::Cell("equal", Style::good)
                           : Table::Cell("differs", Style::bad)});
        }
        table.print(out);
        for (const auto& map : result.maps) print_notes(io, map);
        if (stats_) print_stats(io, a, b, result);
    }

    // Equal roots over unequal bytes: without --deep it is not known where.
    void warn_of_hidden(Streams io, const DiffResult& result) const {
        for (const auto& map : result.maps) {
            if (!map.equal || map.content_equal) continue;
            io.err.warning("map '" + printable(map.map.name) +
                           "': the Merkle roots agree, but the values do not" +
                           (deep_ ? "" : "; run again with --deep"));
        }
    }

    void print_notes(Streams io, const MapDifference& map) {
        const auto say = [&](std::uint64_t count, const char* one, const char* many) {
            if (count == 0) return;
            io.out << printable(map.map.name) << ": " << human_count(count) << ' '
                   << (count == 1 ? one : many) << '\n';
        };
        say(map.removed_only_a, "removed tag is known to A only",
            "removed tags are known to A only");
        say(map.removed_only_b, "removed tag is known to B only",
            "removed tags are known to B only");
        if (!deep_) return;
        say(map.same_stamp, "record has one stamp but two values: no sync will repair it",
            "records have one stamp but two values: no sync will repair them");
        say(map.unportable_ties,
            "tie is decided by node ids that TypeScript peers may order differently",
            "ties are decided by node ids that TypeScript peers may order differently");
        say(map.unhashable_values, "OR value is binary: browsers and Node hash it differently",
            "OR values are binary: browsers and Node hash them differently");
    }

    void print_stats(Streams io, const Source& a, const Source& b, const DiffResult& result) {
        auto& out = io.out;
        out << "\nrows compared      " << human_count(result.cost.rows_read) << '\n';
        if (const auto bytes = bytes_read(a) + bytes_read(b); bytes > 0) {
            out << "read from files    " << human_bytes(bytes) << '\n';
        }
        const auto line = [&out](std::string_view name, const DiffCost::Transfer& transfer) {
            out << name;
            if (!transfer.possible) {
                out << "not enough: the states differ too much for the stored sketch\n";
                return;
            }
            out << human_bytes(transfer.bytes) << " in "
                << counted(transfer.messages, "message", "messages") << ", "
                << counted(transfer.round_trips, "round trip", "round trips") << '\n';
        };
        line("sync by sketch     ", result.cost.by_sketch);
        line("sync by trie       ", result.cost.by_trie);
    }

    std::string path_a_, path_b_, output_, to_format_;
    ReadingOptions reading_;
    bool deep_ = false, stats_ = false, json_ = false, ndjson_ = false, summary_only_ = false;
    std::uint64_t limit_ = 20, named_ = 0, unnamed_ = 0;
};

}  // namespace
}  // namespace topgun::cli

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::Diff>(argc, argv);
}
