// SPDX-License-Identifier: Apache-2.0
// topgun-cli why: says which write to a key won, which lost, and what decided.
#include <algorithm>
#include <map>
#include <set>

#include "common/command.hpp"
#include "common/history.hpp"
#include "common/text.hpp"
#include "topgun/base/time_source.hpp"

namespace topgun::cli {
namespace {

// All known writes to one key of one map, best first.
struct Contest {
    MapId map;
    std::vector<const Write*> writes;    // LWW: all; OR: records
    std::vector<const Write*> removals;  // OR: removed tags
};

int compare_writes(const Write& a, const Write& b) {
    if (const auto order = a.stamp() <=> b.stamp(); order != 0) return order < 0 ? -1 : 1;
    return compare_content(a.value, a.ttl_ms, b.value, b.ttl_ms);
}

class Why final : public Command {
public:
    const char* name() const noexcept override { return "why"; }
    const char* summary() const noexcept override {
        return "Explain which write to a key won, which lost, and why";
    }
    const char* examples() const noexcept override {
        return "topgun-cli why nodeA.tgs phone.msgpack user-17\n"
               "topgun-cli why ./data nodeB.tgs user-17 --map users --json";
    }
    void add_options(CLI::App& app) override {
        add_source_arguments(app, "source-and-key", arguments_,
                             "One or more sources, then the key: SOURCE... KEY");
        add_reading_options(app, reading_);
        add_moment_option(app, "--until", until_,
                          "Only what was stamped up to this moment, inclusive");
        add_json_option(app, json_);
    }

    Result<ExitCode> run(Streams io) override {
        if (arguments_.size() < 2)
            return Error(Errc::usage, "expected one or more sources and a key");
        const std::string key = arguments_.back();
        arguments_.pop_back();
        auto options = read_options(reading_);
        if (!options) return std::move(options).error();
        options->until = until_;
        std::deque<Write> writes;
        auto worst = ExitCode::ok;
        for (const auto& path : arguments_) {
            auto report = collect_writes(path, *options, key, writes);
            if (!report) return std::move(report).error();
            worst = worse_of(worst, tell_damage(*report, io));
        }
        const auto contests = sort_out(writes);
        if (contests.empty()) {
            io.err.error("no source holds a write to key '" + printable(key) + "'");
            return worse_of(worst, ExitCode::differences);
        }
        JsonWriter json(io.out);
        if (json_) json.begin_report().field("key", key).key("maps").begin_array();
        bool first = true;
        for (const auto& contest : contests) {
            if (json_) {
                explain_json(json, contest);
                continue;
            }
            if (!first) io.out << '\n';
            first = false;
            if (contest.map.kind == MapKind::or_map)
                explain_or(io.out, contest, key);
            else if (contest.map.kind == MapKind::counter)
                explain_counter(io.out, contest, key);
            else
                explain_lww(io.out, contest, key);
        }
        if (json_) json.end_array().end_report(worst == ExitCode::ok);
        return worst;
    }

private:
    static std::vector<Contest> sort_out(const std::deque<Write>& writes) {
        std::map<MapId, Contest> by_map;
        std::map<std::string, std::set<std::string>> tags;  // of the key's records, by map
        for (const auto& write : writes) {
            if (write.kind == OpKind::or_add) tags[write.map].insert(write.tag);
        }
        for (const auto& write : writes) {
            const bool removal = write.kind == OpKind::or_remove;
            if (removal && write.key.empty() && !tags[write.map].contains(write.tag)) continue;
            auto& contest = by_map[{write.map, map_kind_of(write.kind)}];
            contest.map = {write.map, map_kind_of(write.kind)};
            (removal ? contest.removals : contest.writes).push_back(&write);
        }
        std::vector<Contest> out;
        for (auto& [id, contest] : by_map) {
            std::sort(contest.writes.begin(), contest.writes.end(),
                      [](const Write* a, const Write* b) { return compare_writes(*a, *b) > 0; });
            out.push_back(std::move(contest));
        }
        return out;
    }

    static std::string sources_of(const Write& write) {
        std::string text;
        for (const auto& source : write.seen_in)
            text += (text.empty() ? "" : ", ") + printable(source);
        return text;
    }

    // The values of a contest often differ at their end: they get a line of their own.
    static void describe(Output& out, std::string_view verdict, const Write& write) {
        constexpr std::size_t kValueColumns = 400;
        out << "  " << verdict << printable(stamp_text(write.stamp())) << "  "
            << format_utc(write.millis) << "  in " << sources_of(write) << "\n  "
            << std::string(verdict.size(), ' ')
            << (write.value.empty() ? std::string("(a removal)")
                                    : value_text(write.value, kValueColumns))
            << '\n';
    }

    static std::string reason(const Write& winner, const Write& loser) {
        switch (deciding_field(winner.stamp(), loser.stamp())) {
            case StampField::millis:
                return "time decided: node " + printable(winner.node) + " stamped its write " +
                       human_duration(winner.millis - loser.millis) + " later than node " +
                       printable(loser.node);
            case StampField::counter:
                return "the counter decided: both were stamped in the same millisecond, " +
                       std::to_string(winner.counter) + " beats " + std::to_string(loser.counter);
            case StampField::node:
                return "the node id decided: same millisecond and counter, '" +
                       printable(winner.node) + "' sorts after '" + printable(loser.node) + "'";
            case StampField::none: break;
        }
        return "the stamps are equal, which two correct clocks never produce; the greater content "
               "was "
               "kept so that all replicas agree. TopGun's own peers keep whichever came first";
    }

    static void explain_lww(Output& out, const Contest& contest, const std::string& key) {
        const auto& winner = *contest.writes.front();
        const auto now = system_time().now_ms();
        out << out.styled(Style::bold, printable(contest.map.name) + '/' + printable(key)) << ": "
            << (winner.value.empty() ? "the removal" : "the value") << " written by node "
            << printable(winner.node) << " at " << format_utc(winner.millis) << " wins";
        if (contest.writes.size() == 1) {
            out << ": it is the only write known.\n";
        } else {
            out << "; " << counted(contest.writes.size() - 1, "other write", "other writes")
                << " lost. Against the closest one, " << reason(winner, *contest.writes[1])
                << ".\n";
        }
        if (winner.millis > now) {
            out << "Its clock runs ahead: the stamp lies " << human_duration(winner.millis - now)
                << " after this machine's time.\n";
        }
        if (is_expired(winner.millis, winner.ttl_ms, now)) {
            out << "It has outlived its time to live of " << human_duration(winner.ttl_ms)
                << " and is no longer visible.\n";
        }
        out << '\n';
        describe(out, "won   ", winner);
        for (std::size_t i = 1; i < contest.writes.size(); ++i) {
            describe(out, "lost  ", *contest.writes[i]);
        }
    }

    static const Write* removal_of(const Contest& contest, const Write& record) {
        for (const auto* removal : contest.removals) {
            if (removal->tag == record.tag) return removal;
        }
        return nullptr;
    }

    static void explain_or(Output& out, const Contest& contest, const std::string& key) {
        std::size_t live = 0;
        for (const auto* write : contest.writes)
            live += removal_of(contest, *write) == nullptr ? 1 : 0;
        out << out.styled(Style::bold, printable(contest.map.name) + '/' + printable(key))
            << ": an OR-Map key, " << human_count(live) << " of "
            << counted(contest.writes.size(), "record", "records")
            << (live == 1 || contest.writes.size() == 1 ? " stands" : " stand")
            << ". Each tag stands or falls by itself: a removed tag never comes back, an add that "
               "the "
               "remover had not seen survives.\n\n";
        for (const auto* write : contest.writes) {
            const auto* removal = removal_of(contest, *write);
            describe(out, removal == nullptr ? "stands   " : "removed  ", *write);
            if (removal == nullptr) continue;
            out << "           tag removed";
            if (removal->stamped()) {
                out << " by node " << printable(removal->node) << " at "
                    << format_utc(removal->millis);
            }
            out << ", seen in " << sources_of(*removal) << '\n';
        }
        for (const auto* removal : contest.removals) {
            const bool known = std::any_of(contest.writes.begin(), contest.writes.end(),
                                           [&](const Write* w) { return w->tag == removal->tag; });
            if (!known) {
                out << "  removed  tag " << printable(removal->tag)
                    << ", whose add no source holds\n";
            }
        }
    }

    // What a merge makes of all entries seen: of each count the largest.
    static std::pair<double, double> merged_counts(const Contest& contest) {
        double positive = 0, negative = 0;
        for (const auto* write : contest.writes) {
            double p = 0, n = 0;
            decode_counter_entry(write->value, p, n);
            positive = std::max(positive, p);
            negative = std::max(negative, n);
        }
        return {positive, negative};
    }

    static void explain_counter(Output& out, const Contest& contest, const std::string& key) {
        const auto [positive, negative] = merged_counts(contest);
        Bytes merged;
        encode_counter_entry(positive, negative, merged);
        out << out.styled(Style::bold, printable(contest.map.name))
            << ": the counter entry of node " << printable(key) << " is " << value_text(merged, 60)
            << ": of each count the largest one seen stands.\n\n";
        for (const auto* write : contest.writes) {
            out << "  seen  " << value_text(write->value, 60) << "  in " << sources_of(*write)
                << '\n';
        }
    }

    static void write_json(JsonWriter& json, const Write& write) {
        json.begin_object();
        if (write.kind == OpKind::or_remove) {
            json.field("removedTag", write.tag);
        } else if (write.kind == OpKind::counter) {
            double positive = 0, negative = 0;
            decode_counter_entry(write.value, positive, negative);
            json.field("node", write.key).field("p", positive).field("n", negative);
        } else {
            json.field("ts", stamp_text(write.stamp())).field("node", write.node);
            json.field("time", format_utc(write.millis));
            if (write.kind == OpKind::or_add) json.field("tag", write.tag);
            if (write.value.empty())
                json.field("deleted", true);
            else
                json.key("value").canonical(write.value);
            if (write.ttl_ms != kNoTtl) json.field("ttlMs", write.ttl_ms);
        }
        json.key("sources").begin_array();
        for (const auto& source : write.seen_in) json.value(source);
        json.end_array().end_object();
    }

    static void explain_json(JsonWriter& json, const Contest& contest) {
        json.begin_object()
            .field("map", contest.map.name)
            .field("kind", map_kind_name(contest.map.kind));
        if (contest.map.kind == MapKind::lww) {
            const auto& winner = *contest.writes.front();
            const auto now = system_time().now_ms();
            json.key("winner");
            write_json(json, winner);
            const bool contested = contest.writes.size() > 1;
            const auto field = contested
                                   ? deciding_field(winner.stamp(), contest.writes[1]->stamp())
                                   : StampField::none;
            json.field("decidedBy",
                       !contested ? std::string_view("only write") : stamp_field_name(field));
            if (field == StampField::millis) {
                json.field("aheadMs", winner.millis - contest.writes[1]->millis);
            }
            json.field("aheadOfNowMs", winner.millis > now ? winner.millis - now : 0);
            json.key("losers").begin_array();
            for (std::size_t i = 1; i < contest.writes.size(); ++i)
                write_json(json, *contest.writes[i]);
            json.end_array();
        } else if (contest.map.kind == MapKind::counter) {
            const auto [positive, negative] = merged_counts(contest);
            json.field("p", positive).field("n", negative).key("seen").begin_array();
            for (const auto* write : contest.writes) write_json(json, *write);
            json.end_array();
        } else {
            for (const bool live : {true, false}) {
                json.key(live ? "standing" : "removed").begin_array();
                for (const auto* write : contest.writes) {
                    if ((removal_of(contest, *write) == nullptr) == live) write_json(json, *write);
                }
                json.end_array();
            }
            json.key("removals").begin_array();
            for (const auto* removal : contest.removals) write_json(json, *removal);
            json.end_array();
        }
        json.end_object();
    }

    std::vector<std::string> arguments_;
    ReadingOptions reading_;
    std::optional<Timestamp> until_;
    bool json_ = false;
};

}  // namespace
}  // namespace topgun::cli

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::Why>(argc, argv);
}
