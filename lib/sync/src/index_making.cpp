// SPDX-License-Identifier: Apache-2.0
// Indexes of large maps are made apart: who searches waits for them, and nobody else.
#include <algorithm>
#include <utility>

#include "searches.hpp"

namespace topgun::sync {

std::vector<Searches::IndexName> Searches::vectors_for(const std::string& map,
                                                       std::string_view field,
                                                       std::size_t bytes) const {
    const auto dimension = bytes / sizeof(float);
    if (dimension == 0 || dimension > search::VectorOptions::kDimensionMax) return {};
    const bool provided =
        field == kVectorField && embedder_ && tools_.settings.vector_maps.contains(map);
    if (provided && dimension != embedder_->dimension()) return {};
    return {{std::string(field), static_cast<std::uint32_t>(dimension)}};
}

std::vector<Searches::IndexName> Searches::indexes_for(
    const std::string& map, const std::vector<wire::SearchMethod>& methods,
    std::optional<std::size_t> bytes) const {
    std::vector<IndexName> out;
    if (!bytes && embedder_) bytes = embedder_->dimension() * sizeof(float);
    for (const auto method : methods) {
        if (method == wire::SearchMethod::full_text) out.emplace_back();
        if (method != wire::SearchMethod::semantic || !bytes) continue;
        for (auto& name : vectors_for(map, kVectorField, *bytes)) out.push_back(std::move(name));
    }
    return out;
}

std::vector<Searches::IndexName> Searches::indexes_for(const HybridQuery& query) const {
    std::optional<std::size_t> bytes;
    if (query.vector) bytes = query.vector->size() * sizeof(float);
    return indexes_for(query.map, query.methods, bytes);
}

bool Searches::is_there(const std::string& map, const IndexName& name) {
    const auto* const known = maps_.find(map);
    if (known == nullptr) return false;
    return name.dimension == 0 ? known->has_text() : known->has_vectors(name.field, name.dimension);
}

bool Searches::waits(Connection& peer, Asked asked, const std::string& id, const std::string& map,
                     const std::vector<IndexName>& wanted, std::function<void()> again) {
    if (turn_ == Turn::last) return false;
    auto missing = wanted;
    std::erase_if(missing, [&](const IndexName& name) { return is_there(map, name); });
    if (missing.empty()) return false;
    if (!hub_.is_large({map, MapKind::lww}) && !hub_.is_large({map, MapKind::or_map})) return false;
    // One that was there has made way while another was made: now all come in one piece, and the
    // search is answered before anything can make way again.
    const auto before = making_.size();
    const auto making = making_of(map, turn_ == Turn::first ? std::move(missing) : wanted);
    run_begins(peer);
    making->waiters.push_back({asked, {peer.id(), id}, std::move(again)});
    if (making_.size() != before) make(making);
    return true;
}

std::list<Searches::Making>::iterator Searches::making_of(const std::string& map,
                                                          std::vector<IndexName> names) {
    auto out = making_.end();
    for (auto at = making_.begin(); at != making_.end(); ++at) {
        if (at->map != map) continue;
        const auto in = [&](const IndexName& name) {
            return std::find(at->names.begin(), at->names.end(), name) != at->names.end();
        };
        if (turn_ == Turn::again && !std::all_of(names.begin(), names.end(), in)) continue;
        if (std::erase_if(names, in) != 0) out = at;
    }
    if (names.empty()) return out;
    return making_.insert(making_.end(), {map, std::move(names), {}, {}});
}

void Searches::make(std::list<Making>::iterator making) {
    // Of its own: an embedder serves one thread at a time.
    struct Work {
        Work(const SearchTools& from, std::unique_ptr<search::Embedder> own, const std::string& of)
            : embedder(std::move(own)),
              tools{from.shared, from.settings, from.abandoned, embedder.get()},
              map(tools, of) {}
        std::unique_ptr<search::Embedder> embedder;
        SearchTools tools;
        SearchMap map;
    };
    const auto work = std::make_shared<Work>(tools_, embedder_of(tools_.settings), making->map);
    hub_.run_apart(
        [work, names = making->names, now = wall_ms()] {
            // A failure leaves no index behind: whoever waits tries himself, and hears of it.
            for (const auto& name : names) {
                if (name.dimension == 0)
                    (void)work->map.text(now);
                else
                    (void)work->map.vectors(name.field, name.dimension, now);
            }
        },
        [this, work, making] { made(making, std::move(work->map)); });
}

void Searches::made(std::list<Making>::iterator making, SearchMap fresh) {
    std::list<Making> ended;
    ended.splice(ended.end(), making_, making);
    if (making->waiters.empty()) return;
    auto& indexes = maps_.get(making->map);
    indexes.take(std::move(fresh));
    for (const auto& key : making->changed) {
        refresh(indexes, key, [&](std::uint64_t to, const auto& subject, Bytes frame) {
            send_in_turn(to, subject, std::move(frame));
        });
    }
    const bool there =
        std::all_of(making->names.begin(), making->names.end(),
                    [&](const IndexName& name) { return is_there(making->map, name); });
    // One who answers may be closed by it, and others be forgotten with him.
    for (auto& waiter : making->waiters) {
        auto* const asker = peer(waiter.key.first);
        if (asker == nullptr) continue;
        run_ends(*asker);
        const auto before = std::exchange(turn_, there ? Turn::again : Turn::last);
        waiter.again();
        turn_ = before;
    }
    hub_.settle();
}

void Searches::forget(const std::function<bool(const Waiter& waiter)>& which) {
    for (auto& making : making_) {
        std::erase_if(making.waiters, [&](const Waiter& waiter) {
            if (!which(waiter)) return false;
            if (auto* const asker = peer(waiter.key.first)) run_ends(*asker);
            return true;
        });
    }
}

void Searches::forget(Asked asked, const WatchKey& key) {
    forget([&](const Waiter& one) { return one.asked == asked && one.key == key; });
}

}  // namespace topgun::sync
