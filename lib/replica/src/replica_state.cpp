// SPDX-License-Identifier: Apache-2.0
// A replica in memory, read in the order in which a snapshot would hold it.
#include <algorithm>
#include <mutex>

#include "topgun/replica/record_row.hpp"
#include "topgun/replica/replica.hpp"

namespace topgun {

RowCursor::~RowCursor() = default;
StateReader::~StateReader() = default;

Result<const Sketch*> StateReader::sketch(const MapId& map) const {
    auto all = facts(map);
    if (!all) return std::move(all).error();
    return &(*all)->sketch;
}

bool StateReader::has(const MapId& map) const {
    return std::binary_search(maps().begin(), maps().end(), map);
}

namespace {

// Few enough that the texts of all, prefetched, are still in the cache when the caller comes to
// them.
constexpr std::size_t kBatch = 48;

using Order = std::vector<std::uint32_t>;

// Walks positions whose hash lies in the ranges; `emit` turns one position into rows.
class PositionCursor : public RowCursor {
public:
    PositionCursor(const Order& order, std::vector<HashRange> ranges)
        : order_(order), ranges_(std::move(ranges)) {}

    Result<std::span<const Row>> next() override {
        rows_.clear();
        while (rows_.size() < kBatch && range_ < ranges_.size()) {
            const auto& range = ranges_[range_];
            if (!in_range_) {
                at_ = static_cast<std::size_t>(
                    std::lower_bound(order_.begin(), order_.end(), range.first,
                                     [this](std::uint32_t position, std::uint32_t hash) {
                                         return hash_of(position) < hash;
                                     }) -
                    order_.begin());
                in_range_ = true;
            }
            if (at_ == order_.size() || hash_of(order_[at_]) > range.last) {
                in_range_ = false;
                ++range_;
                continue;
            }
            emit(std::span(order_).subspan(at_++), rows_);
        }
        return std::span<const Row>(rows_);
    }

protected:
    virtual std::uint32_t hash_of(std::uint32_t position) const = 0;
    // Adds the rows of the first of the positions; the others are those that come next.
    virtual void emit(std::span<const std::uint32_t> positions, std::vector<Row>& rows) = 0;

private:
    const Order& order_;
    std::vector<HashRange> ranges_;
    std::size_t range_ = 0;
    std::size_t at_ = 0;
    bool in_range_ = false;
    std::vector<Row> rows_;
};

class LwwCursor final : public PositionCursor {
public:
    LwwCursor(const LwwMap& map, const Order& order, std::vector<HashRange> ranges)
        : PositionCursor(order, std::move(ranges)), map_(map) {}

protected:
    std::uint32_t hash_of(std::uint32_t position) const override {
        return map_.key_hash_at(position);
    }
    void emit(std::span<const std::uint32_t> positions, std::vector<Row>& rows) override {
        // Positions in trie order lie anywhere in memory.
        constexpr std::size_t kAhead = 16;
        if (positions.size() > kAhead) map_.prefetch(positions[kAhead], positions[kAhead / 2]);
        const auto position = positions[0];
        rows.push_back(record_row(map_.key_at(position), map_.key_hash_at(position),
                                  map_.record_at(position)));
    }

private:
    const LwwMap& map_;
};

class OrCursor final : public PositionCursor {
public:
    OrCursor(const OrMap& map, const Order& order, std::vector<HashRange> ranges)
        : PositionCursor(order, std::move(ranges)), map_(map) {}

protected:
    std::uint32_t hash_of(std::uint32_t position) const override {
        return map_.key_hash_at(position);
    }
    void emit(std::span<const std::uint32_t> positions, std::vector<Row>& rows) override {
        const auto position = positions[0];
        map_.view_records(position, records_);
        for (const auto& record : records_) {
            rows.push_back(record_row(map_.key_at(position), map_.key_hash_at(position), record));
        }
    }

private:
    const OrMap& map_;
    std::vector<OrRecord> records_;
};

// Rows made once and kept: removed tags, and counters, which are small.
class RowsCursor final : public RowCursor {
public:
    explicit RowsCursor(std::vector<Row> rows) : rows_(std::move(rows)) {}
    Result<std::span<const Row>> next() override {
        const auto count = std::min(kBatch, rows_.size() - at_);
        at_ += count;
        return std::span<const Row>(rows_).subspan(at_ - count, count);
    }

private:
    std::vector<Row> rows_;
    std::size_t at_ = 0;
};

struct CounterRow {
    std::string node;
    std::uint32_t hash;
    Bytes value;
};

struct MapView {
    const Replica::Map* map;
    Order order;
    std::vector<CounterRow> counter;
    mutable std::unique_ptr<MapFacts> facts;  // made when first asked for
};

class ReplicaState final : public StateReader {
public:
    explicit ReplicaState(Replica& replica, std::unique_ptr<Replica> owned = nullptr)
        : owned_(std::move(owned)) {
        for (const auto* map : replica.maps()) {
            MapView view{map, {}, {}, nullptr};
            bool empty = true;
            if (const auto* lww = std::get_if<LwwMap>(&map->crdt)) {
                view.order = lww->sorted_positions();
                empty = lww->size() == 0;
            } else if (const auto* ormap = std::get_if<OrMap>(&map->crdt)) {
                view.order = ormap->sorted_positions();
                empty = ormap->records() == 0 && ormap->tombstones() == 0;
            } else {
                view.counter = counter_rows(std::get<PnCounter>(map->crdt));
                empty = view.counter.empty();
            }
            if (empty) continue;
            ids_.push_back(map->id);
            views_.push_back(std::move(view));
        }
    }

    const std::vector<MapId>& maps() const override { return ids_; }

    Result<const MapFacts*> facts(const MapId& id) const override {
        const auto* view = find(id);
        if (view == nullptr) return missing(id);
        const std::lock_guard lock(facts_mutex_);
        if (!view->facts) {
            FactsBuilder builder(id);
            const auto take = [&builder](const Row& row) { builder.add(row); };
            auto removed = removed_tags(id);
            if (!removed) return std::move(removed).error();
            TOPGUN_TRY(for_each_row(**removed, take));
            auto all = StateReader::rows(id);
            if (!all) return std::move(all).error();
            TOPGUN_TRY(for_each_row(**all, take));
            view->facts = std::make_unique<MapFacts>(builder.finish());
        }
        return static_cast<const MapFacts*>(view->facts.get());
    }

    Result<std::unique_ptr<RowCursor>> removed_tags(const MapId& id) const override {
        const auto* view = find(id);
        if (view == nullptr) return missing(id);
        std::vector<Row> rows;
        if (const auto* map = std::get_if<OrMap>(&view->map->crdt)) {
            for (const auto tag : map->sorted_tombstones()) {
                Row row;
                row.removed = true;
                row.tag = tag;
                rows.push_back(row);
            }
        }
        return std::unique_ptr<RowCursor>(std::make_unique<RowsCursor>(std::move(rows)));
    }

    Result<std::unique_ptr<RowCursor>> rows(const MapId& id,
                                            std::vector<HashRange> ranges) const override {
        const auto* view = find(id);
        if (view == nullptr) return missing(id);
        std::unique_ptr<RowCursor> cursor;
        if (const auto* lww = std::get_if<LwwMap>(&view->map->crdt)) {
            cursor = std::make_unique<LwwCursor>(*lww, view->order, std::move(ranges));
        } else if (const auto* ormap = std::get_if<OrMap>(&view->map->crdt)) {
            cursor = std::make_unique<OrCursor>(*ormap, view->order, std::move(ranges));
        } else {
            cursor = std::make_unique<RowsCursor>(counter_view(*view, ranges));
        }
        return cursor;
    }

private:
    static std::vector<CounterRow> counter_rows(const PnCounter& counter) {
        std::vector<CounterRow> rows;
        for (const auto& [node, entry] : counter.entries()) {
            rows.push_back({node, fnv1a(node), {}});
            encode_counter_entry(entry.positive, entry.negative, rows.back().value);
        }
        std::sort(rows.begin(), rows.end(), [](const CounterRow& a, const CounterRow& b) {
            return a.hash != b.hash ? a.hash < b.hash : a.node < b.node;
        });
        return rows;
    }

    static std::vector<Row> counter_view(const MapView& view,
                                         const std::vector<HashRange>& ranges) {
        std::vector<Row> rows;
        for (const auto& range : ranges) {
            for (const auto& mine : view.counter) {
                if (mine.hash < range.first || mine.hash > range.last) continue;
                Row row;
                row.key = mine.node;
                row.key_hash = mine.hash;
                row.value = mine.value;
                rows.push_back(row);
            }
        }
        return rows;
    }

    const MapView* find(const MapId& id) const {
        const auto at = std::lower_bound(ids_.begin(), ids_.end(), id);
        if (at == ids_.end() || *at != id) return nullptr;
        return &views_[static_cast<std::size_t>(at - ids_.begin())];
    }
    static Error missing(const MapId& id) {
        return Error(Errc::not_found, "map '" + id.name + "' (" +
                                          std::string(map_kind_name(id.kind)) +
                                          "): not in this state");
    }

    std::unique_ptr<Replica> owned_;
    std::vector<MapId> ids_;
    std::vector<MapView> views_;
    mutable std::mutex facts_mutex_;  // guards the facts in views_
};

}  // namespace

std::unique_ptr<StateReader> read_replica(Replica& replica) {
    return std::make_unique<ReplicaState>(replica);
}

std::unique_ptr<StateReader> own_replica(std::unique_ptr<Replica> replica) {
    auto& borrowed = *replica;
    return std::make_unique<ReplicaState>(borrowed, std::move(replica));
}

}  // namespace topgun
