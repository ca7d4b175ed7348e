// SPDX-License-Identifier: Apache-2.0
// Queries being run, here or apart, and what becomes of their answers.
#include <algorithm>

#include "live_subscription.hpp"
#include "topgun/base/sha2.hpp"

namespace topgun::sync {
namespace {

// Time spent on running groups again, as a part of all time: a large map must not eat the hub.
constexpr std::uint64_t kRestPerRun = 10;

std::vector<wire::KeyedValue> keyed(std::vector<query::ResultRow> rows) {
    std::vector<wire::KeyedValue> out;
    out.reserve(rows.size());
    for (auto& row : rows) out.push_back({std::move(row.key), {std::move(row.value)}});
    return out;
}

std::size_t bytes_of(const std::vector<query::ResultRow>& rows) {
    std::size_t bytes = 0;
    for (const auto& row : rows) bytes += row.key.size() + row.value.size();
    return bytes;
}

}  // namespace

void LiveQueries::run(const MapId& map, const query::Query& query, const RequestContext& context,
                      std::function<void(Result<query::QueryPage>)> done) {
    if (!hub_.is_large(map)) return done(run(map, query, context));
    auto state = hub_.shown_state({map}, context);
    if (!state) return done(std::move(state).error());
    struct Run {
        std::unique_ptr<StateReader> state;
        Result<query::QueryPage> page = query::QueryPage();
    };
    const auto one = std::make_shared<Run>();
    const auto round = policies_;
    one->state = std::move(*state);
    auto how = options();
    how.stop = [&hub = hub_] { return hub.abandoned().load(); };
    hub_.run_apart(
        [one, map, query, how, now = wall_ms()] {
            one->page = query::run_query(*one->state, map, query, now, how);
            one->state.reset();
        },
        [this, one, round, map, query, context, done = std::move(done)] {
            // What was read while policies changed may show what they hide now.
            if (round != policies_) return run(map, query, context, done);
            done(std::move(one->page));
        });
}

// As much of a query as fits into `page_bytes`, here or where the subscription is run.
Result<query::QueryPage> LiveQueries::read(const Subscription& subscription,
                                           const query::Query& query, std::size_t page_bytes) {
    auto how = options();
    how.page_bytes = page_bytes;
    const auto& map = subscription.map;
    if (subscription.reading) {
        how.stop = [&] { return subscription.ended || hub_.abandoned(); };
        return query::run_query(*subscription.reading, map, query, subscription.began_ms, how);
    }
    if (hub_.is_large(map)) return Error(Errc::limit, "the map is to be read apart");
    auto state = hub_.shown_state({map}, subscription.context);
    if (!state) return std::move(state).error();
    return query::run_query(**state, map, query, wall_ms(), how);
}

Result<wire::QueryResp> LiveQueries::answer(Subscription& subscription) {
    const auto most = hub_.options().limits.answer_bytes;
    wire::QueryResp out;
    out.query_id = subscription.id;
    out.cursor_status = subscription.cursor_status;
    out.has_more = false;
    const auto& query = subscription.query;
    bool cut = !subscription.window;
    if (subscription.window) {
        auto rows = subscription.window->reset(subscription.began_ms);
        if (!rows) return std::move(rows).error();
        cut = bytes_of(*rows) > most;
        subscription.cut = cut;
        const bool full = query.limit && rows->size() >= *query.limit;
        if (!cut) out.results = keyed(std::move(*rows));
        if (!cut && !full) return out;
    }
    // The window knows its rows, not whether there are more: asked for separately, and only when it
    // is full.
    auto page = read(subscription, query, most);
    if (!page) return std::move(page).error();
    out.has_more = page->has_more;
    if (page->has_more && (cut || !query.sort.empty())) {
        out.next_cursor = std::move(page->next_cursor);
    }
    if (cut) out.results = keyed(std::move(page->rows));
    return out;
}

// Also on another thread: but for the subscription, what it touches does not change.
LiveQueries::Outcome LiveQueries::carry_out(Subscription& subscription) {
    Outcome out;
    const auto began = now_in_us();
    auto found = answer(subscription);
    if (found)
        out.frame = wire::encoded(*found);
    else
        out.frame = std::move(found).error();
    out.took_us = now_in_us() - began;
    return out;
}

void LiveQueries::start(const Shared& subscription) {
    if (subscription->apart) return;
    subscription->stale = false;
    subscription->began_ms = wall_ms();
    if (!hub_.is_large(subscription->map)) {
        auto outcome = carry_out(*subscription);
        outcome.policies = policies_;
        return finish(subscription, std::move(outcome));
    }
    subscription->apart = true;
    subscription->changed.clear();
    // Nobody is kept from talking by runs that he has not asked for.
    auto* const asker = peer(subscription->peer);
    subscription->counted = asker != nullptr && !subscription->answered;
    if (subscription->counted) run_begins(*asker);
    waiting_.push_back(subscription);
    start_waiting();
}

// One at a time, so that a peer's answers come no faster than it takes them.
void LiveQueries::start_waiting() {
    // What runs at once comes back here.
    if (std::exchange(starting_, true)) return;
    const auto most = hub_.options().limits.queue_bytes / 2;
    for (std::size_t i = 0; !running_ && i < waiting_.size();) {
        const auto* const asker = peer(waiting_[i]->peer);
        if (asker != nullptr && !waiting_[i]->ended && asker->queued_bytes() > most) {
            ++i;
            continue;
        }
        const auto next = std::move(waiting_[i]);
        waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
        run_apart(next);
    }
    starting_ = false;
}

void LiveQueries::run_apart(const Shared& subscription) {
    const auto outcome = std::make_shared<Outcome>();
    outcome->policies = policies_;
    const auto done = [this, subscription, outcome] {
        running_ = false;
        subscription->reading.reset();
        subscription->apart = false;
        if (subscription->ended) subscription->let_go(hub_);
        auto* const asker = peer(subscription->peer);
        if (std::exchange(subscription->counted, false) && asker != nullptr) run_ends(*asker);
        finish(subscription, std::move(*outcome));
        start_waiting();
        hub_.settle();
    };
    if (subscription->ended) return done();
    auto state = hub_.shown_state({subscription->map}, subscription->context);
    if (!state) {
        outcome->frame = std::move(state).error();
        return done();
    }
    running_ = true;
    subscription->reading = std::move(*state);
    subscription->began_ms = wall_ms();
    hub_.run_apart(
        [this, subscription, outcome] {
            auto found = carry_out(*subscription);
            outcome->frame = std::move(found.frame);
            outcome->took_us = found.took_us;
        },
        done);
}

void LiveQueries::finish(const Shared& subscription, Outcome outcome) {
    auto* const asker = peer(subscription->peer);
    if (subscription->ended || asker == nullptr) return;
    // What he may see is no longer what it was when rows were looked at.
    if (outcome.policies != policies_) return start(subscription);
    const Name name{subscription->peer, subscription->id};
    const bool first = !std::exchange(subscription->answered, true);
    subscription->next_run_us = 0;
    if (!outcome.frame || subscription->grouped) {
        subscription->next_run_us = now_in_us() + outcome.took_us * kRestPerRun;
    }
    if (!outcome.frame && first) {
        drop(name);
        return fail(*asker, name.second, subscription->map.name, outcome.frame.error());
    }
    const bool closed = !outcome.frame;
    if (closed) {
        if (outcome.frame.error().code() != Errc::usage) return;
        // The map has been closed to him: what he was shown is no longer his to see.
        wire::QueryResp nothing;
        nothing.query_id = subscription->id;
        nothing.error = outcome.frame.error().text();
        outcome.frame = wire::encoded(nothing);
    }
    if (subscription->grouped || closed) {
        auto digest = sha2(Sha2::sha256, *outcome.frame);
        // Groups are sent again only if they are others than those that were sent.
        if (digest == subscription->last_sent) return;
        subscription->last_sent = std::move(digest);
    } else {
        subscription->last_sent.clear();
    }
    if (!first) {
        // What was counted may not be durable yet.
        send_in_turn(subscription->peer, subscription->subject, *std::move(outcome.frame));
    } else {
        send_frame(*asker, *std::move(outcome.frame));
        if (!subscription->ended) follow(*asker, subscription->map.name);
    }
    if (subscription->is_paged()) return drop(name);
    catch_up(subscription);
}

// What has changed since the run began, whether it saw that or not; as much at a time as the peer
// takes.
void LiveQueries::catch_up(const Shared& subscription) {
    constexpr std::size_t kAtOnce = 2'000;
    const auto* const asker = peer(subscription->peer);
    const auto most = hub_.options().limits.queue_bytes / 4;
    if (asker == nullptr || asker->queued_bytes() > most) return;
    const auto now_ms = wall_ms();
    auto& changed = subscription->changed;
    for (std::size_t n = 0; n < kAtOnce && !changed.empty(); ++n) {
        // The next run sees it all.
        if (subscription->ended || subscription->stale) return;
        const auto key = std::move(changed.extract(changed.begin()).value());
        bool told = false;
        const auto send_it = [&](Bytes frame) {
            told = true;
            send_in_turn(subscription->peer, subscription->subject, std::move(frame));
        };
        const auto value = value_now(subscription->map, key, now_ms);
        apply(*subscription, key, value, now_ms, send_it);
        const bool may_be_there = subscription->cut && subscription->window && !told;
        if (!may_be_there || subscription->window->has(key)) continue;
        // A part of the answer was read by itself, and may show what the window never held.
        wire::QueryUpdate update;
        update.query_id = subscription->id;
        update.key = key;
        update.change_type = wire::ChangeType::leave;
        send_it(wire::encoded(update));
    }
}

}  // namespace topgun::sync
