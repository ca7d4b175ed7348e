// SPDX-License-Identifier: Apache-2.0
// One peer of the endpoint: frames in, frames out, and nothing that waits.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/replica/row.hpp"
#include "topgun/storage/request_context.hpp"
#include "topgun/sync/frame.hpp"
#include "topgun/wire/messages.hpp"

namespace topgun::sync {

class Hub;

/// A frame as it is sent, which may be the same for many peers.
using SharedFrame = std::shared_ptr<const Bytes>;

/// What was wrong with ops that could not be read, by their places among those that came. Such an
/// op has its id at most.
using OpFaults = std::map<std::size_t, std::string>;

/// WebSocket close codes that the endpoint uses.
enum class CloseCode : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    policy = 1008,
    too_big = 1009,
    try_again = 1013,
};

struct Closing {
    CloseCode code = CloseCode::normal;
    std::string reason;
};

/// The server's side of one WebSocket, without the socket. The host hands in whole binary messages,
/// takes encoded frames out and sends them in order, and closes the socket once closed() says so
/// and nothing is left to take. Frames are answered in the order in which they came, except that
/// acknowledgements wait for durability (TG-SYN-001), and queries of large maps for their turn. No
/// frame can crash it; the worst that a peer achieves is to be closed. Threads: those of its Hub.
/// Must not outlive the Hub.
class TOPGUN_API Connection {
public:
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Takes one binary message. Errors: usage when closed; what is wrong with the message itself
    /// becomes an answer, a count or a close. Cost: O(frame), or O(leaf) for walks.
    Status receive(BytesView frame);
    /// The same for one that may have been read in part on another thread.
    Status receive(const Frame& frame);
    /// Deadlines and the refill of the rate limit. To be called about once a second.
    /// @param now_ms  of a clock that never steps back, with any origin.
    void tick(std::uint64_t now_ms);
    /// False while the host should not read on from the socket: the peer sends faster than it is
    /// served, or does not take what it asked for. receive() still works.
    bool wants_input() const;

    /// The next frame to send; empty when there is none at the moment.
    std::optional<Bytes> take();
    /// The same, null when there is none: for who has many peers that are sent the same.
    SharedFrame take_shared();
    std::size_t queued_bytes() const noexcept { return queued_bytes_; }
    /// The peer has gone: what it has sent is still to be served, for what was written was meant,
    /// and nothing is sent any more. It is destroyed after its last frames.
    void leave();

    /// Set when the connection is over, by either side. Only the first reason counts.
    const std::optional<Closing>& closed() const noexcept { return closing_; }
    /// Ends the connection: by the host, when the socket has gone or the server stops.
    void close(CloseCode code, std::string reason);

    std::uint64_t id() const noexcept { return id_; }
    bool authenticated() const noexcept { return authenticated_; }
    /// Who the peer is; empty without authentication.
    const std::optional<Principal>& principal() const noexcept { return context_.principal; }

private:
    friend class Hub;
    friend class Service;
    Connection(Hub& hub, std::uint64_t id);

    template <typename T>
    void send(const T& message);
    void send_frame(Bytes frame) { send_frame(std::make_shared<const Bytes>(std::move(frame))); }
    void send_frame(SharedFrame frame);
    void send_error(std::uint32_t code, std::string text);

    /// Whether it has taken enough of what it asked for to be served further.
    bool has_room() const;
    void serve_kept();
    Status keep(BytesView frame);
    bool admit(BytesView frame);
    void handle(BytesView frame, bool in_batch);
    void take(const wire::ClientOps& ops);
    void handle_malformed(BytesView frame, const Error& error);
    void handle_unserved(std::string_view type, std::string_view request_id, std::string error,
                         std::uint32_t code);
    bool charge_batch(BytesView data);

    void on(const wire::Auth& message);
    void on(const wire::DeviceHello& message);
    void on(const wire::Ping& message);
    void on(const wire::Batch& message);
    void on(const wire::SyncInit& message);
    void on(const wire::MerkleReqBucket& message);
    void on(const wire::OrMapSyncInit& message);
    void on(const wire::OrMapMerkleReqBucket& message);
    void on(const wire::OrMapDiffRequest& message);
    void on(const wire::OrMapPushDiff& message);

    void announce_ready();
    void renew(const std::string& token);
    std::string bind_device(const std::optional<std::string>& token, bool& minted);
    void follow_written(const wire::ClientOps& in, const OpFaults& faults, std::vector<MapId>& met);
    void write(const wire::ClientOps& in, const OpFaults& faults = {});
    bool salvage_ops(BytesView frame, bool batch);
    void send_removed_tags(const std::string& map);
    bool may_read(const MapId& map);
    /// Hears of the map's changes from now on. @return true when it did not before.
    bool follow(const std::string& map);
    void announce(const std::string& map, MapKind kind);

    Hub& hub_;
    std::uint64_t id_;
    RequestContext context_;
    bool authenticated_ = false;
    bool acknowledged_ = false;                   // an AUTH has been answered
    std::optional<std::uint64_t> good_until_ms_;  // of the token, by wall time
    bool device_bound_ = false;
    bool ready_ = false;  // among those that Hub::take_ready() will give
    std::string device_id_;
    std::string identity_;  // device and principal; empty before the device is known
    std::optional<Closing> closing_;
    std::deque<SharedFrame> queue_;
    std::size_t queued_bytes_ = 0;
    bool leaving_ = false;
    struct Kept {
        Bytes frame;
        bool in_batch = false;
    };
    std::deque<Kept> kept_;  // the rest of a batch, until there is room for its answers
    std::size_t runs_ = 0;   // queries that are run apart, or wait for it
    std::size_t unsettled_ = 0;
    std::set<std::string, std::less<>> maps_;
    std::set<std::string, std::less<>> told_removed_;  // OR-Maps whose removed tags were sent
    bool told_full_ = false;                           // that it follows as many maps as it may
    std::int64_t tokens_;  // below zero when frames came faster than the rate
    std::optional<std::uint64_t> last_tick_;
    std::optional<std::uint64_t> alive_since_;  // connected, or heard a PING
    bool pinged_ = false;
};

}  // namespace topgun::sync
