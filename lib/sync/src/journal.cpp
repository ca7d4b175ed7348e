// SPDX-License-Identifier: Apache-2.0
#include "journal.hpp"

#include <algorithm>
#include <charconv>

#include "names.hpp"

namespace topgun::sync {
namespace {

constexpr std::uint32_t kDefaultRead = 100;

// As TopGun's server reads it: what is no number is the beginning.
std::uint64_t number_of(std::string_view text) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error == std::errc::result_out_of_range) return ~std::uint64_t{0};
    return error == std::errc() && end == text.data() + text.size() ? out : 0;
}

}  // namespace

wire::JournalEvent Journal::Event::message() const {
    const std::string_view all = texts;
    wire::JournalEvent out;
    out.sequence = std::to_string(number);
    out.type = type;
    out.map_name = all.substr(0, map_end);
    out.key = all.substr(map_end, key_end - map_end);
    if (type == wire::JournalType::put) out.value.emplace().bytes = all.substr(node_end);
    out.node_id = all.substr(key_end, node_end - key_end);
    out.timestamp = Timestamp(millis, counter, out.node_id);
    return out;
}

void Journal::changed(const Change& change, Outbox& outbox) {
    const auto& op = change.op;
    if (hub_.options().journal_capacity == 0 || op.kind == OpKind::counter) return;
    const auto issued = numbers_.next();
    // Without a number that is safe over a restart the event is left out: the storage has failed.
    if (!issued) return;
    Event event;
    if (ring_.size() >= hub_.options().journal_capacity) {
        // The oldest makes room, and its memory does for the new one.
        event.texts = take_oldest();
        event.texts.clear();
    }
    event.number = issued->number;
    event.stored = std::max(outbox.sequence(), issued->sequence);
    // A removed tag has no stamp of its own: it counts from when it was heard of.
    const bool unstamped = op.kind == OpKind::or_remove;
    const auto heard = unstamped ? hub_.now() : Timestamp();
    const auto stamp = unstamped ? heard.view() : op.stamp;
    event.millis = stamp.millis;
    event.counter = stamp.counter;
    const auto add = [&](std::string_view text) {
        event.texts.append(text);
        return static_cast<std::uint32_t>(event.texts.size());
    };
    event.map_end = add(change.map.name);
    event.key_end = add(op.key);
    event.node_end = add(stamp.node);
    const bool puts = op.kind == OpKind::put || op.kind == OpKind::or_add;
    event.type = puts ? wire::JournalType::put : wire::JournalType::del;
    if (puts) add(op.value.empty() ? BytesView("\xc0") : op.value);
    bytes_ += event.memory();
    ++counters().journal_events;
    ring_.push_back(std::move(event));
    trim();
}

Bytes Journal::take_oldest() {
    auto& oldest = ring_.front();
    bytes_ -= oldest.memory();
    auto texts = std::move(oldest.texts);
    ring_.pop_front();
    if (visible_ > 0) --visible_;
    return texts;
}

void Journal::trim() {
    const auto& options = hub_.options();
    while (ring_.size() > options.journal_capacity || bytes_ > options.limits.journal_bytes) {
        (void)take_oldest();
    }
}

std::size_t Journal::at_or_after(std::uint64_t number) const {
    const auto before = [](const Event& event, std::uint64_t wanted) {
        return event.number < wanted;
    };
    return static_cast<std::size_t>(std::lower_bound(ring_.begin(), ring_.end(), number, before) -
                                    ring_.begin());
}

void Journal::on(Connection& peer, const wire::JournalSubscribe& message) {
    if (hub_.options().journal_capacity == 0) {
        return send_error(peer, 501, "JOURNAL_SUBSCRIBE: the journal is turned off");
    }
    if (message.map_name) {
        if (const auto allowed = may_read_partly(peer, {*message.map_name, MapKind::lww});
            !allowed) {
            return send_error(peer, 403, "JOURNAL_SUBSCRIBE: " + allowed.error().message());
        }
    }
    auto& mine = subscriptions_[peer.id()];
    std::erase_if(mine, [&](const Subscription& one) { return one.id == message.request_id; });
    if (mine.size() >= hub_.options().limits.journal_subscriptions) {
        return send_error(peer, 413, "JOURNAL_SUBSCRIBE: too many subscriptions");
    }
    const auto end = numbers_.last() + 1;
    auto next = end;
    if (message.from_sequence) {
        // Numbers before the ring are nothing that this subscriber has missed.
        const auto begin = ring_.empty() ? end : ring_.front().number;
        next = std::clamp(number_of(*message.from_sequence), begin, end);
    }
    mine.push_back({message.request_id, message.map_name, message.types, next});
    pump(peer.id());
}

void Journal::on(Connection& peer, const wire::JournalUnsubscribe& message) {
    const auto mine = subscriptions_.find(peer.id());
    if (mine == subscriptions_.end()) return;
    std::erase_if(mine->second,
                  [&](const Subscription& one) { return one.id == message.subscription_id; });
    if (mine->second.empty()) subscriptions_.erase(mine);
}

void Journal::on(Connection& peer, const wire::JournalRead& message) {
    wire::JournalReadResponse reply;
    reply.request_id = message.request_id;
    const std::size_t limit = message.limit.value_or(kDefaultRead);
    std::size_t bytes = 0;
    for (auto at = at_or_after(number_of(message.from_sequence)); at < visible_; ++at) {
        const auto& event = ring_[at];
        if (message.map_name && event.map() != *message.map_name) continue;
        auto body = event.message();
        if (!may_see(peer, body.map_name, body.value)) continue;
        const bool full = !reply.events.empty() && bytes > hub_.options().limits.leaf_bytes;
        if (reply.events.size() >= limit || full) {
            reply.has_more = true;
            break;
        }
        bytes += event.texts.size();
        reply.events.push_back(std::move(body));
    }
    send(peer, reply);
}

void Journal::settled(std::uint64_t durable) {
    const auto before = visible_;
    while (visible_ < ring_.size() && ring_[visible_].stored <= durable) ++visible_;
    if (visible_ != before) pump_all();
}

// Those who had no room for all that there was.
void Journal::tick(std::uint64_t) {
    pump_all();
}

void Journal::pump_all() {
    std::vector<std::uint64_t> ids;
    for (const auto& [id, mine] : subscriptions_) ids.push_back(id);
    for (const auto id : ids) pump(id);
}

void Journal::pump(std::uint64_t id) {
    for (;;) {
        // Looked up anew each time: a slow consumer goes while it is being sent to.
        auto* peer = this->peer(id);
        const auto mine = subscriptions_.find(id);
        if (peer == nullptr || mine == subscriptions_.end() || mine->second.empty()) return;
        if (peer->queued_bytes() > hub_.options().limits.queue_bytes / 2) return;
        if (!send_next(*peer, mine->second)) return;
    }
}

// One event for all subscriptions of a connection that have not seen it: clients tell them apart by
// map and type themselves. False when there is none left.
bool Journal::send_next(Connection& peer, std::vector<Subscription>& mine) {
    auto next = mine.front().next;
    for (const auto& one : mine) next = std::min(next, one.next);
    const auto at = at_or_after(next);
    if (at >= visible_) return false;
    const auto& event = ring_[at];
    bool wanted = false;
    for (auto& one : mine) {
        if (one.next > event.number) continue;
        one.next = event.number + 1;
        const auto& types = one.types;
        wanted |= (!one.map || *one.map == event.map()) &&
                  (!types || std::find(types->begin(), types->end(), event.type) != types->end());
    }
    const auto missed = event.number - next;
    if (missed > 0) {
        counters().journal_missed += missed;
        send_error(peer, 429,
                   "journal: " + std::to_string(missed) + " events before " +
                       std::to_string(event.number) + " are gone: too slow");
    }
    if (!wanted) return true;
    const auto body = event.message();
    if (may_see(peer, body.map_name, body.value)) send(peer, body);
    return true;
}

void Journal::gone(Connection& peer) {
    subscriptions_.erase(peer.id());
}

}  // namespace topgun::sync
