// SPDX-License-Identifier: Apache-2.0
#include "live_subscription.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "topgun/base/sha2.hpp"

namespace topgun::sync {
namespace {

// A page of everything: what is too long for one answer is cut from it later.
constexpr auto kAll = std::numeric_limits<std::size_t>::max();

wire::CursorStatus status_of(std::optional<query::CursorState> state) {
    if (!state) return wire::CursorStatus::none;
    switch (*state) {
        case query::CursorState::valid: return wire::CursorStatus::valid;
        case query::CursorState::expired: return wire::CursorStatus::expired;
        case query::CursorState::invalid: break;
    }
    return wire::CursorStatus::invalid;
}

}  // namespace

Bytes HubCursorSigner::tag(BytesView bytes) const {
    return hmac_sha256(hub_.options().device_key, "cursor\n" + Bytes(bytes));
}

LiveQueries::LiveQueries(Hub& hub) : Service(hub), signer_(hub) {}
LiveQueries::~LiveQueries() = default;

query::QueryOptions LiveQueries::options() const {
    query::QueryOptions out;
    out.signer = &signer_;
    out.memory_max = hub_.options().limits.query_bytes;
    out.page_bytes = hub_.options().limits.answer_bytes;
    return out;
}

Result<query::QueryPage> LiveQueries::run(const MapId& map, const query::Query& query,
                                          const RequestContext& context) {
    auto state = hub_.shown_state({map}, context);
    if (!state) return std::move(state).error();
    return query::run_query(**state, map, query, wall_ms(), options());
}

void LiveQueries::on(Connection& peer, const wire::QuerySub& message) {
    if (const auto done = subscribe(peer, message); !done) {
        fail(peer, message.query_id, message.map_name, done.error());
    }
}

// TopGun's client does not read the error, but would wait five seconds for rows.
void LiveQueries::fail(Connection& peer, const std::string& id, const std::string& map,
                       const Error& error) {
    wire::QueryResp answer;
    answer.query_id = id;
    answer.error = error.text();
    send(peer, answer);
    const std::uint32_t code = error.code() == Errc::usage ? 403 : 400;
    send_error(peer, code, "QUERY_SUB " + map + ": " + error.text());
}

Status LiveQueries::subscribe(Connection& peer, const wire::QuerySub& message) {
    const Name name{peer.id(), message.query_id};
    // The same id again replaces the query, whatever it was: so does a client after a reconnect.
    drop(name);
    const MapId map{message.map_name, MapKind::lww};
    TOPGUN_TRY(may_read_partly(peer, map));
    auto parsed = query::from_wire(message.query);
    if (!parsed) return std::move(parsed).error();
    if (message.fields) parsed->fields = message.fields;

    auto subscription = std::make_shared<Subscription>();
    subscription->peer = peer.id();
    subscription->id = message.query_id;
    subscription->map = map;
    subscription->context = context_of(peer);
    subscription->cursor_status =
        status_of(query::check_cursor(map, *parsed, wall_ms(), options()));
    const bool paged = subscription->cursor_status == wire::CursorStatus::valid;
    // One that is of no use is passed over: the first page, and a word that says so.
    if (!paged) parsed->cursor.reset();
    subscription->query = std::move(*parsed);
    subscription->grouped = !paged && !subscription->query.group_by.empty();
    if (!paged && !subscription->grouped) {
        // The window is the subscription's own.
        auto window = query::QueryWindow::open(
            map, subscription->query,
            [this, of = subscription.get()](const query::Query& query) {
                return read(*of, query, kAll);
            },
            options());
        if (!window) return std::move(window).error();
        subscription->window = std::move(*window);
    }
    const auto mine = std::count_if(subscriptions_.begin(), subscriptions_.end(),
                                    [&](const auto& one) { return one.first.first == peer.id(); });
    if (static_cast<std::size_t>(mine) >= hub_.options().limits.queries) {
        return Error(Errc::limit, "too many queries on one connection");
    }
    subscriptions_[name] = subscription;
    // A page is answered once: it hears of nothing.
    if (!subscription->is_paged()) {
        auto& of_map = by_map_[message.map_name];
        of_map.push_back(subscription);
        if (of_map.size() == 1) watch_expiry(message.map_name);
    }
    start(subscription);
    return {};
}

void LiveQueries::on(Connection& peer, const wire::QueryUnsub& message) {
    drop({peer.id(), message.query_id});
}

void LiveQueries::drop(const Name& name) {
    const auto found = subscriptions_.find(name);
    if (found == subscriptions_.end()) return;
    found->second->ended = true;
    found->second->subject.reset();
    // While it is run, the window is the run's.
    if (!found->second->apart) found->second->let_go(hub_);
    const auto of_map = by_map_.find(found->second->map.name);
    if (of_map != by_map_.end()) {
        std::erase(of_map->second, found->second);
        if (of_map->second.empty()) by_map_.erase(of_map);
    }
    subscriptions_.erase(found);
}

void LiveQueries::gone(Connection& peer) {
    for (auto at = subscriptions_.lower_bound({peer.id(), ""});
         at != subscriptions_.end() && at->first.first == peer.id();) {
        const auto name = (at++)->first;
        drop(name);
    }
}

void LiveQueries::apply(Subscription& subscription, std::string_view key, BytesView value,
                        std::uint64_t now_ms, const std::function<void(Bytes)>& send_it) {
    if (subscription.grouped) {
        subscription.stale = true;
        return;
    }
    if (subscription.apart) {
        // A run that has not begun will see it.
        if (subscription.reading) subscription.changed.emplace(key);
        return;
    }
    if (!subscription.window) return;
    // A record that turns into one that he may not read is gone for him.
    if (!hub_.shows(subscription.map.name, value, subscription.context)) value = {};
    auto changes = subscription.window->apply(key, value, now_ms);
    if (!changes) {
        // The window lost its hold: the client's set is replaced by a fresh one.
        if (hub_.is_large(subscription.map)) {
            subscription.stale = true;
            return;
        }
        subscription.began_ms = now_ms;
        auto fresh = answer(subscription);
        if (fresh)
            send_it(wire::encoded(*fresh));
        else
            subscription.stale = true;
        return;
    }
    for (auto& change : *changes) {
        wire::QueryUpdate update;
        update.query_id = subscription.id;
        update.key = std::move(change.key);
        update.change_type = change.type;
        if (!change.value.empty()) update.value.bytes = std::move(change.value);
        send_it(wire::encoded(update));
    }
}

void LiveQueries::changed(const Change& change, Outbox& outbox) {
    if (change.map.kind != MapKind::lww) return;
    const auto found = by_map_.find(change.map.name);
    if (found == by_map_.end()) return;
    const auto& op = change.op;
    BytesView value = op.kind == OpKind::put ? op.value : BytesView();
    if (!value.empty()) {
        if (is_expired(op.stamp.millis, op.ttl_ms, change.now_ms)) value = {};
        auto end = expiry_of(change.map.name, op.key, op.stamp.millis, op.ttl_ms);
        if (end) expiries_.insert(std::move(*end));
    }
    for (const auto& subscription : found->second) {
        apply(*subscription, op.key, value, change.now_ms, [&](Bytes frame) {
            outbox.add(subscription->peer, subscription->subject, std::move(frame));
        });
    }
}

void LiveQueries::tick(std::uint64_t) {
    const auto now_ms = wall_ms();
    while (!expiries_.empty() && expiries_.begin()->at_ms <= now_ms) {
        const auto due = expiries_.extract(expiries_.begin());
        expire(due.value(), now_ms);
    }
    const auto now_us = now_in_us();
    std::vector<Shared> due;
    for (const auto& [name, subscription] : subscriptions_) {
        const bool behind = !subscription->apart && !subscription->changed.empty();
        const bool again = subscription->stale && now_us >= subscription->next_run_us;
        if (behind || again) due.push_back(subscription);
    }
    for (const auto& subscription : due) {
        if (subscription->stale && now_us >= subscription->next_run_us)
            start(subscription);
        else
            catch_up(subscription);
    }
    start_waiting();
}

void LiveQueries::policies_changed() {
    ++policies_;
    for (const auto& [name, subscription] : subscriptions_) {
        subscription->stale = true;
        subscription->next_run_us = 0;
    }
}

std::optional<LiveQueries::Expiry> LiveQueries::expiry_of(const std::string& map,
                                                          std::string_view key,
                                                          std::uint64_t millis,
                                                          std::uint64_t ttl_ms) {
    if (ttl_ms == kNoTtl || ttl_ms == 0) return std::nullopt;
    const auto last_seen = millis > ~ttl_ms ? ~std::uint64_t{0} - 1 : millis + ttl_ms;
    return Expiry{last_seen + 1, map, std::string(key)};
}

// Records that were there before anybody asked.
void LiveQueries::watch_expiry(const std::string& map) {
    struct Scan {
        std::unique_ptr<StateReader> state;
        std::vector<Expiry> found;
    };
    const MapId id{map, MapKind::lww};
    const auto scan = std::make_shared<Scan>();
    scan->state = read_live(hub_.maps().shared(), {id});
    auto work = [scan, id] {
        const auto state = std::move(scan->state);
        if (!state->has(id)) return;
        auto rows = std::as_const(*state).rows(id);
        if (!rows) return;
        (void)for_each_row(**rows, [&](const Row& row) {
            if (row.value.empty()) return;
            auto one = expiry_of(id.name, row.key, row.stamp.millis, row.ttl_ms);
            if (one) scan->found.push_back(std::move(*one));
        });
    };
    auto done = [this, scan, map] {
        if (!by_map_.contains(map)) return;
        for (auto& one : scan->found) expiries_.insert(std::move(one));
    };
    if (hub_.is_large(id)) return hub_.run_apart(std::move(work), std::move(done));
    work();
    done();
}

// Empty when there is none, or none any more.
Bytes LiveQueries::value_now(const MapId& map, std::string_view key, std::uint64_t now_ms) const {
    Bytes out;
    (void)find_rows(hub_.maps().shared(), map, key, [&](const MapId&, const Row& row) {
        if (!is_expired(row.stamp.millis, row.ttl_ms, now_ms)) out = Bytes(row.value);
        return Status();
    });
    return out;
}

void LiveQueries::expire(const Expiry& due, std::uint64_t now_ms) {
    const auto found = by_map_.find(due.map);
    if (found == by_map_.end()) return;
    // It may have been written again since, and then it lives.
    if (!value_now({due.map, MapKind::lww}, due.key, now_ms).empty()) return;
    for (const auto& subscription : found->second) {
        // In turn: its beginning may still wait for the disk.
        apply(*subscription, due.key, {}, now_ms, [&](Bytes frame) {
            send_in_turn(subscription->peer, subscription->subject, std::move(frame));
        });
    }
}

}  // namespace topgun::sync
