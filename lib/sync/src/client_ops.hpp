// SPDX-License-Identifier: Apache-2.0
// Ops on their way to the server: in order, one batch in flight, until each is acknowledged or
// refused.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client_session.hpp"
#include "topgun/storage/owned_op.hpp"

namespace topgun::sync::client {

/// Who sends ops, and hears what became of them.
struct OpOrigin {
    MapReport* map = nullptr;  ///< Null for Client::send().
    std::size_t unsettled = 0;
};

class OpSender {
public:
    explicit OpSender(Session& session) : session_(session) {}

    /// The origin of a map's ops. Lives as long as the sender: what is on its way outlives the walk
    /// that sent it, when the walk is given up.
    OpOrigin& origin_of(MapReport& map) {
        auto& origin = origins_[&map];
        origin.map = &map;
        return origin;
    }
    /// @param origin  lives as long as the sender.
    void add(const Op& op, OpOrigin& origin);
    /// What waits is not more than origins should have queued at a time.
    bool has_room() const noexcept { return queued_bytes_ < (std::size_t{4} << 20); }
    std::size_t queued_bytes() const noexcept { return queued_bytes_; }
    /// Every op is settled.
    bool idle() const noexcept { return queue_.empty() && later_.empty() && !in_flight(); }
    bool in_flight() const noexcept { return !batch_.empty(); }

    /// Connected again: what was in flight goes out again, with the same ids.
    void begin();
    void pump();
    void tick();
    void hear(const wire::OpAck& message);
    void hear(const wire::OpRejected& message);
    void hear(const wire::ErrorMessage& message);
    void hear(const wire::OrMapDiffResponse& message);
    void hear(const wire::CounterUpdate& message);

private:
    // How an op travels: TopGun's server gives OR-Map records another tag when they come as ops.
    enum class Route : std::uint8_t { op_batch, or_push, counter };
    struct Entry {
        OwnedOp op;
        std::string own_id;  // what the op was called before it got a number here
        std::uint64_t number = 0;
        OpOrigin* origin = nullptr;
        std::size_t bytes = 0;
        bool settled = false;
    };
    using Entries = std::vector<Entry>;

    Route route_of(OpKind kind) const;
    void next_batch();
    void send_batch();
    void send_ops();
    void send_or_push();
    void ask_confirmation();
    void send_counter();
    void settle(Entry& entry, bool taken, std::uint32_t code, const std::string& reason);
    void settle_rest(bool taken, std::uint32_t code, const std::string& reason);
    void finish_batch();
    void halve();
    Entry* find(std::string_view number);

    Session& session_;
    std::map<MapReport*, OpOrigin> origins_;
    std::deque<Entry> queue_;
    std::size_t queued_bytes_ = 0;
    std::uint64_t last_number_ = 1'000'000'000'000;
    Entries batch_;              // in flight, or about to be
    std::deque<Entries> later_;  // halves of refused batches, before the queue
    bool sent_ = false;          // batch_ has gone out on this connection
    std::uint64_t send_at_ = 0;  // not before; 0 for at once
    std::uint64_t sent_ms_ = 0;
    std::uint64_t pause_ms_ = 0;  // before the next attempt after a 429; doubles
    unsigned attempts_ = 0;
    unsigned stalls_ = 0;                      // ops in a row that were never acknowledged
    std::optional<std::uint64_t> suspect_ms_;  // since when an ERROR may be about the batch
    std::uint32_t suspect_code_ = 0;
    std::string suspect_reason_;
    bool confirming_ = false;  // or_push: asked for what the server holds now
};

}  // namespace topgun::sync::client
