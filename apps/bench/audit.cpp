// SPDX-License-Identifier: Apache-2.0
#include "audit.hpp"

#include <algorithm>
#include <csignal>

#include "topgun/net/channel.hpp"
#include "topgun/sync/client.hpp"

namespace topgun::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStopCheck{50};
// A socket whose peer was killed ends at once; this is for one that does not.
constexpr std::chrono::seconds kLastWord{10};
constexpr std::uint64_t kPatienceNs = 30'000'000'000;

// Every row of a state by its place.
Result<ReadBack> collect(const SharedReplica& shared) {
    ReadBack out;
    const auto state = read_live(shared);
    for (const auto& map : state->maps()) {
        auto rows = state->rows(map);
        if (!rows) return std::move(rows).error();
        TOPGUN_TRY(for_each_row(**rows, [&](const Row& row) {
            if (row.removed) return;
            out.insert_or_assign(place_of(map.kind, map.name, row.key, row.tag),
                                 written_of(row.stamp, row.value));
        }));
    }
    return out;
}

}  // namespace

// Load until the server is killed under it, and the last acknowledgement that came before.
class Audit::Assault final : public SessionObserver {
public:
    Assault(Audit& audit, net::ChannelLoop& loop, ServerProcess server, AuditRound& round)
        : audit_(audit), loop_(loop), server_(std::move(server)), round_(round) {}

    /// @return what kept it from being an assault; empty when nothing did.
    std::string run(std::chrono::microseconds until_kill) {
        until_kill_ = until_kill;
        for (std::size_t i = 0; i < audit_.workloads_.size(); ++i) {
            sessions_.push_back(
                std::make_unique<Session>(loop_, server_.url(), std::string(), i, *this));
        }
        watch();
        loop_.run();
        if (!killed_) (void)server_.end(SIGKILL);
        for (const auto& session : sessions_) {
            for (const auto& batch : session->in_flight()) round_.unacknowledged += batch.ops;
            audit_.result_.rejected += session->counts().rejected;
            if (trouble_.empty() && session->counts().errors > 0) trouble_ = session->last_error();
        }
        return trouble_;
    }

    void on_ready(Session&) override {
        if (++ready_ < sessions_.size()) return;
        begun_ns_ = steady_ns();
        for (auto& session : sessions_) fill(*session);
    }

    void on_acknowledged(Session& session, const SentBatch& batch,
                         std::optional<wire::WriteConcern> level) override {
        const auto ops = audit_.ledger_.acknowledged(session.index(), batch.last_id);
        round_.acknowledged += ops;
        audit_.result_.levels[level_place(level)] += ops;
        // From the first one on, so that no kill comes before there is anything to lose.
        if (!std::exchange(awaited_, true)) loop_.after(until_kill_, [this] { kill(); });
        fill(session);
    }

    void on_answered(Session&, std::uint64_t) override {}

    void on_closed(Session&, const std::string& reason) override {
        if (!killed_ && trouble_.empty()) {
            trouble_ = "a connection ended before the kill: " + reason;
            loop_.stop();
        }
        if (++closed_ == sessions_.size()) loop_.stop();
    }

private:
    void fill(Session& session) {
        while (!killed_ && session.ready() &&
               session.in_flight().size() < audit_.options_.in_flight) {
            auto& workload = *audit_.workloads_[session.index()];
            session.send(workload.next(static_cast<std::size_t>(audit_.options_.batch)),
                         steady_ns());
        }
    }

    void kill() {
        killed_ = true;
        round_.killed_after_us = (steady_ns() - begun_ns_) / 1000;
        (void)server_.end(SIGKILL);
        // Acknowledgements that left before still count: they stand in the sockets.
        loop_.after(kLastWord, [this] { loop_.stop(); });
    }

    void watch() {
        if (!awaited_ && steady_ns() - made_ns_ > kPatienceNs) {
            trouble_ = "nothing was acknowledged in 30 seconds";
            return loop_.stop();
        }
        if (audit_.hooks_.stop && audit_.hooks_.stop()) {
            trouble_ = "interrupted";
            return loop_.stop();
        }
        loop_.after(kStopCheck, [this] { watch(); });
    }

    Audit& audit_;
    net::ChannelLoop& loop_;
    ServerProcess server_;
    AuditRound& round_;
    std::vector<std::unique_ptr<Session>> sessions_;
    std::chrono::microseconds until_kill_{};
    std::size_t ready_ = 0, closed_ = 0;
    std::uint64_t made_ns_ = steady_ns(), begun_ns_ = 0;
    bool awaited_ = false, killed_ = false;
    std::string trouble_;
};

Audit::Audit(AuditOptions options, Hooks hooks)
    : options_(std::move(options)), hooks_(std::move(hooks)), random_(options_.workload.seed) {
    for (std::size_t i = 0; i < options_.connections; ++i) {
        workloads_.push_back(std::make_unique<Workload>(
            options_.workload, i,
            [this, i](const Op& op, std::uint64_t number) { ledger_.sent(i, op, number); }));
    }
}

Result<ServerProcess> Audit::start() const {
    return ServerProcess::start({"--data", options_.data, "--fsync", options_.fsync,
                                 "--checkpoint-bytes", std::to_string(options_.checkpoint_bytes)},
                                options_.program);
}

Status Audit::load_and_kill(ServerProcess server, AuditRound& round) {
    auto loop = net::ChannelLoop::create({}, false);
    if (!loop) return std::move(loop).error();
    const auto moment = 1 + random_.below(options_.kill_within_ms * 1000);
    Assault assault(*this, **loop, std::move(server), round);
    result_.trouble = assault.run(std::chrono::microseconds(moment));
    return {};
}

// Pulls everything by TopGun's Merkle walk: other messages and other code of the server than those
// that wrote it.
Result<ReadBack> Audit::read_back(const net::Url& url) const {
    sync::SyncJob job;
    job.direction = sync::SyncDirection::pull;
    job.method = sync::SyncMethod::walk;
    for (std::size_t i = 0; i < options_.connections; ++i) {
        job.maps.push_back({Workload::map_name(options_.workload, i), MapKind::lww});
        job.maps.push_back({Workload::or_map_name(options_.workload, i), MapKind::or_map});
    }
    sync::MemoryReplica memory;
    sync::Client client({}, memory);
    client.start(std::move(job));
    net::CarryOptions carrying;
    carrying.stop = hooks_.stop;
    TOPGUN_TRY(net::carry(url, client, carrying));
    const auto report = client.report();
    if (report.error) return Error(report.code, *report.error).within("reading back");
    for (const auto& map : report.maps) {
        const bool whole = map.done && map.error.empty() && map.unanswered + map.malformed == 0;
        if (!whole) return Error(Errc::unreachable, "map " + map.map.name + " was not read whole");
    }
    return collect(memory.shared());
}

Result<AuditResult> Audit::run() {
    auto server = start();
    if (!server) return std::move(server).error();
    for (std::uint64_t number = 1; number <= options_.kills; ++number) {
        const auto where = "restart after kill " + std::to_string(number);
        AuditRound round;
        TOPGUN_TRY(load_and_kill(std::move(*server), round));
        if (hooks_.killed) hooks_.killed(options_.data);
        server = start();
        if (!server) return std::move(server).error().within(where);
        auto state = read_back(server->url());
        if (!state) return std::move(state).error().within(where);
        round.verdict = ledger_.verify(*state);
        result_.acknowledged += round.acknowledged;
        result_.lost += round.verdict.lost;
        result_.rounds.push_back(std::move(round));
        if (hooks_.round) hooks_.round(result_.rounds.back());
        if (!result_.trouble.empty()) break;
    }
    (void)server->end(SIGTERM);
    return std::move(result_);
}

}  // namespace topgun::cli
