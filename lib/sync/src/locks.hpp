// SPDX-License-Identifier: Apache-2.0
// Distributed locks with fencing tokens.
#pragma once

#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "rising_number.hpp"
#include "service.hpp"

namespace topgun::sync {

/// A lock belongs to one connection at a time. Whoever asks for a taken one waits without an
/// answer: TopGun's client would take a denial for a grant. It waits for a little less time than
/// the client does, so that no lock is granted to somebody who has given up.
///
/// TG-LCK-001  Fencing tokens rise: one count for all names, which no name can fall behind, so that
/// nothing need be remembered of a lock that is free. It continues behind what was reserved on
/// disk; and as a storage may forget, it starts no lower than wall time says either: there are
/// 1024 tokens to the millisecond, more than can be handed out.
class Locks final : public Service {
public:
    explicit Locks(Hub& hub);

    void on(Connection& peer, const wire::LockRequest& message);
    void on(Connection& peer, const wire::LockRelease& message);
    void gone(Connection& peer);
    void tick(std::uint64_t now_ms);

private:
    using Alarms = std::multimap<std::uint64_t, std::string>;  // when, name of the lock

    // Runs from the next tick on, so that nobody has less time than was asked for.
    struct Timer {
        std::optional<std::uint64_t> after_ms{};  // empty: never
        std::optional<Alarms::iterator> alarm{};
    };
    struct Waiter {
        std::uint64_t peer = 0;
        std::string request;
        std::optional<std::uint64_t> ttl_ms;
        Timer timer;
    };
    struct Lock {
        std::uint64_t holder = 0;
        std::uint64_t token = 0;
        std::uint64_t sequence = 0;  // when the token may be told
        Timer timer;
        std::list<Waiter> queue;
    };
    // What to send when all is decided.
    struct Grant {
        std::uint64_t peer = 0;
        std::uint64_t sequence = 0;
        Bytes frame;
    };
    using Places = std::unordered_map<std::string, Lock>;

    std::size_t places_of(std::uint64_t peer) const;
    void hold(Places::iterator at, const Waiter& waiter, const RisingNumber::Issued& token,
              std::vector<Grant>& grants);
    void pass_on(Places::iterator at, std::vector<Grant>& grants);
    void drop_hold(Places::iterator at);
    std::list<Waiter>::iterator drop_waiter(Places::iterator at,
                                            std::list<Waiter>::iterator waiter);
    void review(Places::iterator at, std::uint64_t now_ms, std::vector<Grant>& grants);
    void start(Timer& timer, const std::string& name, std::uint64_t now_ms);
    void stop(Timer& timer);
    void deliver(std::vector<Grant>& grants);
    void forget(std::uint64_t peer, const std::string& name);

    RisingNumber tokens_;
    Places locks_;  // those that are held
    Alarms alarms_;
    std::set<std::string> fresh_;  // locks with timers that do not run yet
    // Names that each connection holds or waits for, once for each request.
    std::unordered_map<std::uint64_t, std::multiset<std::string>> names_;
};

}  // namespace topgun::sync
