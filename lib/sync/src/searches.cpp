// SPDX-License-Identifier: Apache-2.0
#include "searches.hpp"

#include <algorithm>
#include <limits>
#include <mutex>
#include <shared_mutex>

#include "names.hpp"

namespace topgun::sync {
namespace {

constexpr std::uint32_t kDefaultLimit = 10;

// What one tick may do, so that it stays short: vectors taken into each graph, and watched hybrid
// searches run again.
constexpr std::size_t kGraphStep = 16;
constexpr std::size_t kHybridStep = 16;

Result<search::TextSearch> text_search(const std::optional<wire::SearchOptions>& options,
                                       const SearchSettings& settings) {
    search::TextSearch out;
    out.limit = kDefaultLimit;
    if (!options) return out;
    out.limit = options->limit.value_or(kDefaultLimit);
    if (out.limit > settings.results) {
        return Error(Errc::limit, "limit: at most " + std::to_string(settings.results));
    }
    out.min_score = options->min_score.value_or(0);
    if (options->boost) {
        for (const auto& [field, weight] : *options->boost) out.boosts[field] = weight;
    }
    return out;
}

std::uint32_t whole_count(std::uint64_t count) {
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(count, std::numeric_limits<std::uint32_t>::max()));
}

wire::SearchResp failed(std::string id, const Error& error) {
    wire::SearchResp out;
    out.request_id = std::move(id);
    out.error = error.message();
    return out;
}

}  // namespace

std::unique_ptr<search::Embedder> Searches::embedder_of(const SearchSettings& settings) {
    if (settings.embedding_provider.empty()) return nullptr;
    auto made = search::make_embedder(settings.embedding_provider, settings.embedding_dimension);
    TOPGUN_ASSERT(made, "the hub has made one like it");
    return std::move(made).value();
}

Searches::Searches(Hub& hub)
    : Service(hub),
      embedder_(embedder_of(hub.options().search)),
      tools_{hub.maps().shared(), hub.options().search, hub.abandoned(), embedder_.get()},
      maps_(tools_) {}

Status Searches::may_search(const RequestContext& context, const std::string& map) const {
    if (const char* fault = name_fault(map)) return Error(Errc::usage, fault);
    for (const auto kind : {MapKind::lww, MapKind::or_map}) {
        auto allowed = hub_.may_read_partly({map, kind}, context);
        if (allowed) continue;
        ++counters().denied;
        return allowed;
    }
    return {};
}

DocumentFilter Searches::shown_to(const RequestContext& context, const std::string& map) const {
    if (!hub_.hides_rows(map, context)) return {};
    return [this, context, map](const SearchDocument& document) {
        return std::all_of(document.values.begin(), document.values.end(),
                           [&](const Bytes& value) { return hub_.shows(map, value, context); });
    };
}

// Nothing is kept for maps that somebody only guesses at.
bool Searches::is_empty(const std::string& map) const {
    const auto& shared = hub_.maps().shared();
    const std::shared_lock lock(shared.mutex);
    return shared.replica.find({map, MapKind::lww}) == nullptr &&
           shared.replica.find({map, MapKind::or_map}) == nullptr;
}

std::vector<wire::SearchHit> Searches::with_values(const SearchMap& map,
                                                   search::TextHits found) const {
    std::vector<wire::SearchHit> out;
    for (auto& hit : found.hits) {
        const auto document = map.document(hit.key, wall_ms());
        // Expired since the last tick.
        if (!document) continue;
        out.push_back({std::move(hit.key), {document->shown()}, hit.score, std::move(hit.matched)});
    }
    return out;
}

Result<wire::SearchResp> Searches::search_text(const std::string& map, const std::string& query,
                                               const std::optional<wire::SearchOptions>& options,
                                               const RequestContext& context) {
    auto search = text_search(options, hub_.options().search);
    if (!search) return std::move(search).error();
    wire::SearchResp out;
    if (is_empty(map)) return out;
    auto& indexes = maps_.get(map);
    search->visible = acceptor(indexes, nullptr, shown_to(context, map));
    auto index = indexes.text(wall_ms());
    if (!index) return std::move(index).error();
    auto words = (*index)->parse(query);
    if (!words) return std::move(words).error();
    auto found = (*index)->find(*words, *search);
    if (!found) return std::move(found).error();
    out.total_count = whole_count(found->total);
    out.results = with_values(indexes, std::move(*found));
    settle(map);
    return out;
}

void Searches::on(Connection& peer, const wire::Search& message) {
    if (const auto allowed = may_search(context_of(peer), message.map_name); !allowed) {
        return send(peer, failed(message.request_id, allowed.error()));
    }
    if (waits(peer, Asked::once, message.request_id, message.map_name, {IndexName{}},
              [this, &peer, message] { on(peer, message); })) {
        return;
    }
    auto answer = search_text(message.map_name, message.query, message.options, context_of(peer));
    if (!answer) return send(peer, failed(message.request_id, answer.error()));
    answer->request_id = message.request_id;
    send(peer, *answer);
}

Status Searches::may_watch(std::uint64_t peer) const {
    const auto watched = text_.of_peer(peer).size() + hybrid_.of_peer(peer).size();
    if (watched < hub_.options().search.subscriptions) return {};
    return Error(Errc::limit, "too many searches on one connection");
}

Status Searches::keep(SearchMap& indexes) {
    if (!maps_.trim(&indexes)) {
        return Error(Errc::limit, "no memory is left for indexes of searches that are watched");
    }
    maps_.pin(indexes.name());
    return {};
}

void Searches::settle(const std::string& map) {
    if (is_empty(map)) maps_.drop(map);
    maps_.trim(maps_.find(map));
}

Result<wire::SearchResp> Searches::subscribe(Connection& peer, const wire::SearchSub& message) {
    TOPGUN_TRY(may_search(context_of(peer), message.map_name));
    TOPGUN_TRY(may_watch(peer.id()));
    auto search = text_search(message.options, hub_.options().search);
    if (!search) return std::move(search).error();
    auto& indexes = maps_.get(message.map_name);
    search->visible = acceptor(indexes, nullptr, shown_to(context_of(peer), message.map_name));
    auto index = indexes.text(wall_ms());
    if (!index) return std::move(index).error();
    auto words = (*index)->parse(message.query);
    if (!words) return std::move(words).error();
    const WatchKey key{peer.id(), message.subscription_id};
    auto subscription = std::make_shared<TextSubscription>(
        TextSubscription{key, {std::move(*words), std::move(*search)}});
    auto found = subscription->window.reset(**index);
    if (!found) return std::move(found).error();
    TOPGUN_TRY(keep(indexes));
    text_.add(key, message.map_name, std::move(subscription));
    wire::SearchResp out;
    out.total_count = whole_count(found->total);
    out.results = with_values(indexes, std::move(*found));
    return out;
}

void Searches::on(Connection& peer, const wire::SearchSub& message) {
    // The same id again replaces the subscription.
    unsubscribe_text({peer.id(), message.subscription_id});
    if (may_search(context_of(peer), message.map_name) &&
        waits(peer, Asked::text_watch, message.subscription_id, message.map_name, {IndexName{}},
              [this, &peer, message] { on(peer, message); })) {
        return;
    }
    auto answer = subscribe(peer, message);
    if (!answer) return send(peer, failed(message.subscription_id, answer.error()));
    answer->request_id = message.subscription_id;
    send(peer, *answer);
}

void Searches::on(Connection& peer, const wire::SearchUnsub& message) {
    unsubscribe_text({peer.id(), message.subscription_id});
}

void Searches::unsubscribe_text(const WatchKey& key) {
    forget(Asked::text_watch, key);
    if (const auto map = text_.remove(key); !map.empty()) maps_.unpin(map);
}

void Searches::gone(Connection& peer) {
    forget([&peer](const Waiter& one) { return one.key.first == peer.id(); });
    for (const auto& key : text_.of_peer(peer.id())) unsubscribe_text(key);
    for (const auto& key : hybrid_.of_peer(peer.id())) unsubscribe_hybrid(key);
}

void Searches::changed(const Change& change, Outbox& outbox) {
    if (change.map.kind == MapKind::counter) return;
    for (auto& making : making_) {
        if (making.map == change.map.name) making.changed.emplace(change.op.key);
    }
    auto* map = maps_.find(change.map.name);
    if (map == nullptr) return;
    refresh(*map, change.op.key, [&](std::uint64_t to, const auto& subject, Bytes frame) {
        outbox.add(to, subject, std::move(frame));
    });
}

void Searches::tick(std::uint64_t) {
    const auto now = wall_ms();
    maps_.for_each([&](SearchMap& map) {
        for (const auto& key : map.due(now)) {
            refresh(map, key, [&](std::uint64_t to, const auto& subject, Bytes frame) {
                send_in_turn(to, subject, std::move(frame));
            });
        }
        map.advance(kGraphStep);
    });
    for (std::size_t i = 0; i < kHybridStep && !due_.empty(); ++i) {
        const auto subscription = hybrid_.find(due_.front());
        due_.pop_front();
        // It may have ended, and another may have taken its id.
        if (subscription && subscription->due) search_again(subscription);
    }
    // Indexes grow with writes, too.
    maps_.trim(nullptr);
}

void Searches::refresh(SearchMap& map, std::string_view key, const Emit& emit) {
    map.refresh(key, wall_ms());
    if (const auto* watching = text_.of_map(map.name())) {
        const auto index = map.text(wall_ms());
        TOPGUN_ASSERT(index, "a watched index stays");
        for (const auto& [id, subscription] : *watching) {
            tell(subscription, map, subscription->window.apply(**index, key), emit);
        }
    }
    search_soon(map.name());
}

void Searches::search_soon(const std::string& map) {
    const auto* watching = hybrid_.of_map(map);
    if (watching == nullptr) return;
    for (const auto& [id, subscription] : *watching) {
        if (!subscription->due) due_.push_back(id);
        subscription->due = true;
    }
}

// What watchers have been told of and may no longer read leaves; what they may read now enters.
void Searches::policies_changed() {
    const auto send = [this](std::uint64_t to, const auto& subject, Bytes frame) {
        send_in_turn(to, subject, std::move(frame));
    };
    maps_.for_each([&](SearchMap& map) {
        search_soon(map.name());
        const auto* watching = text_.of_map(map.name());
        if (watching == nullptr) return;
        const auto index = map.text(wall_ms());
        TOPGUN_ASSERT(index, "a watched index stays");
        for (const auto& [id, subscription] : *watching) {
            const auto* watcher = peer(id.first);
            if (watcher == nullptr) continue;
            const auto& context = context_of(*watcher);
            auto visible = acceptor(map, nullptr, shown_to(context, map.name()));
            if (!may_search(context, map.name())) visible = [](std::string_view) { return false; };
            tell(subscription, map, subscription->window.show(**index, std::move(visible)), send);
        }
    });
}

void Searches::tell(const std::shared_ptr<TextSubscription>& subscription, const SearchMap& map,
                    std::vector<search::TextChange> changes, const Emit& emit) {
    for (auto& change : changes) {
        const bool leaves = change.type == wire::ChangeType::leave;
        const auto* watcher = peer(subscription->key.first);
        if (watcher == nullptr) return;
        // The host's guard may have become stricter while somebody watches.
        if (!leaves && !may_search(context_of(*watcher), map.name())) continue;
        wire::SearchUpdate update;
        update.subscription_id = subscription->key.second;
        update.change_type = change.type;
        if (!leaves) {
            const auto document = map.document(change.hit.key, wall_ms());
            if (document) update.value.bytes = document->shown();
            update.score = change.hit.score;
            update.matched_terms = std::move(change.hit.matched);
        }
        update.key = std::move(change.hit.key);
        emit(subscription->key.first, subscription, wire::encoded(update));
    }
}

}  // namespace topgun::sync
