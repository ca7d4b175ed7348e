// SPDX-License-Identifier: Apache-2.0
#include "locks.hpp"

#include <algorithm>

#include "names.hpp"

namespace topgun::sync {
namespace {

// TopGun's client waits for its lock's time to live and 5 s more.
constexpr std::uint64_t kPatienceMs = 4'500;
// The client's default, for whoever does not say how long a lock is for, and so how long to wait.
constexpr std::uint64_t kDefaultTtlMs = 10'000;
constexpr std::uint64_t kTokenBlock = 4'096;
constexpr unsigned kTokensPerMsBits = 10;

}  // namespace

Locks::Locks(Hub& hub) : Service(hub), tokens_(hub, "locks", kTokenBlock) {
    tokens_.raise(hub.now().millis << kTokensPerMsBits);
}

void Locks::on(Connection& peer, const wire::LockRequest& message) {
    if (const char* fault = topic_fault(message.name)) {
        return send_error(peer, 400, std::string("LOCK_REQUEST: ") + fault);
    }
    if (message.ttl == 0u) return send_error(peer, 400, "LOCK_REQUEST: ttl must be more than 0");
    const auto at = locks_.find(message.name);
    if (at != locks_.end()) {
        auto& lock = at->second;
        std::vector<Grant> grants;
        if (lock.holder == peer.id()) {
            const wire::LockGranted reply{message.request_id, message.name, lock.token};
            grants.push_back({peer.id(), lock.sequence, wire::encoded(reply)});
            return deliver(grants);
        }
        const auto same = [&](const Waiter& one) {
            return one.peer == peer.id() && one.request == message.request_id;
        };
        if (std::any_of(lock.queue.begin(), lock.queue.end(), same)) return;
    }
    if (places_of(peer.id()) >= hub_.options().limits.locks) {
        return send_error(peer, 413, "LOCK_REQUEST: too many locks on one connection");
    }
    names_[peer.id()].insert(message.name);
    Waiter waiter{peer.id(), message.request_id, message.ttl, {}};
    if (at == locks_.end()) {
        std::vector<Grant> grants;
        const auto added = locks_.try_emplace(message.name).first;
        added->second.queue.push_back(std::move(waiter));
        pass_on(added, grants);
        return deliver(grants);
    }
    waiter.timer.after_ms = message.ttl.value_or(kDefaultTtlMs) + kPatienceMs;
    at->second.queue.push_back(std::move(waiter));
    fresh_.insert(message.name);
}

void Locks::on(Connection& peer, const wire::LockRelease& message) {
    const auto at = locks_.find(message.name);
    const bool held = at != locks_.end() && at->second.holder == peer.id() &&
                      at->second.token == message.fencing_token;
    std::vector<Grant> grants;
    if (held) {
        drop_hold(at);
        pass_on(at, grants);
    }
    send(peer, wire::LockReleased{message.request_id.value_or(""), message.name, held});
    deliver(grants);
}

void Locks::gone(Connection& peer) {
    const auto mine = names_.find(peer.id());
    if (mine == names_.end()) return;
    const std::set<std::string> names(mine->second.begin(), mine->second.end());
    std::vector<Grant> grants;
    for (const auto& name : names) {
        const auto at = locks_.find(name);
        if (at == locks_.end()) continue;
        auto& queue = at->second.queue;
        for (auto one = queue.begin(); one != queue.end();) {
            one = one->peer == peer.id() ? drop_waiter(at, one) : std::next(one);
        }
        if (at->second.holder != peer.id()) continue;
        drop_hold(at);
        pass_on(at, grants);
    }
    names_.erase(peer.id());
    deliver(grants);
}

void Locks::tick(std::uint64_t now_ms) {
    for (const auto& name : fresh_) {
        const auto at = locks_.find(name);
        if (at == locks_.end()) continue;
        start(at->second.timer, name, now_ms);
        for (auto& waiter : at->second.queue) start(waiter.timer, name, now_ms);
    }
    fresh_.clear();
    std::set<std::string> due;
    for (auto alarm = alarms_.begin(); alarm != alarms_.end() && alarm->first <= now_ms; ++alarm) {
        due.insert(alarm->second);
    }
    std::vector<Grant> grants;
    for (const auto& name : due) {
        const auto at = locks_.find(name);
        if (at != locks_.end()) review(at, now_ms, grants);
    }
    deliver(grants);
}

// Those who wait no longer go first: after a pause of the process a lock must not be given to
// somebody who has given up meanwhile.
void Locks::review(Places::iterator at, std::uint64_t now_ms, std::vector<Grant>& grants) {
    const auto due = [now_ms](const Timer& timer) {
        return timer.alarm && (*timer.alarm)->first <= now_ms;
    };
    auto& queue = at->second.queue;
    for (auto one = queue.begin(); one != queue.end();) {
        if (!due(one->timer)) {
            ++one;
            continue;
        }
        ++counters().lock_timeouts;
        one = drop_waiter(at, one);
    }
    if (!due(at->second.timer)) return;
    drop_hold(at);
    pass_on(at, grants);
}

// The lock is free: to the first who waits, or away with it.
void Locks::pass_on(Places::iterator at, std::vector<Grant>& grants) {
    auto& queue = at->second.queue;
    while (!queue.empty()) {
        auto next = std::move(queue.front());
        queue.pop_front();
        stop(next.timer);
        const auto token = tokens_.next();
        if (token) return hold(at, next, *token, grants);
        // Without a token that is safe over a restart nobody gets the lock.
        forget(next.peer, at->first);
        const wire::ErrorMessage reply{500, "LOCK_REQUEST: " + token.error().message(), {}};
        grants.push_back({next.peer, 0, wire::encoded(reply)});
    }
    fresh_.erase(at->first);
    locks_.erase(at);
}

void Locks::hold(Places::iterator at, const Waiter& waiter, const RisingNumber::Issued& token,
                 std::vector<Grant>& grants) {
    auto& lock = at->second;
    lock.holder = waiter.peer;
    lock.token = token.number;
    lock.sequence = token.sequence;
    lock.timer = {waiter.ttl_ms, {}};
    if (waiter.ttl_ms) fresh_.insert(at->first);
    const auto add = [&](const std::string& request) {
        ++counters().lock_grants;
        const wire::LockGranted reply{request, at->first, lock.token};
        grants.push_back({lock.holder, lock.sequence, wire::encoded(reply)});
    };
    add(waiter.request);
    // Had it asked again now, the holder would get the same token, too.
    for (auto one = lock.queue.begin(); one != lock.queue.end();) {
        if (one->peer != lock.holder) {
            ++one;
            continue;
        }
        add(one->request);
        one = drop_waiter(at, one);
    }
}

void Locks::drop_hold(Places::iterator at) {
    auto& lock = at->second;
    stop(lock.timer);
    lock.timer = {};
    forget(lock.holder, at->first);
    lock.holder = 0;
}

std::list<Locks::Waiter>::iterator Locks::drop_waiter(Places::iterator at,
                                                      std::list<Waiter>::iterator waiter) {
    stop(waiter->timer);
    forget(waiter->peer, at->first);
    return at->second.queue.erase(waiter);
}

void Locks::start(Timer& timer, const std::string& name, std::uint64_t now_ms) {
    if (timer.alarm || !timer.after_ms) return;
    timer.alarm = alarms_.emplace(now_ms + *timer.after_ms, name);
}

void Locks::stop(Timer& timer) {
    if (timer.alarm) alarms_.erase(*timer.alarm);
    timer.alarm.reset();
}

// Last, when all is as it will be: sending may end a connection, which comes back to gone().
void Locks::deliver(std::vector<Grant>& grants) {
    for (auto& grant : grants) {
        auto* peer = this->peer(grant.peer);
        if (peer == nullptr) continue;
        if (grant.sequence <= hub_.maps().storage().durable()) {
            send_frame(*peer, grant.frame);
        } else {
            std::vector<Bytes> frames;
            frames.push_back(std::move(grant.frame));
            send_when_durable(grant.sequence, grant.peer, std::move(frames));
        }
    }
}

std::size_t Locks::places_of(std::uint64_t peer) const {
    const auto mine = names_.find(peer);
    return mine == names_.end() ? 0 : mine->second.size();
}

void Locks::forget(std::uint64_t peer, const std::string& name) {
    const auto mine = names_.find(peer);
    if (mine == names_.end()) return;
    const auto one = mine->second.find(name);
    if (one != mine->second.end()) mine->second.erase(one);
    if (mine->second.empty()) names_.erase(mine);
}

}  // namespace topgun::sync
