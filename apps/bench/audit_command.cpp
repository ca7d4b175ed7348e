// SPDX-License-Identifier: Apache-2.0
#include "audit_command.hpp"

#include "common/json_writer.hpp"
#include "common/options.hpp"
#include "common/signals.hpp"
#include "common/table.hpp"
#include "common/text.hpp"

namespace topgun::cli {
namespace {

// The ledger holds every place in memory.
constexpr std::uint64_t kMostKeys = 10'000'000;
constexpr std::uint64_t kMostKills = 100'000;

const char* loss_word(Loss::Kind kind) {
    switch (kind) {
        case Loss::Kind::missing: return "missing";
        case Loss::Kind::older: return "older";
        case Loss::Kind::altered: return "altered";
    }
    return "";
}

std::string tenths_of_ms(std::uint64_t microseconds) {
    return std::to_string(microseconds / 1000) + '.' + std::to_string(microseconds / 100 % 10) +
           " ms";
}

}  // namespace

void AuditCommand::add_options(CLI::App& app) {
    auto& workload = options_.workload;
    // All that an endpoint can hold of a map's kinds: values, removals and tagged records.
    workload.mix.weights = {93, 4, 3, 0};
    workload.keys = 1'000;
    add_count_option(app, "--kills", options_.kills, "How often it is killed (10)");
    add_duration_option(app, "--kill-within", options_.kill_within_ms,
                        "Each kill comes within so long of the first acknowledgement (500ms)");
    add_count_option(app, "--seed", workload.seed,
                     "The same seed makes the same writes and moments (1)");
    add_count_option(app, "--connections", options_.connections, "Connections that write (8)");
    add_count_option(app, "--batch", options_.batch, "Ops of one OP_BATCH (100)");
    add_count_option(app, "--in-flight", options_.in_flight,
                     "Batches of one connection that wait for acknowledgement (4)");
    add_count_option(app, "--keys", workload.keys, "Keys of one connection (1k)");
    add_count_option(app, "--value-bytes", workload.value_bytes, "Text in each value (64)");
    app.add_option("--data", data_, "Where its data directory is made, and removed")
        ->type_name("DIR");
    app.add_option("--fsync", options_.fsync, "When it forces writes to the disk (batch)")
        ->type_name("WORD")
        ->check(CLI::IsMember({"batch", "op", "never"}));
    add_count_option(app, "--checkpoint-bytes", options_.checkpoint_bytes,
                     "It writes a snapshot when logs have grown by so much (1M)");
    app.add_flag("--keep", keep_, "Leave the data directory, also when nothing is lost");
    add_json_option(app, json_);
}

Status AuditCommand::check() const {
    const auto within = [](const char* name, std::uint64_t value, std::uint64_t most) -> Status {
        if (value >= 1 && value <= most) return {};
        return Error(Errc::usage,
                     std::string(name) + ": 1 to " + std::to_string(most) + " is expected");
    };
    TOPGUN_TRY(within("--kills", options_.kills, kMostKills));
    TOPGUN_TRY(within("--kill-within", options_.kill_within_ms, 3'600'000));
    TOPGUN_TRY(within("--connections", options_.connections, 1'000));
    TOPGUN_TRY(within("--batch", options_.batch, 1'000));
    TOPGUN_TRY(within("--in-flight", options_.in_flight, 1'000));
    TOPGUN_TRY(within("--keys", options_.workload.keys, kMostKeys));
    return within("--value-bytes", options_.workload.value_bytes, 1'000);
}

Result<ExitCode> AuditCommand::run(Streams io) {
    TOPGUN_TRY(check());
    const CancelScope stoppable;
    auto scratch = ScratchFolder::create(data_);
    if (!scratch) return std::move(scratch).error();
    if (keep_) scratch->keep();
    options_.data = scratch->path() + "/data";
    Audit::Hooks hooks;
    hooks.stop = [] { return cancel_requested(); };
    std::uint64_t number = 0;
    hooks.round = [&](const AuditRound& round) {
        io.err.detail("kill " + std::to_string(++number) + " of " + std::to_string(options_.kills) +
                      ": " + counted(round.acknowledged, "op", "ops") + " acknowledged, " +
                      human_count(round.verdict.checked) + " checked, " +
                      human_count(round.verdict.lost) + " lost");
    };
    Audit audit(options_, std::move(hooks));
    auto result = audit.run();
    if (!result) {
        // What cannot even be opened is what someone will want to look at.
        scratch->keep();
        io.err.note("the data directory is " + options_.data);
        return std::move(result).error();
    }
    return tell(*result, *scratch, io);
}

Result<ExitCode> AuditCommand::tell(const AuditResult& result, ScratchFolder& scratch,
                                    Streams io) const {
    const bool complete = result.trouble.empty() && result.acknowledged > 0;
    if (json_)
        write_json(result, complete, io);
    else
        write_text(result, io);
    for (const auto& round : result.rounds) {
        for (const auto& loss : round.verdict.losses) {
            io.err.error(std::string("lost: ") + describe_place(loss.place) + " is " +
                         loss_word(loss.kind) + "; acknowledged at " +
                         std::to_string(loss.acknowledged.millis) + ':' +
                         std::to_string(loss.acknowledged.counter));
        }
    }
    auto code = ExitCode::ok;
    if (result.acknowledged == 0) {
        io.err.error("nothing was acknowledged before a kill, so nothing was proved");
        code = ExitCode::incomplete;
    }
    if (!result.trouble.empty()) {
        io.err.error("ended early: " + result.trouble);
        code = ExitCode::incomplete;
    }
    if (result.rejected > 0) {
        io.err.error(counted(result.rejected, "op was rejected", "ops were rejected"));
        code = ExitCode::incomplete;
    }
    if (result.lost > 0) {
        scratch.keep();
        io.err.error(
            counted(result.lost, "acknowledged write was lost", "acknowledged writes were lost") +
            "; the data directory is " + options_.data);
        // A loss that was seen outweighs what was not looked at.
        code = ExitCode::differences;
    }
    return code;
}

void AuditCommand::write_text(const AuditResult& result, Streams io) const {
    constexpr auto kRight = Table::Align::right;
    Table table({{"Kill", kRight},
                 {"After", kRight},
                 {"Acknowledged", kRight},
                 {"Under way", kRight},
                 {"Checked", kRight},
                 {"Kept", kRight},
                 {"Lost", kRight}});
    std::uint64_t number = 0, checked = 0, kept = 0, under_way = 0;
    for (const auto& round : result.rounds) {
        const auto& verdict = round.verdict;
        table.add_row({human_count(++number), tenths_of_ms(round.killed_after_us),
                       human_count(round.acknowledged), human_count(round.unacknowledged),
                       human_count(verdict.checked), human_count(verdict.kept),
                       human_count(verdict.lost)});
        checked += verdict.checked;
        kept += verdict.kept;
        under_way += round.unacknowledged;
    }
    table.add_row({"all", "", human_count(result.acknowledged), human_count(under_way),
                   human_count(checked), human_count(kept), human_count(result.lost)});
    table.print(io.out);
}

void AuditCommand::write_json(const AuditResult& result, bool complete, Streams io) const {
    JsonWriter json(io.out);
    json.begin_report().field("data", options_.data).field("fsync", options_.fsync);
    json.field("seed", options_.workload.seed).key("rounds").begin_array();
    std::uint64_t checked = 0;
    for (const auto& round : result.rounds) {
        const auto& verdict = round.verdict;
        checked += verdict.checked;
        json.begin_object();
        json.field("killedAfterMs", static_cast<double>(round.killed_after_us) / 1000);
        json.field("acknowledged", round.acknowledged);
        json.field("unacknowledged", round.unacknowledged).field("checked", verdict.checked);
        json.field("kept", verdict.kept).field("lost", verdict.lost).end_object();
    }
    json.end_array().field("acknowledged", result.acknowledged);
    json.key("acknowledgedAs").begin_object();
    for (std::size_t level = 0; level < result.levels.size(); ++level) {
        json.field(level_word(level), result.levels[level]);
    }
    json.end_object().field("checked", checked).field("lost", result.lost);
    json.field("rejected", result.rejected).key("losses").begin_array();
    for (const auto& round : result.rounds) {
        for (const auto& loss : round.verdict.losses) {
            json.begin_object().field("place", describe_place(loss.place));
            json.field("what", loss_word(loss.kind)).field("millis", loss.acknowledged.millis);
            json.field("counter", loss.acknowledged.counter).end_object();
        }
    }
    json.end_array().end_report(complete);
}

}  // namespace topgun::cli
