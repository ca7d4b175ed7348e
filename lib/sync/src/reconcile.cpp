// SPDX-License-Identifier: Apache-2.0
// What differs: digests, symbols and sums of leaves. See reconcile_exchange.cpp for the records.
#include "reconcile.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace topgun::sync {
namespace {

constexpr double kSymbolBytes = 23;
constexpr double kSumsBytes = 4.0 * ItemIndex::kLeaves;
// Beside its texts: stamp, flags, lengths.
constexpr double kRowBytes = 15;

}  // namespace

// About 1.4 symbols an item decode, more for few items, and the estimate is off by a third at worst
// nearly always.
std::size_t symbols_for(std::uint64_t differing) noexcept {
    return static_cast<std::size_t>(std::min<std::uint64_t>(differing, 1u << 30) * 2 + 12);
}

bool prefers_symbols(const ReconcileCost& cost) noexcept {
    const auto symbols = symbols_for(cost.differing);
    if (symbols > Reconciliation::kMostSymbols) return false;
    const auto records = static_cast<double>(std::max<std::uint64_t>(cost.records, 1));
    const auto differing = static_cast<double>(cost.differing);
    // Records that stand in a leaf in which something differs.
    const double touched = records * -std::expm1(-differing / ItemIndex::kLeaves);
    const double row = kRowBytes + static_cast<double>(cost.bytes) / records;
    const double in_vain = std::max(0.0, touched - differing) * row;
    return static_cast<double>(symbols) * kSymbolBytes <= kSumsBytes + in_vain;
}

void Reconciliation::tick(std::uint64_t now_ms) {
    const auto passed = last_tick_ != 0 && now_ms > last_tick_ ? now_ms - last_tick_ : 0;
    last_tick_ = now_ms;
    const auto refill = std::min<std::uint64_t>(passed, 60'000) * kRowsPerSecond / 1000;
    row_allowance_ = std::min(row_allowance_ + refill, kMostRows);
}

void Reconciliation::changed(const Change& change, Outbox&) {
    const auto found = indexes_.find(change.map);
    if (found == indexes_.end() || change.op.kind == OpKind::or_remove) return;
    found->second.index->mark(fnv1a(change.op.key));
}

Result<ItemIndex*> Reconciliation::index_of(const MapId& id, bool fresh) {
    auto& cached = indexes_[id];
    cached.used = ++uses_;
    if (!cached.index) {
        cached.index = std::make_unique<ItemIndex>(hub_.maps().shared(), id, uses_ << 20);
    }
    auto& index = *cached.index;
    // A first reading cannot be put off: there is nothing older to answer from.
    if (!index.is_read() || (fresh && index.stale_rows() <= row_allowance_)) {
        const auto rows = index.refresh();
        if (!rows) {
            indexes_.erase(id);
            return Error(rows.error().code(), rows.error().message());
        }
        row_allowance_ -= std::min(row_allowance_, *rows);
    }
    evict(&index);
    return &index;
}

void Reconciliation::evict(const ItemIndex* keep) {
    for (;;) {
        std::size_t bytes = 0;
        auto oldest = indexes_.end();
        for (auto at = indexes_.begin(); at != indexes_.end(); ++at) {
            bytes += at->second.index->memory();
            if (at->second.index.get() == keep) continue;
            if (oldest == indexes_.end() || at->second.used < oldest->second.used) oldest = at;
        }
        if (bytes <= hub_.options().limits.index_bytes || oldest == indexes_.end()) return;
        indexes_.erase(oldest);
    }
}

Result<wire::ReconcileMap> Reconciliation::compare(Connection& peer,
                                                   const wire::ReconcileDigest& theirs) {
    const MapId id{theirs.map_name, theirs.kind};
    TOPGUN_TRY(may_read(peer, id));
    const auto digest = SetDigest::parse(theirs.digest.bytes);
    if (!digest) return Error(digest.error().code(), digest.error().message());
    auto found = index_of(id, true);
    if (!found) return std::move(found).error();
    auto& index = **found;
    wire::ReconcileMap out;
    out.map_name = theirs.map_name;
    out.kind = theirs.kind;
    out.records = index.records();
    out.removed = index.removed();
    out.bytes = index.bytes();
    out.revision = index.revision();
    if (index.digest() == *digest) return out;
    out.differing = std::min(estimate_difference(*digest, index.digest()),
                             digest->count() + index.digest().count());
    const auto largest = std::max(digest->count(), index.digest().count());
    const auto smallest = std::min(digest->count(), index.digest().count());
    out.mode = wire::ReconcileMode::leaves;
    if (smallest == 0 || !prefers_symbols({out.differing, largest, index.bytes()})) return out;
    out.mode = wire::ReconcileMode::symbols;
    const auto count = std::min(symbols_for(out.differing), kSymbolsAtOnce);
    out.symbols.emplace();
    index.symbols(count).append_symbols(0, count, out.symbols->bytes);
    return out;
}

void Reconciliation::add_others(Connection& peer, const wire::ReconcileStart& message,
                                std::vector<wire::ReconcileMap>& out) {
    const auto all = hub_.maps().maps(context_of(peer));
    if (!all) return;
    std::set<MapId> named;
    for (const auto& one : message.maps) named.insert({one.map_name, one.kind});
    for (const auto& id : *all) {
        if (named.contains(id) || !may_read(peer, id)) continue;
        const auto index = index_of(id, true);
        if (!index) continue;
        wire::ReconcileMap map;
        map.map_name = id.name;
        map.kind = id.kind;
        map.mode = wire::ReconcileMode::leaves;
        map.records = (*index)->records();
        map.removed = (*index)->removed();
        map.bytes = (*index)->bytes();
        map.differing = map.records + map.removed;
        map.revision = (*index)->revision();
        out.push_back(std::move(map));
        if (message.follow) follow_quietly(peer, id.name);
    }
}

void Reconciliation::on(Connection& peer, const wire::ReconcileStart& message) {
    if (message.maps.size() > hub_.options().limits.maps) {
        return send_error(peer, 413, "RECONCILE_START: too many maps");
    }
    std::vector<wire::ReconcileMap> maps;
    for (const auto& one : message.maps) {
        ++counters().reconciled;
        auto map = compare(peer, one);
        if (!map) {
            wire::ReconcileMap refused;
            refused.map_name = one.map_name;
            refused.kind = one.kind;
            refused.mode = wire::ReconcileMode::refused;
            refused.error = map.error().message();
            maps.push_back(std::move(refused));
            continue;
        }
        maps.push_back(std::move(*map));
        if (message.follow) follow_quietly(peer, one.map_name);
    }
    if (message.all) add_others(peer, message, maps);
    wire::ReconcileMaps reply;
    std::size_t bytes = 0;
    for (auto& map : maps) {
        if (bytes >= kFrameBytes) {
            reply.more = true;
            send(peer, std::exchange(reply, {}));
            bytes = 0;
        }
        bytes += 128 + map.map_name.size() + (map.symbols ? map.symbols->bytes.size() : 0);
        reply.maps.push_back(std::move(map));
    }
    send(peer, reply);
}

void Reconciliation::on(Connection& peer, const wire::ReconcileReqSymbols& message) {
    const MapId id{message.map_name, message.kind};
    if (const auto allowed = may_read(peer, id); !allowed) {
        return send_error(peer, 403, allowed.error().message());
    }
    auto found = index_of(id, false);
    if (!found) return send_error(peer, 500, found.error().message());
    auto& index = **found;
    // Symbols of two states do not go together: those of another one are sent from the start.
    const bool same = message.revision == index.revision();
    const std::size_t first = same ? std::min<std::size_t>(message.first, kMostSymbols) : 0;
    const auto wanted = std::size_t{message.count} + (same ? 0 : message.first);
    const auto count = std::min({wanted, kSymbolsAtOnce, kMostSymbols - first});
    wire::ReconcileSymbols reply{
        message.map_name, message.kind, index.revision(), static_cast<std::uint32_t>(first), {}};
    index.symbols(first + count).append_symbols(first, count, reply.symbols.bytes);
    send(peer, reply);
}

void Reconciliation::refuse(Connection& peer, const std::string& request, const Error& error) {
    wire::ReconcileRows reply;
    reply.request_id = request;
    reply.error = error.message();
    reply.done = true;
    send(peer, reply);
}

void Reconciliation::on(Connection& peer, const wire::ReconcileReqLeaves& message) {
    const MapId id{message.map_name, message.kind};
    if (const auto allowed = may_read(peer, id); !allowed) {
        return refuse(peer, message.request_id, allowed.error());
    }
    auto found = index_of(id, false);
    if (!found) return refuse(peer, message.request_id, found.error());
    const auto& index = **found;
    const BytesView sums = message.sums ? BytesView(message.sums->bytes) : BytesView();
    if (message.sums && sums.size() != index.leaves() * 4) {
        return refuse(peer, message.request_id, Error(Errc::bad_input, "sums: wrong length"));
    }
    wire::ReconcileRows reply;
    reply.request_id = message.request_id;
    reply.leaves.emplace();
    for (std::size_t leaf = 0; leaf < index.leaves(); ++leaf) {
        const auto theirs = sums.empty() ? 0 : load_le<std::uint32_t>(sums.data() + leaf * 4);
        if (index.leaf_sum(leaf) == theirs) continue;
        append_le(reply.leaves->bytes, static_cast<std::uint16_t>(leaf));
    }
    reply.done = true;
    send(peer, reply);
}

}  // namespace topgun::sync
