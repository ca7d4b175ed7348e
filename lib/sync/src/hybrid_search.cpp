// SPDX-License-Identifier: Apache-2.0
// HYBRID_SEARCH: several ways of searching one map, their rankings made one.
#include <algorithm>

#include "searches.hpp"
#include "topgun/base/hash.hpp"

namespace topgun::sync {
namespace {

using wire::SearchMethod;

// How deep each ranking goes: a hit further down adds less than one place near the top does.
constexpr std::size_t kDepthFactor = 4;
constexpr std::size_t kDepthMin = 100;

std::size_t depth_of(const HybridQuery& query) {
    return std::max(kDepthFactor * query.k, kDepthMin);
}

std::optional<std::size_t> bytes_of(const std::optional<wire::Binary>& vector) {
    if (!vector) return std::nullopt;
    return vector->bytes.size();
}

// Of HYBRID_SEARCH or HYBRID_SEARCH_SUB, which have the same fields.
template <typename T>
Result<HybridQuery> query_of(const T& message, const SearchSettings& settings) {
    HybridQuery out;
    out.map = message.map_name;
    out.text = message.query_text;
    for (const auto method : message.methods) {
        const auto& known = out.methods;
        if (std::find(known.begin(), known.end(), method) == known.end()) {
            out.methods.push_back(method);
        }
    }
    if (out.methods.empty()) return Error(Errc::bad_input, "methods: there is none");
    if (message.k > settings.results) {
        return Error(Errc::limit, "k: at most " + std::to_string(settings.results));
    }
    out.k = message.k;
    out.values = message.include_value.value_or(true);
    out.min_score = message.min_score;
    if (message.query_vector) {
        out.vector = search::read_float_bytes(message.query_vector->bytes);
        if (out.vector->empty()) {
            return Error(Errc::bad_input, "queryVector: expected finite 32-bit floats");
        }
    }
    if (message.predicate) {
        auto node = query::from_wire(*message.predicate);
        if (!node) return std::move(node).error();
        auto compiled = query::Predicate::compile(std::move(*node));
        if (!compiled) return std::move(compiled).error();
        out.filter = std::move(*compiled);
    }
    return out;
}

std::uint64_t look_of(const wire::HybridHit& hit) {
    // What it scored by each method is part of what a watcher sees.
    Bytes look = hit.value ? hit.value->bytes : Bytes();
    for (const auto& [method, score] : hit.method_scores) {
        look += method;
        append_le(look, std::bit_cast<std::uint64_t>(score));
    }
    return xxh3_64(look);
}

wire::HybridSearchResp response_of(std::string id, Result<std::vector<wire::HybridHit>> hits) {
    wire::HybridSearchResp out;
    out.request_id = std::move(id);
    if (hits)
        out.results = std::move(*hits);
    else
        out.error = hits.error().message();
    return out;
}

}  // namespace

// Everything that passes the filter; without a filter nothing is meant by it.
Result<search::Ranking> Searches::rank_exact(const HybridQuery& query) const {
    search::Ranking out;
    out.all_first = true;
    if (!query.filter) return out;
    const auto read = for_each_document(tools_.shared, query.map, wall_ms(),
                                        [&](auto key, const SearchDocument& document) -> Status {
                                            if (query.shown && !query.shown(document)) return {};
                                            if (document.passes(key, *query.filter))
                                                out.hits.push_back({std::string(key), 1});
                                            return {};
                                        });
    if (!read) return read.error().clone();
    return out;
}

Result<search::Ranking> Searches::rank_text(SearchMap& indexes, const HybridQuery& query) const {
    auto index = indexes.text(wall_ms());
    if (!index) return std::move(index).error();
    auto words = (*index)->parse(query.text);
    if (!words) return std::move(words).error();
    search::TextSearch search;
    search.limit = depth_of(query);
    search.accept = acceptor(indexes, query.filter ? &*query.filter : nullptr, query.shown);
    auto found = (*index)->find(*words, search);
    if (!found) return std::move(found).error();
    search::Ranking out;
    for (auto& hit : found->hits) out.hits.push_back({std::move(hit.key), hit.score});
    return out;
}

Result<search::Ranking> Searches::rank_semantic(SearchMap& indexes, const HybridQuery& query) {
    search::Ranking out;
    auto wanted = query.vector;
    if (!wanted) {
        if (!embedder_) {
            return Error(Errc::usage,
                         "semantic search needs an embedding provider, or a queryVector");
        }
        auto made = embedder_->embed(query.text);
        if (!made) return std::move(made).error();
        // A text without meaning is near to nothing.
        if (made->empty()) return out;
        wanted = std::move(*made);
    }
    const auto index = vectors_near(indexes, kVectorField, wanted->size());
    if (!index) return index.error().clone();
    search::VectorSearch search;
    search.k = depth_of(query);
    search.accept = acceptor(indexes, query.filter ? &*query.filter : nullptr, query.shown);
    auto found = (*index)->find(*wanted, search);
    if (!found) return std::move(found).error();
    for (auto& hit : *found) out.hits.push_back({std::move(hit.key), hit.score});
    return out;
}

Result<search::Ranking> Searches::rank(SearchMethod method, SearchMap& indexes,
                                       const HybridQuery& query) {
    switch (method) {
        case SearchMethod::exact: return rank_exact(query);
        case SearchMethod::full_text: return rank_text(indexes, query);
        case SearchMethod::semantic: break;
    }
    return rank_semantic(indexes, query);
}

Result<Searches::Hits> Searches::search_hybrid(SearchMap& indexes, const HybridQuery& query) {
    std::vector<search::Ranking> rankings;
    for (const auto method : query.methods) {
        auto ranking = rank(method, indexes, query);
        if (!ranking) return std::move(ranking).error();
        rankings.push_back(std::move(*ranking));
    }
    Hits out;
    for (auto& hit : search::fuse(rankings, query.k)) {
        if (query.min_score && !(hit.score >= *query.min_score)) continue;
        wire::HybridHit one;
        const auto document = indexes.document(hit.key, wall_ms());
        // Expired since the last tick.
        if (!document) continue;
        if (query.values) one.value.emplace().bytes = document->shown();
        for (const auto& [ranking, score] : hit.by_ranking) {
            one.method_scores.set(std::string(wire::word(query.methods[ranking])), score);
        }
        one.key = std::move(hit.key);
        one.score = hit.score;
        out.push_back(std::move(one));
    }
    return out;
}

void Searches::on(Connection& peer, const wire::HybridSearch& message) {
    if (may_search(context_of(peer), message.map_name) &&
        waits(peer, Asked::once, message.request_id, message.map_name,
              indexes_for(message.map_name, message.methods, bytes_of(message.query_vector)),
              [this, &peer, message] { on(peer, message); })) {
        return;
    }
    const auto started = wall_ms();
    auto answer = response_of(message.request_id, [&]() -> Result<Hits> {
        TOPGUN_TRY(may_search(context_of(peer), message.map_name));
        auto query = query_of(message, hub_.options().search);
        if (!query) return std::move(query).error();
        query->shown = shown_to(context_of(peer), message.map_name);
        return search_hybrid(maps_.get(message.map_name), *query);
    }());
    answer.search_time_ms = since(started);
    send(peer, answer);
    settle(message.map_name);
}

Result<Searches::Hits> Searches::subscribe(Connection& peer, const wire::HybridSearchSub& message) {
    TOPGUN_TRY(may_search(context_of(peer), message.map_name));
    TOPGUN_TRY(may_watch(peer.id()));
    auto query = query_of(message, hub_.options().search);
    if (!query) return std::move(query).error();
    query->shown = shown_to(context_of(peer), message.map_name);
    auto& indexes = maps_.get(message.map_name);
    auto found = search_hybrid(indexes, *query);
    if (!found) return found;
    TOPGUN_TRY(keep(indexes));
    const WatchKey key{peer.id(), message.subscription_id};
    auto subscription = std::make_shared<HybridSubscription>(
        HybridSubscription{key, std::move(*query), {}, false, false});
    for (const auto& name : indexes_for(subscription->query)) {
        if (name.dimension != 0) indexes.hold_vectors(name.field, name.dimension);
    }
    for (const auto& hit : *found) {
        subscription->members.emplace(hit.key, Member{hit.score, look_of(hit)});
    }
    hybrid_.add(key, message.map_name, std::move(subscription));
    return found;
}

void Searches::on(Connection& peer, const wire::HybridSearchSub& message) {
    unsubscribe_hybrid({peer.id(), message.subscription_id});
    if (may_search(context_of(peer), message.map_name) &&
        waits(peer, Asked::hybrid_watch, message.subscription_id, message.map_name,
              indexes_for(message.map_name, message.methods, bytes_of(message.query_vector)),
              [this, &peer, message] { on(peer, message); })) {
        return;
    }
    const auto started = wall_ms();
    auto answer = response_of(message.subscription_id, subscribe(peer, message));
    answer.search_time_ms = since(started);
    send(peer, answer);
    settle(message.map_name);
}

void Searches::on(Connection& peer, const wire::HybridSearchUnsub& message) {
    unsubscribe_hybrid({peer.id(), message.subscription_id});
}

void Searches::unsubscribe_hybrid(const WatchKey& key) {
    forget(Asked::hybrid_watch, key);
    const auto subscription = hybrid_.find(key);
    if (!subscription) return;
    auto* const indexes = maps_.find(subscription->query.map);
    for (const auto& name : indexes_for(subscription->query)) {
        if (name.dimension != 0) indexes->let_vectors_go(name.field, name.dimension);
    }
    maps_.unpin(hybrid_.remove(key));
}

// One change of a map can move every rank: so the search runs again, once for all changes between
// two ticks, and what differs is told.
void Searches::search_again(const std::shared_ptr<HybridSubscription>& subscription) {
    subscription->due = false;
    const auto& [to, id] = subscription->key;
    auto* const watcher = peer(to);
    const auto& map = subscription->query.map;
    // Who waits for an index will see what has changed until then.
    if (watcher == nullptr || subscription->waiting) return;
    const bool allowed = may_search(context_of(*watcher), map).has_value();
    subscription->waiting = true;
    const auto again = [this, weak = std::weak_ptr(subscription)] {
        const auto one = weak.lock();
        if (!one) return;
        one->waiting = false;
        search_again(one);
    };
    // Its vectors may have made way for others.
    if (allowed &&
        waits(*watcher, Asked::hybrid_watch, id, map, indexes_for(subscription->query), again)) {
        return;
    }
    subscription->waiting = false;
    // What may be read can change while somebody watches.
    subscription->query.shown = shown_to(context_of(*watcher), map);
    auto found = allowed ? search_hybrid(maps_.get(map), subscription->query) : Hits();
    // The last vector of a map has gone: nothing is found any more.
    if (!found) found = Hits();
    auto before = std::move(subscription->members);
    subscription->members.clear();
    std::vector<wire::HybridSearchUpdate> updates;
    for (auto& hit : *found) {
        const Member now{hit.score, look_of(hit)};
        const auto was = before.find(hit.key);
        const bool same = was != before.end() && was->second == now;
        subscription->members.emplace(hit.key, now);
        const auto type = was == before.end() ? wire::ChangeType::enter : wire::ChangeType::update;
        if (was != before.end()) before.erase(was);
        if (same) continue;
        updates.push_back({id, std::move(hit.key), hit.score, std::move(hit.method_scores),
                           std::move(hit.value), type});
    }
    // First those that leave, so that a watcher never holds more than it asked for.
    for (const auto& [key, member] : before) {
        wire::HybridSearchUpdate update;
        update.subscription_id = id;
        update.key = key;
        update.change_type = wire::ChangeType::leave;
        send_in_turn(to, subscription, wire::encoded(update));
    }
    for (const auto& update : updates) send_in_turn(to, subscription, wire::encoded(update));
}

}  // namespace topgun::sync
