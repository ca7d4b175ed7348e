// SPDX-License-Identifier: Apache-2.0
#include "live_queries.hpp"

#include <algorithm>
#include <chrono>

#include "topgun/base/sha2.hpp"

namespace topgun::sync {
namespace {

// Time spent on running groups again, as a part of all time: a large map must not eat the hub.
constexpr std::uint64_t kRestPerRun = 10;

std::uint64_t steady_us() {
    const auto passed = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(passed).count());
}

std::vector<wire::KeyedValue> keyed(std::vector<query::ResultRow> rows) {
    std::vector<wire::KeyedValue> out;
    out.reserve(rows.size());
    for (auto& row : rows) out.push_back({std::move(row.key), {std::move(row.value)}});
    return out;
}

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

struct LiveQueries::Subscription {
    std::uint64_t peer = 0;
    std::string id;
    MapId map;
    RequestContext context;
    query::Query query;
    wire::CursorStatus cursor_status = wire::CursorStatus::none;
    // One of the two; neither for a page from a cursor, which is answered once.
    std::optional<query::QueryWindow> window;
    bool grouped = false;
    // To be run again: the map has changed since groups were sent, or what may be read has.
    bool stale = false;
    std::uint64_t next_run_us = 0;  // not before
    Bytes last_sent;                // groups: the digest of what was sent
};

LiveQueries::LiveQueries(Hub& hub) : Service(hub), signer_(hub) {}
LiveQueries::~LiveQueries() = default;

query::QueryOptions LiveQueries::options() const {
    query::QueryOptions out;
    out.signer = &signer_;
    out.memory_max = hub_.options().limits.query_bytes;
    return out;
}

Result<query::QueryPage> LiveQueries::run(const MapId& map, const query::Query& query,
                                          const RequestContext& context) {
    auto state = hub_.shown_state({map}, context);
    if (!state) return std::move(state).error();
    return query::run_query(**state, map, query, wall_ms(), options());
}

void LiveQueries::on(Connection& peer, const wire::QuerySub& message) {
    const auto done = subscribe(peer, message);
    if (done) return;
    // TopGun's client does not read the error, but would wait five seconds for rows.
    wire::QueryResp answer;
    answer.query_id = message.query_id;
    answer.error = done.error().text();
    send(peer, answer);
    const std::uint32_t code = done.error().code() == Errc::usage ? 403 : 400;
    send_error(peer, code, "QUERY_SUB " + message.map_name + ": " + done.error().text());
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
    subscription->grouped = !subscription->query.group_by.empty();
    if (!paged && !subscription->grouped) {
        auto window = query::QueryWindow::open(
            map, subscription->query,
            [this, map, context = context_of(peer)](const query::Query& query) {
                return run(map, query, context);
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
    auto answer = first_answer(*subscription);
    if (!answer) return std::move(answer).error();
    const auto frame = wire::encoded(*answer);
    if (subscription->grouped) subscription->last_sent = sha2(Sha2::sha256, frame);
    send_frame(peer, frame);
    follow(peer, message.map_name);
    if (paged) return {};
    subscriptions_[name] = subscription;
    auto& of_map = by_map_[message.map_name];
    of_map.push_back(std::move(subscription));
    if (of_map.size() == 1) watch_expiry(message.map_name);
    return {};
}

Result<wire::QueryResp> LiveQueries::first_answer(Subscription& subscription) {
    wire::QueryResp out;
    out.query_id = subscription.id;
    out.cursor_status = subscription.cursor_status;
    const auto& query = subscription.query;
    if (!subscription.window) {
        auto page = run(subscription.map, query, subscription.context);
        if (!page) return std::move(page).error();
        out.has_more = page->has_more;
        if (page->has_more) out.next_cursor = std::move(page->next_cursor);
        out.results = keyed(std::move(page->rows));
        return out;
    }
    auto rows = subscription.window->reset(wall_ms());
    if (!rows) return std::move(rows).error();
    out.has_more = false;
    if (query.limit && rows->size() >= *query.limit) {
        // The window knows its rows, not whether there are more: asked for separately, and only
        // when it is full.
        auto page = run(subscription.map, query, subscription.context);
        if (!page) return std::move(page).error();
        out.has_more = page->has_more;
        if (page->has_more && !query.sort.empty()) out.next_cursor = std::move(page->next_cursor);
    }
    out.results = keyed(std::move(*rows));
    return out;
}

void LiveQueries::on(Connection& peer, const wire::QueryUnsub& message) {
    drop({peer.id(), message.query_id});
}

void LiveQueries::drop(const Name& name) {
    const auto found = subscriptions_.find(name);
    if (found == subscriptions_.end()) return;
    const auto of_map = by_map_.find(found->second->map.name);
    std::erase(of_map->second, found->second);
    if (of_map->second.empty()) by_map_.erase(of_map);
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
    // A record that turns into one that he may not read is gone for him.
    if (!hub_.shows(subscription.map.name, value, subscription.context)) value = {};
    auto changes = subscription.window->apply(key, value, now_ms);
    if (!changes) {
        // The window lost its hold: the client's set is replaced by a fresh one.
        auto answer = first_answer(subscription);
        if (answer) send_it(wire::encoded(*answer));
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
        note_expiry(change.map.name, op.key, op.stamp.millis, op.ttl_ms);
    }
    for (const auto& subscription : found->second) {
        apply(*subscription, op.key, value, change.now_ms,
              [&](Bytes frame) { outbox.add(subscription->peer, subscription, std::move(frame)); });
    }
}

// Sends the result again; groups only if they are others than those that were sent.
void LiveQueries::refresh(const std::shared_ptr<Subscription>& subscription, std::uint64_t now_us) {
    subscription->stale = false;
    auto answer = first_answer(*subscription);
    const auto took = steady_us() - now_us;
    subscription->next_run_us = now_us + took * kRestPerRun;
    if (!answer) {
        if (answer.error().code() != Errc::usage) return;
        // The map has been closed to him: what he was shown is no longer his to see.
        wire::QueryResp nothing;
        nothing.query_id = subscription->id;
        nothing.error = answer.error().text();
        answer = std::move(nothing);
    }
    auto frame = wire::encoded(*answer);
    if (subscription->grouped) {
        auto digest = sha2(Sha2::sha256, frame);
        if (digest == subscription->last_sent) return;
        subscription->last_sent = std::move(digest);
    }
    // What was counted may not be durable yet.
    send_in_turn(subscription->peer, subscription, std::move(frame));
}

void LiveQueries::tick(std::uint64_t) {
    const auto now_ms = wall_ms();
    while (!expiries_.empty() && expiries_.top().at_ms <= now_ms) {
        const auto due = expiries_.top();
        expiries_.pop();
        expire(due, now_ms);
    }
    const auto now_us = steady_us();
    for (const auto& [name, subscription] : subscriptions_) {
        if (!subscription->stale || now_us < subscription->next_run_us) continue;
        refresh(subscription, steady_us());
    }
}

void LiveQueries::policies_changed() {
    for (const auto& [name, subscription] : subscriptions_) {
        subscription->stale = true;
        subscription->next_run_us = 0;
    }
}

void LiveQueries::note_expiry(const std::string& map, std::string_view key, std::uint64_t millis,
                              std::uint64_t ttl_ms) {
    if (ttl_ms == kNoTtl || ttl_ms == 0) return;
    const auto last_seen = millis > ~ttl_ms ? ~std::uint64_t{0} - 1 : millis + ttl_ms;
    expiries_.push({last_seen + 1, map, std::string(key)});
}

// Records that were there before anybody asked.
void LiveQueries::watch_expiry(const std::string& map) {
    const MapId id{map, MapKind::lww};
    const auto state = read_live(hub_.maps().shared(), {id});
    if (!state->has(id)) return;
    const StateReader& reader = *state;
    auto rows = reader.rows(id);
    if (!rows) return;
    (void)for_each_row(**rows, [&](const Row& row) {
        if (!row.value.empty()) note_expiry(map, row.key, row.stamp.millis, row.ttl_ms);
    });
}

void LiveQueries::expire(const Expiry& due, std::uint64_t now_ms) {
    const auto found = by_map_.find(due.map);
    if (found == by_map_.end()) return;
    // It may have been written again since, and then it lives.
    bool dead = true;
    (void)find_rows(
        hub_.maps().shared(), {due.map, MapKind::lww}, due.key, [&](const MapId&, const Row& row) {
            dead = row.value.empty() || is_expired(row.stamp.millis, row.ttl_ms, now_ms);
            return Status();
        });
    if (!dead) return;
    for (const auto& subscription : found->second) {
        // In turn: its beginning may still wait for the disk.
        apply(*subscription, due.key, {}, now_ms, [&](Bytes frame) {
            send_in_turn(subscription->peer, subscription, std::move(frame));
        });
    }
}

}  // namespace topgun::sync
