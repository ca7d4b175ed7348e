// SPDX-License-Identifier: Apache-2.0
#include "topgun/pg/export.hpp"

#include <algorithm>
#include <charconv>
#include <future>

#include "export_reader.hpp"
#include "export_write.hpp"

namespace topgun::pg {
namespace {

// Numbers of transactions are told apart within 2^31.
constexpr std::uint64_t kMostTransactionsBetween = std::uint64_t{1} << 30;

std::uint64_t number(std::string_view text) {
    std::uint64_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

class Exporter {
public:
    explicit Exporter(const ExportOptions& options)
        : options_(options), parts_(options.output), share_{options, parts_, {}, {}, {}, {}} {}

    Result<ExportReport> run() {
        auto status = run_stages();
        if (status) return std::move(report_);
        // A folder without a finished part helps nobody.
        readers_.clear();
        if (parts_.on_disk() && parts_.parts().empty()) TOPGUN_TRY(parts_.remove());
        return std::move(status).error();
    }

private:
    Status run_stages() {
        TOPGUN_TRY(begin());
        TOPGUN_TRY(prepare_parts());
        TOPGUN_TRY(read());
        return write();
    }

    // Fixes the moment, and keeps the table from being rewritten.
    Status begin() {
        auto session = open_session(options_, [this] { return share_.stopping(); }, {});
        if (!session) return std::move(session).error();
        session_ = std::move(*session);
        report_.database = session_->name();
        auto table = choose_map_table(*session_, split_table_url(options_.url).table);
        if (!table) return std::move(table).error().within(session_->name());
        report_.table = share_.table = std::move(*table);
        TOPGUN_TRY(session_->run("LOCK TABLE " + share_.table.quoted() + " IN ACCESS SHARE MODE"));
        auto moment = session_->query(
            "SELECT pg_export_snapshot(), (extract(epoch FROM now()) * 1000)::int8,"
            " txid_snapshot_xmin(txid_current_snapshot())");
        if (!moment) return std::move(moment).error();
        share_.snapshot = moment->at(0, 0);
        moment_ = {number(moment->at(0, 1)), number(moment->at(0, 2))};
        auto plan = plan_table(*session_, share_.table);
        if (!plan) return std::move(plan).error();
        share_.plan = std::move(*plan);
        return {};
    }

    Status prepare_parts() {
        ExportTarget target{report_.database, share_.table.shown(), share_.plan.relations,
                            options_.maps, share_.plan.unit_blocks};
        auto kept = ExportParts::kept(options_.output);
        // A list that cannot be read is no reason not to begin afresh.
        if (!kept && options_.resume) return std::move(kept).error();
        const bool any = kept && *kept && !(*kept)->parts.empty();
        if (any && options_.resume) return take_up(std::move(**kept), std::move(target));
        if (options_.resume) note("there is nothing to take up: beginning afresh");
        if (any && !options_.resume) {
            note(parts_.folder() + ": " + std::to_string((*kept)->parts.size()) +
                 " finished parts of an interrupted export are dropped (--resume takes them up)");
        }
        share_.since.resize(share_.plan.units() + 1);
        return parts_.start_afresh(std::move(target), moment_);
    }

    Status take_up(ExportManifest kept, ExportTarget target) {
        target.unit_blocks = share_.plan.unit_blocks = kept.target.unit_blocks;
        if (kept.target != target) {
            return Error(Errc::usage, parts_.folder() + ": the parts there are of " +
                                          (kept.target.relations != target.relations
                                               ? "a table that was made anew since"
                                               : "another database, table or choice of maps") +
                                          "; begin afresh, without --resume");
        }
        share_.since.resize(share_.plan.units() + 1);
        for (const auto& part : kept.parts) {
            const auto from = kept.moments[part.moment].transaction;
            if (moment_.transaction - from > kMostTransactionsBetween) {
                return Error(Errc::usage, parts_.folder() +
                                              ": the parts there are too old; begin "
                                              "afresh, without --resume");
            }
            for (const auto unit : part.units) {
                if (unit < share_.plan.units()) share_.since[unit] = from;
            }
        }
        return parts_.take_up(std::move(kept), moment_);
    }

    // Units at one stretch that are read alike, as one condition each.
    std::string condition() const {
        std::string out;
        const auto& since = share_.since;
        for (std::size_t first = 0, end = 0; first < share_.plan.units(); first = end) {
            while (end < share_.plan.units() && since[end] == since[first]) ++end;
            out += out.empty() ? "" : " OR ";
            out += "(" + share_.plan.condition(first, end - first, since[first]) + ")";
        }
        return out;
    }

    Status read() {
        TableReadOptions counting;
        counting.maps = options_.maps;
        const bool whole = parts_.parts().empty();
        if (!whole) counting.where = condition();
        // What the server guesses is better than nothing until it has counted.
        tell_total(whole && options_.maps.empty() ? share_.table.estimated_rows : 0);
        const auto jobs = std::clamp<std::uint64_t>(options_.jobs, 1, share_.since.size());
        std::vector<std::future<Status>> running;
        for (std::uint64_t i = 0; i < jobs; ++i) {
            readers_.push_back(std::make_unique<UnitReader>(share_));
            running.push_back(std::async(
                std::launch::async, [reader = readers_.back().get()] { return reader->run(); }));
        }
        auto counted = count_rows(*session_, share_.table, counting);
        if (counted)
            tell_total(*counted);
        else
            share_.failed = true;
        TOPGUN_TRY(first_error(running, counted));
        // The moment is not needed any more, and would keep the server from tidying up.
        session_.reset();
        std::uint64_t rows = 0;
        for (const auto& reader : readers_) rows += reader->rows_read();
        if (rows == *counted) return {};
        return Error(Errc::bad_input, share_.table.shown() + ": " + std::to_string(rows) +
                                          " rows were read, and the database counts " +
                                          std::to_string(*counted))
            .within(report_.database);
    }

    void tell_total(std::uint64_t rows) const {
        if (options_.stage) options_.stage(ExportStage::reading, rows);
    }

    // Of the errors the one that made the others stop.
    static Status first_error(std::vector<std::future<Status>>& running,
                              const Result<std::uint64_t>& counted) {
        Status worst;
        const auto hear = [&worst](Status status) {
            if (status) return;
            if (worst || worst.error().code() == Errc::cancelled) worst = std::move(status);
        };
        // With the session that counts, the others lose their moment.
        if (!counted) hear(counted.error().clone());
        for (auto& one : running) hear(one.get());
        return worst;
    }

    Status write() {
        Tally tally;
        std::vector<std::unique_ptr<StateReader>> rest;
        for (auto& reader : readers_) {
            // Where parts had to leave memory, the rest makes room for the merge, and can be taken
            // up when that fails.
            if (parts_.on_disk()) TOPGUN_TRY(reader->finish_part());
            report_.read.add(reader->part().read);
            tally.add(reader->rows().tally());
            if (!reader->rows().empty()) rest.push_back(reader->rows().take_state());
        }
        readers_.clear();
        for (const auto& part : parts_.parts()) report_.read.add(part.read);
        auto written = write_export(options_, parts_, rest, std::move(tally));
        if (!written) return std::move(written).error();
        report_.written = *written;
        report_.superseded = report_.read.ops - written->rows;
        for (const auto& moment : parts_.moments()) report_.moments.push_back(moment.millis);
        report_.parts = parts_.parts().size();
        return parts_.on_disk() ? parts_.remove() : Status();
    }

    void note(const std::string& text) const {
        if (options_.note) options_.note(text);
    }

    const ExportOptions& options_;
    ExportParts parts_;
    ReadingShare share_;
    ExportMoment moment_;
    std::unique_ptr<Connection> session_;
    std::vector<std::unique_ptr<UnitReader>> readers_;
    ExportReport report_;
};

}  // namespace

Result<ExportReport> export_table(const ExportOptions& options) {
    return Exporter(options).run();
}

Result<std::optional<KeptParts>> kept_parts(const std::string& output) {
    auto kept = ExportParts::kept(output);
    if (!kept) return std::move(kept).error();
    if (!*kept || (*kept)->parts.empty()) return std::optional<KeptParts>();
    KeptParts out;
    out.folder = ExportParts::folder_of(output);
    out.parts = (*kept)->parts.size();
    for (const auto& part : (*kept)->parts) out.rows += part.read.rows;
    out.moment = (*kept)->moments[(*kept)->parts.back().moment].millis;
    return std::optional(std::move(out));
}

}  // namespace topgun::pg
