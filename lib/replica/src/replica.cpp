// SPDX-License-Identifier: Apache-2.0
#include "topgun/replica/replica.hpp"

#include "topgun/replica/record_row.hpp"

namespace topgun {

ConflictObserver::~ConflictObserver() = default;

namespace {

Row removed_row(std::string_view tag) {
    Row row;
    row.removed = true;
    row.tag = tag;
    return row;
}

}  // namespace

std::uint32_t Replica::Map::root() {
    if (auto* map = std::get_if<OrMap>(&crdt)) {
        map->collect_changes([this](const OrChange& change) {
            if (change.had_item && change.has_item) {
                trie.replace(change.key_hash, change.old_item, change.new_item);
            } else if (change.has_item) {
                trie.add(change.key_hash, change.new_item);
            } else {
                trie.remove(change.key_hash, change.old_item);
            }
        });
    }
    return trie.root();
}

Replica::Map& Replica::get(const MapId& id) {
    auto& slot = maps_[id];
    if (!slot) {
        slot = std::make_unique<Map>();
        slot->id = id;
        switch (id.kind) {
            case MapKind::lww: slot->crdt.emplace<LwwMap>(ties_); break;
            case MapKind::or_map: slot->crdt.emplace<OrMap>(); break;
            case MapKind::counter: slot->crdt.emplace<PnCounter>(); break;
        }
    }
    return *slot;
}

const Replica::Map* Replica::find(const MapId& id) const {
    const auto found = maps_.find(id);
    return found == maps_.end() ? nullptr : found->second.get();
}

std::vector<const Replica::Map*> Replica::maps() const {
    std::vector<const Map*> out;
    out.reserve(maps_.size());
    for (const auto& [id, map] : maps_) out.push_back(map.get());
    return out;
}

std::size_t Replica::memory() const {
    std::size_t sum = 0;
    for (const auto& [id, map] : maps_) {
        if (const auto* lww = std::get_if<LwwMap>(&map->crdt)) sum += lww->memory();
        if (const auto* orm = std::get_if<OrMap>(&map->crdt)) sum += orm->memory();
        sum += map->trie.leaf_count() * 2 * sizeof(std::uint32_t);
    }
    return sum;
}

Replica::Map& Replica::map_of(const Op& op) {
    const auto kind = map_kind_of(op.kind);
    if (last_ == nullptr || last_->id.kind != kind || last_->id.name != op.map) {
        last_ = &get({std::string(op.map), kind});
    }
    return *last_;
}

Result<Merged> Replica::apply(const Op& op, ConflictObserver* observer) {
    auto& map = map_of(op);
    switch (map.id.kind) {
        case MapKind::lww: return apply_lww(map, op, observer);
        case MapKind::or_map: return apply_or(map, op, observer);
        case MapKind::counter: return apply_counter(map, op);
    }
    return Merged::equal;
}

void Replica::apply_lww_run(Map& map, std::span<const Op> ops, std::vector<Merged>* outcomes) {
    std::get<LwwMap>(map.crdt).merge_batch(ops, [&](const LwwChange& change) {
        if (change.result == Merged::added) map.trie.add(change.key_hash, change.new_item);
        if (change.result == Merged::replaced) {
            map.trie.replace(change.key_hash, change.old_item, change.new_item);
        }
        if (outcomes != nullptr) outcomes->push_back(change.result);
    });
}

Status Replica::apply(std::span<const Op> ops, ConflictObserver* observer,
                      std::vector<Merged>* outcomes) {
    for (std::size_t at = 0; at < ops.size();) {
        const auto& first = ops[at];
        auto end = at;
        if (observer == nullptr) {
            while (end < ops.size() && map_kind_of(ops[end].kind) == MapKind::lww &&
                   ops[end].map == first.map) {
                ++end;
            }
        }
        if (end - at > 1) {
            apply_lww_run(map_of(first), ops.subspan(at, end - at), outcomes);
            at = end;
            continue;
        }
        auto merged = apply(first, observer);
        if (!merged) return std::move(merged).error();
        if (outcomes != nullptr) outcomes->push_back(*merged);
        ++at;
    }
    return {};
}

Merged Replica::apply_lww(Map& map, const Op& op, ConflictObserver* observer) {
    auto& lww = std::get<LwwMap>(map.crdt);
    const LwwRecord incoming{op.stamp, op.value, op.value.empty() ? kNoTtl : op.ttl_ms};
    // The loser is about to be overwritten in place, so an observer gets to see copies.
    std::optional<LwwRecord> before;
    Bytes value;
    std::string node;
    if (observer != nullptr) {
        before = lww.find(op.key);
        if (before) {
            value = before->value;
            node = before->stamp.node;
            before->value = value;
            before->stamp.node = node;
        }
    }
    const auto change = lww.merge(op.key, incoming);
    if (change.result == Merged::added) map.trie.add(change.key_hash, change.new_item);
    if (change.result == Merged::replaced) {
        map.trie.replace(change.key_hash, change.old_item, change.new_item);
    }
    if (before && (change.result == Merged::replaced || change.result == Merged::lost)) {
        const bool won = change.result == Merged::replaced;
        observer->on_conflict({map.id, record_row(op.key, won ? incoming : *before),
                               record_row(op.key, won ? *before : incoming),
                               deciding_field(incoming.stamp, before->stamp)});
    }
    return change.result;
}

Result<Merged> Replica::apply_or(Map& map, const Op& op, ConflictObserver* observer) {
    if (op.tag.empty()) {
        return Error(Errc::bad_input, "op on OR-Map '" + map.id.name + "': has no tag");
    }
    auto& ormap = std::get<OrMap>(map.crdt);
    if (op.kind == OpKind::or_remove) {
        // Removed records stay readable: OrMap never reuses arena bytes.
        std::vector<OrMap::KeyedRecord> dropped;
        if (observer != nullptr) dropped = ormap.find_tagged(op.tag);
        const auto merged = ormap.remove(op.tag);
        for (const auto& [key, record] : dropped) {
            observer->on_conflict({map.id, removed_row(op.tag), record_row(key, record)});
        }
        return merged;
    }
    const OrRecord incoming{op.stamp, op.tag, op.value, op.ttl_ms};
    std::optional<OrRecord> before;
    if (observer != nullptr) before = ormap.find_record(op.key, op.tag);
    // OrMap never reuses arena bytes, so `before` stays readable after the merge.
    const auto merged = ormap.add(op.key, incoming);
    if (observer != nullptr && merged == Merged::lost && ormap.is_removed(op.tag)) {
        observer->on_conflict({map.id, removed_row(op.tag), record_row(op.key, incoming)});
    } else if (before && (merged == Merged::lost || merged == Merged::replaced)) {
        const bool won = merged == Merged::replaced;
        observer->on_conflict({map.id, record_row(op.key, won ? incoming : *before),
                               record_row(op.key, won ? *before : incoming),
                               deciding_field(incoming.stamp, before->stamp)});
    }
    return merged;
}

Result<Merged> Replica::apply_counter(Map& map, const Op& op) {
    PnCounter::Entry entry;
    if (!decode_counter_entry(op.value, entry.positive, entry.negative)) {
        return Error(Errc::bad_input,
                     "counter '" + map.id.name + "', node '" + std::string(op.key) +
                         "': expected two counts that are finite and not negative");
    }
    return std::get<PnCounter>(map.crdt).merge(op.key, entry);
}

Status Replica::apply(const StateReader& state, ConflictObserver* observer) {
    for (const auto& id : state.maps()) {
        const auto take = [&](const Row& row) -> Status {
            auto merged = apply(row_op(id, row), observer);
            return merged ? Status() : Status(std::move(merged).error());
        };
        if (id.kind == MapKind::or_map) {
            auto removed = state.removed_tags(id);
            if (!removed) return std::move(removed).error();
            TOPGUN_TRY(for_each_row(**removed, take));
        }
        auto rows = state.rows(id);
        if (!rows) return std::move(rows).error();
        TOPGUN_TRY(for_each_row(**rows, take));
    }
    return {};
}

}  // namespace topgun
