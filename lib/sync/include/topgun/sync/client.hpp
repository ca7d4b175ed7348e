// SPDX-License-Identifier: Apache-2.0
// The client's side of the protocol as a state machine: frames and ticks in, frames and a report
// out.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/base/random.hpp"
#include "topgun/clock/hlc.hpp"
#include "topgun/replica/row.hpp"
#include "topgun/sync/local_replica.hpp"

namespace topgun::sync {

/// What is to be done.
enum class SyncDirection : std::uint8_t {
    pull,     ///< What the server has is merged into the local state.
    push,     ///< What the local state has is sent.
    both,     ///< Both; equal states at the end, where the server keeps stamps and tombstones.
    compare,  ///< Nothing changes anywhere; the report counts what differs.
};

/// How differences are found.
enum class SyncMethod : std::uint8_t {
    automatic,  ///< By sketches where the server can, else by the walk.
    walk,       ///< TopGun's Merkle walk.
};

/// Why a record differs, as seen from here.
enum class SyncDifference : std::uint8_t {
    only_local,
    only_remote,
    newer_local,
    newer_remote,
    same_stamp,  ///< Equal stamps, different content.
};

/// One record that differs. Borrowed for the call.
struct DifferingRow {
    const MapId& map;
    SyncDifference kind;
    const Row* local = nullptr;   ///< Null for only_remote.
    const Row* remote = nullptr;  ///< Null for only_local.
};

struct SyncJob {
    SyncDirection direction = SyncDirection::both;
    SyncMethod method = SyncMethod::automatic;
    /// Empty for all that are known: the local ones, and the server's where it lists them, which
    /// TopGun's own server does not. Where the kind is unknown, all kinds are named.
    std::vector<MapId> maps;
    /// Names a map of each kind.
    void add_map(const std::string& name) {
        for (const auto kind : {MapKind::lww, MapKind::or_map, MapKind::counter}) {
            maps.push_back({name, kind});
        }
    }
    /// Finds out how much there is to move, and moves nothing: see SyncReport::forecast.
    bool estimate = false;
    /// Bytes in both directions after which no more is asked for; 0 for no bound. What is under
    /// way is awaited; resume() goes on.
    std::uint64_t budget_bytes = 0;
    /// After the first pass, stays: merges what the server tells of, and runs again now and then.
    bool follow = false;
    std::uint64_t resync_ms = 30'000;  ///< With `follow`: time from the end of a pass to the next.
};

/// What a server without tombstones was seen to hold when a sync ended. With it the next sync can
/// tell a record that was removed there from one that never was there. Opaque; hosts keep it
/// beside the data. 8 bytes a record.
struct PeerMemory {
    struct Map {
        std::vector<std::uint64_t> seen;  ///< Sorted hashes of key and local stamp.
        std::uint32_t remote_root = 0;    ///< At the end of the last complete walk.
        std::uint32_t local_root = 0;
        std::uint64_t epoch = 0;  ///< Of removed tags, confirmed to the server.
    };
    std::map<MapId, Map> maps;

    TOPGUN_API void serialize(Bytes& out) const;
    /// Errors: bad_input.
    TOPGUN_API static Result<PeerMemory> parse(BytesView bytes);
};

struct ClientOptions {
    std::string token;         ///< JSON Web Token; empty when there is none.
    std::string device_token;  ///< From an earlier ClientReport::device_token; may be empty.
    /// Stamps the tombstones of records that were removed on a server without tombstones. Null:
    /// such records are only counted. Outlives the client.
    Hlc* clock = nullptr;
    PeerMemory memory;             ///< From an earlier report, of the same server and local state.
    std::uint64_t rate_bytes = 0;  ///< Bytes per second in both directions together; 0 for any.
    /// Hears of each record that differs, with SyncDirection::compare. Rows are valid for the call.
    std::function<void(const DifferingRow&)> on_difference;

    // What TopGun's servers bear; tests make them small.
    std::size_t requests_in_flight = 24;
    std::size_t batch_ops = 256;
    std::size_t batch_bytes = std::size_t{512} << 10;
    std::size_t message_bytes = std::size_t{2} << 20;  ///< The server closes on larger ones.
    std::uint64_t request_ms = 10'000;                 ///< Until a request counts as unanswered.
    std::uint64_t silence_ms = 2'000;  ///< Without answer to the greeting: a server without auth.
    std::uint64_t handshake_ms = 10'000;
    std::uint64_t ping_ms = 5'000;
    std::uint64_t dead_ms = 15'000;  ///< Without PONG.
};

enum class ServerKind : std::uint8_t {
    unknown,  ///< Not yet connected.
    own,      ///< Ours: keeps stamps, tags and tombstones, and reconciles by sketches.
    foreign,  ///< Any other, perhaps TopGun's, which stamps anew and keeps no tombstones.
};

/// One op that the server did not take.
struct RejectedOp {
    std::string id;  ///< The op's own id where it had one, else the one it was sent with.
    std::string map, key;
    std::uint32_t code = 0;
    std::string reason;
};

struct Forecast {
    std::uint64_t records_in = 0;
    std::uint64_t records_out = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
};

/// How one map fared.
struct MapReport {
    MapId map;
    bool done = false;
    bool equal = false;            ///< Found equal before anything was moved.
    bool by_sketch = false;        ///< Differences were found by sketches, not by the walk.
    std::uint64_t differing = 0;   ///< Records that differ, as far as they were looked at.
    std::uint64_t received = 0;    ///< Records that came.
    std::uint64_t merged = 0;      ///< Of these, those that changed the local state.
    std::uint64_t pushed = 0;      ///< Records sent and acknowledged.
    std::uint64_t rejected = 0;    ///< Records sent and refused.
    std::uint64_t vanished = 0;    ///< Removed here, because the server has them no more.
    std::uint64_t withheld = 0;    ///< Kept back, because sending or removing might lose something.
    std::uint64_t malformed = 0;   ///< Records that came and cannot be stored.
    std::uint64_t unanswered = 0;  ///< Requests without answer; they count as empty.
    std::string error;             ///< Why it was given up; empty otherwise.
};

struct Traffic {
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::uint64_t messages_in = 0;
    std::uint64_t messages_out = 0;
    /// The longest chain of requests of which each needed the answer to the one before. The
    /// handshake, acknowledgements and the bound on requests in flight do not count.
    std::uint64_t round_trips = 0;
    std::uint64_t connects = 0;
};

enum class ClientState : std::uint8_t {
    offline,    ///< Waits for the host to connect.
    greeting,   ///< Connected, not yet admitted.
    working,    ///< A job runs, or ops wait for acknowledgement.
    following,  ///< Nothing to do but listen.
    paused,     ///< The budget is used up.
    finished,   ///< All is done; the host may close.
    failed,     ///< It cannot go on; see ClientReport::error.
};

struct ClientReport {
    ClientState state = ClientState::offline;
    ServerKind server = ServerKind::unknown;
    std::vector<MapReport> maps;  ///< Of the job, sorted.
    Traffic traffic;
    Forecast forecast;  ///< With SyncJob::estimate.
    std::uint64_t passes = 0;
    std::uint64_t ops_sent = 0;  ///< By send(), each counted once.
    std::uint64_t ops_acknowledged = 0;
    std::uint64_t ops_rejected = 0;          ///< Including those of the job.
    std::vector<RejectedOp> rejections;      ///< The first kMostRejections.
    std::optional<std::string> server_user;  ///< Who the server says we are.
    std::string device_token;  ///< A new one when the server gave one, else that of the options.
    std::string last_error;    ///< The last ERROR that belonged to no request.
    std::optional<std::string> error;  ///< With ClientState::failed.
    Errc code = Errc::unreachable;     ///< With ClientState::failed.

    static constexpr std::size_t kMostRejections = 1000;
};

/// Syncs a local state with one server. The host opens a WebSocket to /ws, says connected(), hands
/// in whole binary messages, sends what take() gives in order, ticks, and reconnects after
/// retry_in_ms() when the socket goes. Over a reconnect the job goes on where it was: what was
/// merged or acknowledged stays.
/// Nothing that a server sends can crash it, and nothing that it sends is believed without bound:
/// requests in flight, queues and lists are bounded; merged records are what the state takes.
/// Invariants, each with a test:
/// TG-SYN-005  After a sync both ways with an endpoint of ours both states are equal, however often
///             the link was cut, unless the endpoint refused or stamped anew what was too far
///             ahead.
/// TG-SYN-006  Nothing is removed here because an answer is missing, or because a server lost what
///             it had.
/// Threads: one at a time.
class TOPGUN_API Client {
public:
    /// @param local  outlives the client.
    Client(ClientOptions options, LocalReplica& local);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Sets the job. To be called once at most, before or after connecting.
    void start(SyncJob job);
    /// Queues ops, in order, behind those that wait. They are sent until acknowledged or refused.
    /// Errors: limit when more than 64 MiB wait: try again later; usage after the client failed.
    Status send(std::span<const Op> ops);
    /// send() has room.
    bool wants_ops() const;
    /// Of the ops that are not yet acknowledged, those of the job included.
    std::size_t queued_bytes() const;
    /// With SyncJob::follow: the next pass begins at once, or when the present one has ended.
    void pass_again();
    /// Goes on after ClientState::paused with another budget; 0 for no bound.
    void resume(std::uint64_t more_bytes);

    /// The socket is open. @param now_ms  of a clock that never steps back, as for tick().
    void connected(std::uint64_t now_ms);
    /// The socket has gone, whoever closed it.
    void disconnected(std::uint64_t now_ms);
    /// Takes one binary message.
    void receive(BytesView frame);
    /// Deadlines, heartbeat, rate. To be called some ten times a second.
    void tick(std::uint64_t now_ms);
    /// The next frame to send; empty when there is none now (or the rate forbids it now).
    std::optional<Bytes> take();

    /// The host should close the socket: finished, failed, or the server is dead.
    bool wants_close() const;
    /// The host should connect again after retry_in_ms(): not finished, not failed.
    bool wants_connect() const;
    /// How long to wait before the next attempt: 1 s, doubling to 30 s, times 0.5 to 1.5; from the
    /// start again once a server has admitted us. Each call is one attempt.
    std::uint64_t retry_in_ms(Random& random);

    ClientState state() const;
    /// Cost: a copy.
    ClientReport report() const;
    /// What the server was seen to hold: for the next client's options.
    PeerMemory memory() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace topgun::sync
