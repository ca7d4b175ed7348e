// SPDX-License-Identifier: Apache-2.0
// A part of the endpoint with state of its own: topics, locks, live queries.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "gate.hpp"
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

    /// When the change is durable.
    std::uint64_t sequence() const noexcept { return release_.sequence; }

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
    /// What somebody may read may be more or less from now on.
    void policies_changed() {}
    /// Everything up to `durable` is on disk, and what waited for it has been sent.
    void settled(std::uint64_t) {}
    /// @param now_ms  of a clock that never steps back; not wall time.
    void tick(std::uint64_t) {}

protected:
    template <typename T>
    static void send(Connection& peer, const T& message) {
        peer.send_frame(wire::encoded(message));
    }
    static void send_frame(Connection& peer, Bytes frame) { peer.send_frame(std::move(frame)); }
    static void send_frame(Connection& peer, SharedFrame frame) {
        peer.send_frame(std::move(frame));
    }
    /// Something for the peer begins to run apart, or has come to its end: see
    /// Connection::wants_input().
    static void run_begins(Connection& peer) { ++peer.runs_; }
    static void run_ends(Connection& peer) { --peer.runs_; }
    static void send_error(Connection& peer, std::uint32_t code, std::string text) {
        peer.send_error(code, std::move(text));
    }
    static const RequestContext& context_of(const Connection& peer) { return peer.context_; }
    /// Null when it has gone.
    Connection* peer(std::uint64_t id) const {
        const auto found = hub_.peers_.find(id);
        return found == hub_.peers_.end() ? nullptr : found->second;
    }
    /// What keeps the peer from reading the map as a whole: a bad or reserved name, the guard, a
    /// policy, also one that hides some rows.
    static Status may_read(Connection& peer, const MapId& map);
    /// The same for a service that asks may_see() about each row that it shows.
    static Status may_read_partly(Connection& peer, const MapId& map);
    /// The same for a counter, whose names follow other rules.
    static Status may_read_counter(Connection& peer, const std::string& name);
    /// The same for what is no map, and so no business of the guard: topics.
    static Status may_use(Connection& peer, PolicyAction action, const std::string& name);
    /// False for a row that a policy hides. No value: a removal, which hides nothing.
    static bool may_see(Connection& peer, std::string_view map,
                        const std::optional<wire::AnyValue>& value);
    /// What keeps somebody from making a change: for who must know before the first of several.
    Status may_change(const Op& op, const RequestContext& context) const;
    /// The peer hears of the map's changes from now on, and gets its roots when it holds something.
    static void follow(Connection& peer, const std::string& map);
    /// The same without the roots, for a peer that has just compared.
    static void follow_quietly(Connection& peer, const std::string& map) { peer.follow(map); }
    /// Sends frames once everything stored up to `sequence` is durable.
    void send_when_durable(std::uint64_t sequence, std::uint64_t to, std::vector<Bytes> frames) {
        hub_.reply_when_durable(sequence, to, std::move(frames));
    }
    /// For what time has brought about and no write: sent behind everything that waits already, so
    /// that the peer does not hear of the end of something before its beginning.
    void send_in_turn(std::uint64_t to, std::weak_ptr<const void> subject, Bytes frame) {
        Hub::Release release;
        if (!hub_.releases_.empty()) release.sequence = hub_.releases_.back().sequence;
        release.directed.push_back({to, std::move(subject), std::move(frame)});
        hub_.releases_.push_back(std::move(release));
    }
    /// The same for somebody who did not cause it. Not sent when `subject` has ended by then.
    void tell_when_durable(std::uint64_t sequence, std::uint64_t to, Bytes frame,
                           std::weak_ptr<const void> subject = always()) {
        Hub::Release release;
        release.sequence = sequence;
        release.directed.push_back({to, std::move(subject), std::move(frame)});
        hub_.releases_.push_back(std::move(release));
    }
    /// A sequence that is durable when everything is that waits now.
    std::uint64_t after_all() const {
        return hub_.releases_.empty() ? 0 : hub_.releases_.back().sequence;
    }
    /// A subject that never ends.
    static const std::shared_ptr<const void>& always();
    Counters& counters() const { return hub_.counters_; }
    std::uint64_t wall_ms() const { return hub_.time_.now_ms(); }
    Entropy& entropy() const { return hub_.entropy_; }

    Hub& hub_;
};

}  // namespace topgun::sync
