// SPDX-License-Identifier: Apache-2.0
// One connection of a load generator: greets, sends batches, awaits their acknowledgement.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "topgun/net/channel.hpp"
#include "topgun/wire/messages.hpp"
#include "workload.hpp"

namespace topgun::cli {

/// How many acknowledged ops reached what, by WriteConcern; the last place: not said.
inline constexpr std::size_t kAckLevels = wire::Words<wire::WriteConcern>::list.size() + 1;
using AckLevels = std::array<std::uint64_t, kAckLevels>;
inline std::size_t level_place(std::optional<wire::WriteConcern> level) {
    return level ? static_cast<std::size_t>(*level) : kAckLevels - 1;
}
/// The level's word as JSON has it: "PERSISTED", or "notSaid".
std::string level_word(std::size_t place);

/// Nanoseconds of a clock that never steps back.
std::uint64_t steady_ns() noexcept;

/// A batch that waits for its acknowledgement.
struct SentBatch {
    std::uint64_t last_id = 0;
    std::uint32_t ops = 0;
    std::uint64_t due_ns = 0;  ///< When it was to be sent, which may be before it was.
};

/// What one connection has seen.
struct SessionCounts {
    std::uint64_t rejected = 0;  ///< OP_REJECTED.
    std::uint64_t errors = 0;    ///< ERROR.
    std::uint64_t events = 0;    ///< Changes by others, and of live queries.
    std::uint64_t bytes_in = 0, bytes_out = 0;
};

class Session;

/// Hears of sessions, on the loop's thread.
class SessionObserver {
public:
    virtual ~SessionObserver();
    /// Admitted: batches may be sent.
    virtual void on_ready(Session& session) = 0;
    /// A batch is acknowledged. @param level  what the acknowledgement says was reached, if it
    /// says so.
    virtual void on_acknowledged(Session& session, const SentBatch& batch,
                                 std::optional<wire::WriteConcern> level) = 0;
    /// A query is answered, after so long.
    virtual void on_answered(Session& session, std::uint64_t nanoseconds) = 0;
    /// Once: it could not be opened or was refused, or it has gone.
    virtual void on_closed(Session& session, const std::string& reason) = 0;
};

class Session {
public:
    /// Begins to connect.
    /// @param loop, observer  outlive the session. @param reads  false: takes nothing that comes,
    /// and counts as admitted once it is open.
    Session(net::ChannelLoop& loop, const net::Url& url, std::string token, std::size_t index,
            SessionObserver& observer, bool reads = true);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// @pre ready().
    void send(LoadBatch batch, std::uint64_t due_ns);
    void ask(const Workload& workload);
    void send_frame(Bytes frame);
    void ping();
    void close();

    bool ready() const noexcept { return ready_ && !closed_; }
    /// It was ready once.
    bool admitted() const noexcept { return ready_; }
    bool closed() const noexcept { return closed_; }
    std::size_t index() const noexcept { return index_; }
    /// Oldest first.
    const std::deque<SentBatch>& in_flight() const noexcept { return in_flight_; }
    const SessionCounts& counts() const noexcept { return counts_; }
    const std::string& last_error() const noexcept { return last_error_; }

private:
    struct Asked {
        std::string id;
        std::uint64_t sent_ns = 0;
    };
    void greet();
    void admit();
    void receive(BytesView frame);
    void take(const wire::OpAck& ack);
    void take(const wire::QueryResp& answer);
    void refuse(const std::string& why);
    void on_closed(const std::string& reason);

    std::string token_;
    std::size_t index_;
    SessionObserver& observer_;
    bool reads_, ready_ = false, closed_ = false;
    std::deque<SentBatch> in_flight_;
    std::deque<Asked> asked_;
    std::uint64_t queries_ = 0;
    SessionCounts counts_;
    std::string last_error_;
    std::shared_ptr<net::Channel> channel_;
};

}  // namespace topgun::cli
