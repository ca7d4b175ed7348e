// SPDX-License-Identifier: Apache-2.0
// A part of the endpoint with state of its own: topics, locks, live queries.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "topgun/crdt/op.hpp"
#include "topgun/sync/hub.hpp"
#include "topgun/wire/codec.hpp"

namespace topgun::sync {

/// One change of the state, told in the order of changes, when it is merged and before it is
/// durable. Borrowed for the call.
struct Change {
    const Op& op;  ///< With the stamp that it was stored with.
    const MapId& map;
    std::uint64_t writer = 0;  ///< Connection; 0 for none.
    std::uint64_t now_ms = 0;  ///< Wall time.
};

/// Takes frames that are sent once the change that caused them is durable (TG-SYN-001), after its
/// server events and before its acknowledgement.
class Outbox {
public:
    explicit Outbox(Hub::Release& release) noexcept : release_(release) {}
    /// @param subject  what the frame is about; when that has ended by then, it is not sent.
    void add(std::uint64_t peer, std::weak_ptr<const void> subject, Bytes frame) {
        release_.directed.push_back({peer, std::move(subject), std::move(frame)});
    }

private:
    Hub::Release& release_;
};

/// Base of all services. A service handles a message type by a member
/// `void on(Connection& peer, const wire::T& message)`; peers that reach it are authenticated.
/// Permissions are its own business: see may_read().
class Service {
public:
    explicit Service(Hub& hub) noexcept : hub_(hub) {}
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    /// A connection has ended, whatever the reason; nothing can be sent to it any more.
    void gone(Connection&) {}
    void changed(const Change&, Outbox&) {}
    /// @param now_ms  of a clock that never steps back; not wall time.
    void tick(std::uint64_t) {}

protected:
    template <typename T>
    static void send(Connection& peer, const T& message) {
        peer.send_frame(wire::encoded(message));
    }
    static void send_frame(Connection& peer, BytesView frame) { peer.send_frame(frame); }
    static void send_error(Connection& peer, std::uint32_t code, std::string text) {
        peer.send_error(code, std::move(text));
    }
    static const RequestContext& context_of(const Connection& peer) { return peer.context_; }
    /// Null when it has gone.
    Connection* peer(std::uint64_t id) const {
        const auto found = hub_.peers_.find(id);
        return found == hub_.peers_.end() ? nullptr : found->second;
    }
    /// What keeps the peer from reading the map: a bad or reserved name, or the guard.
    static Status may_read(Connection& peer, const MapId& map);
    /// The peer hears of the map's changes from now on, and gets its roots when it holds something.
    static void follow(Connection& peer, const std::string& map);
    /// The same without the roots, for a peer that has just compared.
    static void follow_quietly(Connection& peer, const std::string& map) { peer.follow(map); }
    /// Sends frames once everything stored up to `sequence` is durable.
    void send_when_durable(std::uint64_t sequence, std::uint64_t to, std::vector<Bytes> frames) {
        hub_.reply_when_durable(sequence, to, std::move(frames));
    }
    Counters& counters() const { return hub_.counters_; }
    std::uint64_t wall_ms() const { return hub_.time_.now_ms(); }
    Entropy& entropy() const { return hub_.entropy_; }

    Hub& hub_;
};

}  // namespace topgun::sync
