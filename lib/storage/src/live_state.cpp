// SPDX-License-Identifier: Apache-2.0
// Rows of a replica in trie order, copied out batch by batch while writers go on.
#include <algorithm>

#include "key_order.hpp"
#include "topgun/replica/record_row.hpp"
#include "topgun/storage/shared_replica.hpp"

namespace topgun {
namespace {

using storage::key_order;
using storage::KeysByPosition;

constexpr std::size_t kBatchRows = 512;
constexpr std::size_t kBatchBytes = std::size_t{1} << 18;

std::size_t row_bytes(const Row& row) {
    return row.key.size() + row.value.size() + row.tag.size();
}

// Replaces the views in `rows` by copies in `owner`. Node ids stay where they are: a map never
// gives one up or moves it.
void own(std::vector<Row>& rows, Bytes& owner) {
    std::size_t total = 0;
    for (const auto& row : rows) total += row_bytes(row);
    owner.clear();
    owner.reserve(total);
    const auto keep = [&owner](std::string_view& text) {
        const auto from = owner.size();
        owner.append(text);
        text = BytesView(owner).substr(from);
    };
    for (auto& row : rows) {
        keep(row.key);
        keep(row.value);
        keep(row.tag);
    }
}

void emit(const Replica::Map& map, std::uint32_t position, std::vector<OrRecord>& scratch,
          std::vector<Row>& rows) {
    if (const auto* lww = std::get_if<LwwMap>(&map.crdt)) {
        rows.push_back(record_row(lww->key_at(position), lww->key_hash_at(position),
                                  lww->record_at(position)));
        return;
    }
    const auto& ormap = std::get<OrMap>(map.crdt);
    ormap.view_records(position, scratch);
    const auto key = ormap.key_at(position);
    const auto key_hash = ormap.key_hash_at(position);
    for (const auto& record : scratch) rows.push_back(record_row(key, key_hash, record));
}

class LiveCursor final : public RowCursor {
public:
    LiveCursor(const SharedReplica& shared, const Replica::Map& map, std::vector<HashRange> ranges)
        : shared_(shared), map_(map), keys_(map), ranges_(std::move(ranges)) {}

    Result<std::span<const Row>> next() override {
        for (;;) {
            if (!order_) {
                order_ = key_order(shared_, map_);
                in_range_ = false;
            }
            const std::shared_lock lock(shared_.mutex);
            if (order_->layout == shared_.layout) {
                fill();
                return std::span<const Row>(rows_);
            }
            order_.reset();  // records were pruned: go on behind the last row, in a new order
        }
    }

private:
    void fill() {
        rows_.clear();
        std::size_t bytes = 0;
        while (rows_.size() < kBatchRows && bytes < kBatchBytes && range_ < ranges_.size()) {
            if (!in_range_) enter_range();
            if (at_ == order_->places.size() || hash_at(at_) > ranges_[range_].last) {
                in_range_ = false;
                ++range_;
                continue;
            }
            const auto before = rows_.size();
            emit(map_, position_at(at_++), scratch_, rows_);
            for (auto row = before; row < rows_.size(); ++row) bytes += row_bytes(rows_[row]);
        }
        if (rows_.empty()) return;
        own(rows_, owner_);
        last_hash_ = rows_.back().key_hash;
        last_key_ = rows_.back().key;
        any_ = true;
    }

    void enter_range() {
        const auto from = std::max(ranges_[range_].first, any_ ? last_hash_ : 0);
        at_ =
            static_cast<std::size_t>(std::lower_bound(order_->places.begin(), order_->places.end(),
                                                      std::uint64_t{from} << 32) -
                                     order_->places.begin());
        while (any_ && at_ < order_->places.size() && hash_at(at_) == last_hash_ &&
               keys_.key(position_at(at_)) <= last_key_) {
            ++at_;
        }
        in_range_ = true;
    }

    std::uint32_t hash_at(std::size_t at) const {
        return static_cast<std::uint32_t>(order_->places[at] >> 32);
    }
    std::uint32_t position_at(std::size_t at) const {
        return static_cast<std::uint32_t>(order_->places[at]);
    }

    const SharedReplica& shared_;
    const Replica::Map& map_;
    KeysByPosition keys_;
    std::vector<HashRange> ranges_;
    std::shared_ptr<const KeyOrder> order_;
    std::size_t range_ = 0;
    std::size_t at_ = 0;
    bool in_range_ = false;
    bool any_ = false;
    std::uint32_t last_hash_ = 0;
    std::string last_key_;
    std::vector<OrRecord> scratch_;
    std::vector<Row> rows_;
    Bytes owner_;
};

// Rows gathered once: removed tags, whose texts never move, and counters, which are small.
class GatheredCursor final : public RowCursor {
public:
    explicit GatheredCursor(std::vector<Row> rows, std::vector<Bytes> owned = {})
        : rows_(std::move(rows)), owned_(std::move(owned)) {}
    Result<std::span<const Row>> next() override {
        const auto count = std::min(kBatchRows, rows_.size() - at_);
        at_ += count;
        return std::span<const Row>(rows_).subspan(at_ - count, count);
    }

private:
    std::vector<Row> rows_;
    std::vector<Bytes> owned_;
    std::size_t at_ = 0;
};

std::unique_ptr<RowCursor> counter_cursor(const SharedReplica& shared, const PnCounter& counter,
                                          const std::vector<HashRange>& ranges) {
    std::vector<Row> rows;
    std::vector<Bytes> values;
    const std::shared_lock lock(shared.mutex);
    for (const auto& [node, entry] : counter.entries()) {
        const auto hash = fnv1a(node);
        const auto inside = [hash](const HashRange& range) {
            return hash >= range.first && hash <= range.last;
        };
        if (std::none_of(ranges.begin(), ranges.end(), inside)) continue;
        Row row;
        row.key = node;  // a counter keeps its nodes for good
        row.key_hash = hash;
        rows.push_back(row);
        encode_counter_entry(entry.positive, entry.negative, values.emplace_back());
    }
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].value = values[i];
    std::sort(rows.begin(), rows.end(),
              [](const Row& a, const Row& b) { return compare_place(a, b) < 0; });
    return std::make_unique<GatheredCursor>(std::move(rows), std::move(values));
}

std::unique_ptr<RowCursor> removed_cursor(const SharedReplica& shared, const OrMap& map) {
    constexpr std::size_t kStep = 16'384;
    std::vector<Row> rows;
    for (std::uint32_t tag = 0;;) {
        const std::shared_lock lock(shared.mutex);
        const auto end = std::min(map.tag_count(), tag + kStep);
        for (; tag < end; ++tag) {
            if (!map.is_removed_at(tag)) continue;
            Row row;
            row.removed = true;
            row.tag = map.tag_at(tag);
            rows.push_back(row);
        }
        if (tag == map.tag_count()) break;
    }
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.tag < b.tag; });
    return std::make_unique<GatheredCursor>(std::move(rows));
}

bool has_rows(const Replica::Map& map) {
    if (const auto* lww = std::get_if<LwwMap>(&map.crdt)) return lww->size() > 0;
    if (const auto* ormap = std::get_if<OrMap>(&map.crdt)) {
        return ormap->records() > 0 || ormap->tombstones() > 0;
    }
    return !std::get<PnCounter>(map.crdt).entries().empty();
}

class LiveState final : public StateReader {
public:
    LiveState(const SharedReplica& shared, const std::vector<MapId>* only) : shared_(shared) {
        const std::shared_lock lock(shared.mutex);
        const auto take = [this](const Replica::Map* map) {
            if (map == nullptr || !has_rows(*map)) return;
            ids_.push_back(map->id);
            maps_.push_back(map);
        };
        if (only == nullptr) {
            for (const auto* map : shared.replica.maps()) take(map);
        } else {
            for (const auto& id : *only) take(shared.replica.find(id));
        }
        facts_.resize(ids_.size());
    }

    const std::vector<MapId>& maps() const override { return ids_; }

    Result<const MapFacts*> facts(const MapId& id) const override {
        const auto at = std::lower_bound(ids_.begin(), ids_.end(), id);
        if (at == ids_.end() || *at != id) return missing(id);
        auto& slot = facts_[static_cast<std::size_t>(at - ids_.begin())];
        const std::lock_guard lock(facts_mutex_);
        if (!slot) {
            FactsBuilder builder(id);
            const auto take = [&builder](const Row& row) { builder.add(row); };
            auto removed = removed_tags(id);
            if (!removed) return std::move(removed).error();
            TOPGUN_TRY(for_each_row(**removed, take));
            auto all = StateReader::rows(id);
            if (!all) return std::move(all).error();
            TOPGUN_TRY(for_each_row(**all, take));
            slot = std::make_unique<MapFacts>(builder.finish());
        }
        return static_cast<const MapFacts*>(slot.get());
    }

    Result<std::unique_ptr<RowCursor>> removed_tags(const MapId& id) const override {
        const auto* map = find(id);
        if (map == nullptr) return missing(id);
        const auto* ormap = std::get_if<OrMap>(&map->crdt);
        if (ormap == nullptr) {
            return std::unique_ptr<RowCursor>(std::make_unique<GatheredCursor>(std::vector<Row>()));
        }
        return removed_cursor(shared_, *ormap);
    }

    Result<std::unique_ptr<RowCursor>> rows(const MapId& id,
                                            std::vector<HashRange> ranges) const override {
        const auto* map = find(id);
        if (map == nullptr) return missing(id);
        if (const auto* counter = std::get_if<PnCounter>(&map->crdt)) {
            return counter_cursor(shared_, *counter, ranges);
        }
        return std::unique_ptr<RowCursor>(
            std::make_unique<LiveCursor>(shared_, *map, std::move(ranges)));
    }

private:
    const Replica::Map* find(const MapId& id) const {
        const auto at = std::lower_bound(ids_.begin(), ids_.end(), id);
        if (at == ids_.end() || *at != id) return nullptr;
        return maps_[static_cast<std::size_t>(at - ids_.begin())];
    }
    static Error missing(const MapId& id) {
        return Error(Errc::not_found, "map '" + id.name + "' (" +
                                          std::string(map_kind_name(id.kind)) +
                                          "): not in this state");
    }

    const SharedReplica& shared_;
    std::vector<MapId> ids_;
    std::vector<const Replica::Map*> maps_;
    mutable std::mutex facts_mutex_;
    mutable std::vector<std::unique_ptr<MapFacts>> facts_;  // made when first asked for
};

}  // namespace

std::unique_ptr<StateReader> read_live(const SharedReplica& shared) {
    return std::make_unique<LiveState>(shared, nullptr);
}

std::unique_ptr<StateReader> read_live(const SharedReplica& shared,
                                       const std::vector<MapId>& only) {
    return std::make_unique<LiveState>(shared, &only);
}

Status find_rows(const SharedReplica& shared, const MapId& id, std::string_view key,
                 const RowVisitor& visit) {
    std::vector<Row> rows;
    Bytes owner, value;
    {
        const std::shared_lock lock(shared.mutex);
        const auto* map = shared.replica.find(id);
        if (map == nullptr) return {};
        const auto key_hash = fnv1a(key);
        if (const auto* lww = std::get_if<LwwMap>(&map->crdt)) {
            if (const auto record = lww->find(key)) {
                rows.push_back(record_row(key, key_hash, *record));
            }
        } else if (const auto* ormap = std::get_if<OrMap>(&map->crdt)) {
            for (const auto& record : ormap->find(key)) {
                rows.push_back(record_row(key, key_hash, record));
            }
        } else {
            const auto& entries = std::get<PnCounter>(map->crdt).entries();
            if (const auto entry = entries.find(key); entry != entries.end()) {
                encode_counter_entry(entry->second.positive, entry->second.negative, value);
                auto& row = rows.emplace_back();
                row.key = key;
                row.key_hash = key_hash;
                row.value = value;
            }
        }
        own(rows, owner);
    }
    for (const auto& row : rows) TOPGUN_TRY(visit(id, row));
    return {};
}

Trie current_trie(SharedReplica& shared, const MapId& id) {
    const std::lock_guard lock(shared.mutex);
    if (shared.replica.find(id) == nullptr) return Trie();
    auto& map = shared.replica.get(id);
    (void)map.root();  // brings an OR-Map's trie up to date
    return map.trie;
}

std::size_t prune_tombstones(SharedReplica& shared, const Stamp& before) {
    const std::lock_guard lock(shared.mutex);
    std::size_t dropped = 0;
    for (const auto* found : shared.replica.maps()) {
        auto& map = shared.replica.get(found->id);
        auto* lww = std::get_if<LwwMap>(&map.crdt);
        if (lww == nullptr) continue;
        dropped += lww->prune(before, [&map](const LwwChange& change) {
            map.trie.remove(change.key_hash, change.old_item);
        });
    }
    if (dropped > 0) ++shared.layout;
    return dropped;
}

}  // namespace topgun
