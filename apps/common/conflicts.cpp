// SPDX-License-Identifier: Apache-2.0
#include "common/conflicts.hpp"

#include <numeric>

#include "common/text.hpp"

namespace topgun::cli {
namespace {

constexpr const char* kJsonNames[] = {"time", "counter", "node", "equalStamp", "removedTag"};
constexpr const char* kWords[] = {"time", "counter", "node id", "content under one stamp",
                                  "removed tags"};

}  // namespace

void add_conflict_options(CLI::App& app, ConflictOptions& options) {
    add_file_option(
        app, "--report", options.report,
        "Tell each conflict: winner, loser and why (.ndjson for JSON lines; - is standard "
        "output)");
    add_file_option(app, "--losers", options.losers,
                    "Keep every overwritten write (.tgl, .msgpack or .ndjson)");
}

Status check_stdout_taken_once(const ConflictOptions& options, bool by_output, bool by_json) {
    const int takers = (options.report == "-") + (options.losers == "-") + by_output + by_json;
    if (takers < 2) return {};
    return Error(Errc::usage,
                 "standard output can take one of them only: the state, --json, --report "
                 "or --losers; name files for the others");
}

Status hear_conflicts(const StateReader& merged) {
    const auto ignore = [](const Row&) {};
    for (const auto& id : merged.maps()) {
        auto rows = merged.rows(id, {HashRange{}});
        if (!rows) return std::move(rows).error();
        TOPGUN_TRY(for_each_row(**rows, ignore));
    }
    return {};
}

Result<std::unique_ptr<ConflictRecorder>> ConflictRecorder::create(const ConflictOptions& options,
                                                                   Streams io) {
    std::unique_ptr<ConflictRecorder> recorder(new ConflictRecorder(io));
    if (!options.report.empty()) {
        auto report = ChosenOutput::open(options.report, recorder->io_);
        if (!report) return std::move(report).error();
        recorder->report_.emplace(std::move(*report));
        if (options.report.ends_with("json") || options.report.ends_with(".jsonl")) {
            recorder->objects_.emplace(**recorder->report_, JsonWriter::Layout::compact);
        }
    }
    if (!options.losers.empty()) {
        const auto format = options.losers == "-" ? Format::ndjson : Format::automatic;
        auto losers = OpWriter::create(options.losers, format, {}, stdout_writer(io));
        if (!losers) return std::move(losers).error();
        recorder->losers_ = std::move(*losers);
    }
    return recorder;
}

ConflictRecorder::Reason ConflictRecorder::reason_of(const Conflict& conflict) noexcept {
    if (conflict.winner.removed) return by_removal;
    switch (conflict.decided_by) {
        case StampField::millis: return by_time;
        case StampField::counter: return by_counter;
        case StampField::node: return by_node;
        case StampField::none: break;
    }
    return by_content;
}

void ConflictRecorder::on_conflict(const Conflict& conflict) {
    const auto reason = reason_of(conflict);
    ++counts_[reason];
    if (objects_)
        write_object(conflict, reason);
    else if (report_)
        write_text(conflict, reason);
    if (losers_ && failed_) {
        if (auto added = losers_->add(row_op(conflict.map, conflict.loser)); !added) {
            failed_ = std::move(added);
        }
    }
}

void ConflictRecorder::write_text(const Conflict& conflict, Reason reason) {
    auto& out = **report_;
    const auto& winner = conflict.winner;
    const auto& loser = conflict.loser;
    out << printable(conflict.map.name) << '/' << printable(loser.key);
    if (reason == by_removal) {
        out << "  removed: the record with tag " << printable(loser.tag) << " is gone\n";
        return;
    }
    out << "  kept " << printable(stamp_text(winner.stamp));
    if (winner.value.empty()) out << " (a removal)";
    out << ", lost " << printable(stamp_text(loser.stamp));
    if (loser.value.empty()) out << " (a removal)";
    switch (reason) {
        case by_time:
            out << ": later by " << human_duration(winner.stamp.millis - loser.stamp.millis);
            break;
        case by_counter: out << ": same millisecond, higher counter"; break;
        case by_node: out << ": same time, higher node id"; break;
        default: out << ": equal stamps, decided by content"; break;
    }
    out << '\n';
}

void ConflictRecorder::write_object(const Conflict& conflict, Reason reason) {
    auto& json = *objects_;
    json.begin_object().field("map", conflict.map.name);
    json.field("kind", map_kind_name(conflict.map.kind)).field("key", conflict.loser.key);
    json.field("decidedBy", kJsonNames[reason]);
    for (const bool won : {true, false}) {
        json.key(won ? "winner" : "loser").begin_object();
        row_fields(json, conflict.map.kind, won ? conflict.winner : conflict.loser);
        json.end_object();
    }
    json.end_object();
}

Status ConflictRecorder::finish() {
    TOPGUN_TRY(std::move(failed_));
    if (losers_) TOPGUN_TRY(losers_->finish());
    if (report_) TOPGUN_TRY(report_->finish());
    return {};
}

std::uint64_t ConflictRecorder::total() const noexcept {
    return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::string ConflictRecorder::summary() const {
    std::string text = counted(total(), "conflict", "conflicts");
    const char* separator = ": ";
    for (std::size_t i = 0; i < kReasons; ++i) {
        if (counts_[i] == 0) continue;
        text += separator + human_count(counts_[i]) + " decided by " + kWords[i];
        separator = ", ";
    }
    return text;
}

void ConflictRecorder::write_json(JsonWriter& json) const {
    json.begin_object().field("total", total());
    for (std::size_t i = 0; i < kReasons; ++i) json.field(kJsonNames[i], counts_[i]);
    json.end_object();
}

}  // namespace topgun::cli
