// SPDX-License-Identifier: Apache-2.0
// What the server sends in a reconciliation: symbols, leaves, records.
#include <algorithm>
#include <mutex>
#include <shared_mutex>

#include "client_reconcile.hpp"
#include "topgun/replica/record_row.hpp"
#include "topgun/value/canonical.hpp"

namespace topgun::sync::client {
namespace {

template <typename T>
std::vector<T> numbers_of(const std::optional<wire::Binary>& from) {
    std::vector<T> out;
    if (!from) return out;
    const BytesView bytes = from->bytes;
    for (std::size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
        out.push_back(load_le<T>(bytes.data() + at));
    }
    return out;
}

// The row that stands here where `theirs` stands there.
std::optional<Row> local_row(const Replica::Map& map, const Row& theirs, Bytes& value) {
    if (const auto* lww = std::get_if<LwwMap>(&map.crdt)) {
        const auto record = lww->find(theirs.key);
        if (!record) return std::nullopt;
        return record_row(theirs.key, theirs.key_hash, *record);
    }
    if (const auto* ormap = std::get_if<OrMap>(&map.crdt)) {
        const auto record = ormap->find_record(theirs.key, theirs.tag);
        if (!record) return std::nullopt;
        return record_row(theirs.key, theirs.key_hash, *record);
    }
    const auto& entries = std::get<PnCounter>(map.crdt).entries();
    const auto entry = entries.find(theirs.key);
    if (entry == entries.end()) return std::nullopt;
    value.clear();
    encode_counter_entry(entry->second.positive, entry->second.negative, value);
    Row row = theirs;
    row.value = value;
    return row;
}

}  // namespace

void Reconcile::hear(const wire::ReconcileSymbols& message) {
    const auto found = maps_.find({message.map_name, message.kind});
    if (found == maps_.end() || !found->second.symbols_asked_ms) return;
    auto& map = found->second;
    map.symbols_asked_ms.reset();
    --in_flight_;
    session_.link.answered(++map.depth);
    auto more = Sketch::parse_symbols(message.symbols.bytes);
    if (!more || more->size() == 0) {
        give_up(map, "the server's symbols cannot be read");
        return pump();
    }
    if (message.revision == map.revision && message.first == map.symbols->size()) {
        map.symbols->append(*more);
    } else {
        // The map has changed there: these are of its new state, from the start.
        map.revision = message.revision;
        map.symbols = message.first == 0 ? std::move(*more) : Sketch(0);
    }
    decode(map);
    pump();
}

void Reconcile::hear(const wire::ReconcileRows& message) {
    const auto found = requests_.find(message.request_id);
    if (found == requests_.end()) return;
    auto& request = found->second;
    auto& map = maps_[request.map];
    request.sent_ms = session_.link.now_ms();
    if (message.rows) take_rows(message, request, map);
    if (!message.done) return;
    --in_flight_;
    --map.requests;
    stalls_ = 0;
    session_.link.answered(request.depth);
    auto finished = std::move(request);
    requests_.erase(found);
    if (message.error) {
        give_up(map, *message.error);
        return pump();
    }
    const auto waiting = map.wanted.size() + map.leaves.size() + map.pushes.size();
    std::size_t rejected = 0;
    for (const auto& one : message.rejected.value_or(std::vector<wire::ReconcileRejection>())) {
        if (one.index >= finished.pushed.size()) continue;
        ++rejected;
        auto& report = session_.report;
        ++report.ops_rejected;
        if (report.rejections.size() >= ClientReport::kMostRejections) continue;
        report.rejections.push_back(
            {{}, finished.map.name, finished.pushed[one.index], one.code, one.reason});
    }
    rejected = std::min(rejected, finished.pushed.size());
    map.report->rejected += rejected;
    map.report->pushed += finished.pushed.size() - rejected;
    if (session_.pushes()) {
        const auto needed = numbers_of<std::uint64_t>(message.needed);
        map.pushes.insert(map.pushes.end(), needed.begin(), needed.end());
    }
    const auto left = numbers_of<std::uint64_t>(message.left);
    map.wanted.insert(map.wanted.end(), left.begin(), left.end());
    const auto leaves = numbers_of<std::uint16_t>(message.leaves);
    for (const auto leaf : leaves) {
        if (leaf < map.index->leaves()) map.leaves.push_back(leaf);
    }
    // Leaves that were left are compared when their rows have come.
    std::erase_if(finished.leaves, [&](std::uint16_t leaf) {
        return std::find(leaves.begin(), leaves.end(), leaf) != leaves.end();
    });
    finish_leaves(finished, map);
    // What this answer gave rise to needed it; what waited already did not.
    if (finished.leaf_sums || map.wanted.size() + map.leaves.size() + map.pushes.size() > waiting) {
        map.depth = std::max(map.depth, finished.depth);
    }
    pump();
}

void Reconcile::take_rows(const wire::ReconcileRows& message, Request& request, Map& map) {
    auto unpacked = unpack_rows(message.rows->bytes, request.map.kind);
    if (!unpacked) {
        ++map.report->malformed;
        return;
    }
    std::vector<Op> wins;
    {
        const std::shared_lock lock(session_.local.shared().mutex);
        for (const auto& row : unpacked->rows) {
            ++map.report->received;
            if (!request.leaves.empty()) request.seen.insert(ItemIndex::place_of(row));
            compare(row, map, wins, !request.leaves.empty());
        }
    }
    if (session_.pulls()) session_.store(wins, *map.report);
    if (!map.late_pushes.empty()) map.depth = std::max(map.depth, request.depth);
    map.pushes.insert(map.pushes.end(), map.late_pushes.begin(), map.late_pushes.end());
    map.late_pushes.clear();
}

// The lock is held. What is newer here is sent only where whole leaves are compared: elsewhere it
// is on its way already.
void Reconcile::compare(const Row& theirs, Map& map, std::vector<Op>& wins, bool whole_leaf) {
    const auto& id = map.report->map;
    const auto* local = session_.local.shared().replica.find(id);
    const auto tell = [&](SyncDifference kind, const Row* ours) {
        if (session_.compares())
            session_.tell({id, kind, ours, &theirs}, *map.report);
        else if (whole_leaf)
            ++map.report->differing;
    };
    if (theirs.removed) {
        const auto* ormap = local == nullptr ? nullptr : &std::get<OrMap>(local->crdt);
        if (ormap != nullptr && ormap->is_removed(theirs.tag)) return;
        tell(SyncDifference::only_remote, nullptr);
        wins.push_back(row_op(id, theirs));
        return;
    }
    Bytes value;
    const auto ours = local == nullptr ? std::nullopt : local_row(*local, theirs, value);
    if (!ours) {
        tell(SyncDifference::only_remote, nullptr);
        wins.push_back(row_op(id, theirs));
        return;
    }
    const int order = compare_version(*ours, theirs);
    if (order == 0) return;
    auto kind = order < 0 ? SyncDifference::newer_remote : SyncDifference::newer_local;
    if (ours->stamp == theirs.stamp) kind = SyncDifference::same_stamp;
    tell(kind, &*ours);
    // Of a counter's entry each side may have the larger of one count.
    const bool counter = id.kind == MapKind::counter;
    if (order < 0 || counter) wins.push_back(row_op(id, theirs));
    if ((order > 0 || counter) && whole_leaf && session_.pushes()) {
        map.late_pushes.push_back(ItemIndex::place_of(*ours));
    }
}

// What the index has in a leaf and the server did not send is here alone.
void Reconcile::finish_leaves(Request& request, Map& map) {
    for (const auto leaf : request.leaves) {
        std::vector<std::uint64_t> places;
        for (const auto& item : map.index->items(leaf)) {
            if (!request.seen.contains(item.key)) places.push_back(item.key);
        }
        if (places.empty()) continue;
        if (session_.compares()) {
            tell_local(map, std::move(places));
            continue;
        }
        map.report->differing += places.size();
        if (session_.pushes()) map.pushes.insert(map.pushes.end(), places.begin(), places.end());
    }
}

void Reconcile::close_map_if_done(Map& map) {
    if (!map.open || map.symbols || map.ask_sums || map.requests > 0) return;
    if (!map.wanted.empty() || !map.offered.empty() || !map.pushes.empty() || !map.leaves.empty() ||
        !map.push_leaves.empty()) {
        return;
    }
    map.open = false;
    map.report->done = true;
}

}  // namespace topgun::sync::client
