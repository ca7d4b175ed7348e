// SPDX-License-Identifier: Apache-2.0
// Indexes of large maps are made apart: who searches waits for them, and nobody else.
#include <algorithm>

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
    return {{map, std::string(field), static_cast<std::uint32_t>(dimension)}};
}

std::vector<Searches::IndexName> Searches::indexes_for(
    const std::string& map, const std::vector<wire::SearchMethod>& methods,
    const std::optional<wire::Binary>& vector) const {
    std::vector<IndexName> out;
    for (const auto method : methods) {
        if (method == wire::SearchMethod::full_text) out.push_back({map, {}, 0});
        if (method != wire::SearchMethod::semantic || (!vector && !embedder_)) continue;
        const auto bytes = vector ? vector->bytes.size() : embedder_->dimension() * sizeof(float);
        for (auto& name : vectors_for(map, kVectorField, bytes)) out.push_back(std::move(name));
    }
    return out;
}

bool Searches::waits(Connection& peer, const std::string& id, const std::vector<IndexName>& wanted,
                     std::function<void()> again) {
    if (here_) return false;
    for (const auto& name : wanted) {
        const auto* const known = maps_.find(name.map);
        if (known != nullptr &&
            (name.dimension == 0 ? known->has_text()
                                 : known->has_vectors(name.field, name.dimension))) {
            continue;
        }
        if (!hub_.is_large({name.map, MapKind::lww}) &&
            !hub_.is_large({name.map, MapKind::or_map})) {
            continue;
        }
        // Several are made one after the other.
        run_begins(peer);
        const auto [making, added] = making_.try_emplace(name);
        making->second.waiters.push_back({{peer.id(), id}, std::move(again)});
        if (added) make(name);
        return true;
    }
    return false;
}

void Searches::make(const IndexName& name) {
    // Of its own: an embedder serves one thread at a time.
    struct Work {
        Work(const SearchTools& from, std::unique_ptr<search::Embedder> own, const std::string& of)
            : embedder(std::move(own)),
              tools{from.shared, from.settings, embedder.get()},
              map(tools, of) {}
        std::unique_ptr<search::Embedder> embedder;
        SearchTools tools;
        SearchMap map;
    };
    const auto work = std::make_shared<Work>(tools_, embedder_of(tools_.settings), name.map);
    hub_.run_apart(
        [work, name, now = wall_ms()] {
            // A failure leaves no index behind: whoever waits tries himself, and hears of it.
            if (name.dimension == 0)
                (void)work->map.text(now);
            else
                (void)work->map.vectors(name.field, name.dimension, now);
        },
        [this, work, name] { made(name, std::move(work->map)); });
}

void Searches::made(const IndexName& name, SearchMap fresh) {
    auto making = making_.extract(name);
    auto& waiters = making.mapped().waiters;
    if (waiters.empty()) return;
    auto& indexes = maps_.get(name.map);
    indexes.take(std::move(fresh));
    for (const auto& key : making.mapped().changed) {
        refresh(indexes, key, [&](std::uint64_t to, const auto& subject, Bytes frame) {
            send_in_turn(to, subject, std::move(frame));
        });
    }
    const bool there =
        name.dimension == 0 ? indexes.has_text() : indexes.has_vectors(name.field, name.dimension);
    // One who answers may be closed by it, and others be forgotten with him.
    for (auto& waiter : waiters) {
        auto* const asker = peer(waiter.key.first);
        if (asker == nullptr) continue;
        run_ends(*asker);
        here_ = !there;
        waiter.again();
        here_ = false;
    }
    hub_.settle();
}

void Searches::forget(const std::function<bool(const WatchKey& key)>& which) {
    for (auto& [name, making] : making_) {
        std::erase_if(making.waiters, [&](const Waiter& waiter) {
            if (!which(waiter.key)) return false;
            if (auto* const asker = peer(waiter.key.first)) run_ends(*asker);
            return true;
        });
    }
}

}  // namespace topgun::sync
