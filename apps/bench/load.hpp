// SPDX-License-Identifier: Apache-2.0
// Load on an endpoint: connections that write at full speed or at a fixed rate, and what came back.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "histogram.hpp"
#include "session.hpp"
#include "workload.hpp"

namespace topgun::cli {

struct LoadOptions {
    WorkloadOptions workload{};
    std::uint64_t connections = 8;
    std::uint64_t batch = 100;    ///< Ops of one OP_BATCH.
    std::uint64_t in_flight = 1;  ///< Batches of one connection that wait for OP_ACK.
    std::uint64_t warmup_ms = 1'000, duration_ms = 5'000;
    std::uint64_t ops = 0;            ///< Sent in all after the warm-up; 0: until the time is over.
    std::uint64_t rate = 0;           ///< Ops a second of all connections; 0: as fast as they come.
    std::uint64_t idle = 0;           ///< Connections beside that only send PING.
    std::uint64_t never_read = 0;     ///< Connections that follow everything and take nothing.
    std::uint64_t drain_ms = 10'000;  ///< How long acknowledgements are awaited at the end.
};

/// Of the time after the warm-up, unless it says otherwise. Latencies in nanoseconds.
struct LoadResult {
    std::uint64_t connected = 0;  ///< Connections of all kinds that were admitted, ever.
    std::uint64_t ops = 0;        ///< Acknowledged.
    std::uint64_t batches = 0;
    double seconds = 0;  ///< To the last acknowledgement.
    AckLevels levels{};
    Histogram acknowledged;            ///< From when a batch was due to its OP_ACK.
    Histogram answered;                ///< Of queries.
    std::uint64_t unacknowledged = 0;  ///< Ops that were sent and never answered.
    std::uint64_t not_sent = 0;        ///< Ops that were due, for which no turn came.
    std::uint64_t lost = 0;            ///< Connections that ended before their time, at any time.
    std::uint64_t mute_closed = 0;     ///< Of never-reading ones, as far as it shows.
    SessionCounts counts{};            ///< Of the whole run.
    std::uint64_t all_ops = 0;         ///< Acknowledged, the warm-up included.
    std::string last_error{};          ///< What an ERROR, or the end of a connection, said.

    double ops_per_second() const noexcept {
        return seconds > 0 ? static_cast<double>(ops) / seconds : 0;
    }
};

/// Threads: one at a time.
class Load final : public SessionObserver {
public:
    struct Hooks {
        std::function<bool()> stop{};      ///< Asked some 20 times a second.
        std::function<void()> measured{};  ///< The warm-up is over.
        std::function<void()> finished{};  ///< Nothing is sent any more.
        std::function<void(std::uint64_t acknowledged)> progress{};
    };
    /// @param loop  outlives the load.
    Load(net::ChannelLoop& loop, net::Url url, std::string token, LoadOptions options, Hooks hooks);
    ~Load() override;

    /// Connects, loads, waits for what is under way.
    /// Errors: unreachable when not one connection is admitted.
    Status run();
    const LoadResult& result() const noexcept { return result_; }

    void on_ready(Session& session) override;
    void on_acknowledged(Session& session, const SentBatch& batch,
                         std::optional<wire::WriteConcern> level) override;
    void on_answered(Session& session, std::uint64_t nanoseconds) override;
    void on_closed(Session& session, const std::string& reason) override;

private:
    enum class Phase : std::uint8_t { connecting, running, draining, over };
    struct Writer {
        std::unique_ptr<Session> session;
        std::unique_ptr<Workload> workload;
        std::uint64_t next_due = 0;  // with a rate
    };
    void begin();
    void end_sending();
    void finish();
    void tick();
    void pace();
    void fill(Writer& writer);
    bool send_one(Writer& writer, std::uint64_t due);
    void subscribe(Session& session) const;
    bool all_settled() const;
    bool all_quiet() const;
    bool is_writer(const Session& session) const { return session.index() < options_.connections; }
    void collect();

    net::ChannelLoop& loop_;
    net::Url url_;
    std::string token_;
    LoadOptions options_;
    Hooks hooks_;
    LoadResult result_;
    std::vector<Writer> writers_;
    std::vector<std::unique_ptr<Session>> idle_, mute_;
    Phase phase_ = Phase::connecting;
    bool measuring_ = false;
    std::uint64_t settled_ = 0;  // connections of which it is known whether they are admitted
    std::uint64_t start_ns_ = 0, measure_ns_ = 0, end_ns_ = 0, drain_ns_ = 0, last_ack_ns_ = 0;
    std::uint64_t ping_ns_ = 0, interval_ns_ = 0;
    std::uint64_t ops_left_ = 0;
};

}  // namespace topgun::cli
