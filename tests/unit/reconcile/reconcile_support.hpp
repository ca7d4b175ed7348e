// SPDX-License-Identifier: Apache-2.0
// What the reconcile tests share: a plain model of the merge, rows on a leash, snapshots as bytes.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "topgun/base/hash.hpp"
#include "topgun/reconcile/merge.hpp"
#include "topgun/replica/replica.hpp"
#include "topgun/storage/snapshot.hpp"
#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {

/// One row with everything it says, owned.
struct PlainRow {
    std::string key, tag;
    bool removed = false;
    Timestamp stamp;
    Bytes value;
    std::uint64_t ttl_ms = kNoTtl;

    PlainRow() = default;
    explicit PlainRow(const Row& row)
        : key(row.key),
          tag(row.tag),
          removed(row.removed),
          stamp(row.stamp),
          value(row.value),
          ttl_ms(row.ttl_ms) {}

    Row view() const {
        Row row;
        row.key = key;
        row.key_hash = removed ? 0 : fnv1a(key);
        row.removed = removed;
        row.stamp = stamp.view();
        row.ttl_ms = ttl_ms;
        row.value = value;
        row.tag = tag;
        return row;
    }
    std::string line() const { return line_of(view()); }

    /// Removed tags first, then the order of the trie.
    auto place() const {
        return std::tuple(!removed, removed ? 0 : fnv1a(key), std::string_view(key),
                          std::string_view(tag));
    }
    /// Stamp, then content: an empty value, a tombstone, is the least; no time to live the longest.
    auto version() const {
        return std::tuple(stamp.millis, stamp.counter, std::string_view(stamp.node_id),
                          std::string_view(value), ttl_ms);
    }
};

using Place = std::tuple<bool, std::uint32_t, std::string, std::string>;
using PlainMap = std::map<Place, PlainRow>;

inline std::pair<double, double> counts_of(const PlainRow& row) {
    double positive = 0, negative = 0;
    REQUIRE(decode_counter_entry(row.value, positive, negative));
    return {positive, negative};
}

/// The rules of the merge, written down without thought of speed.
class Model {
public:
    void apply(const OwnedOp& op) {
        PlainRow row;
        row.key = op.key;
        row.tag = op.tag;
        row.stamp = op.stamp;
        row.value = op.value;
        row.ttl_ms = op.value.empty() ? kNoTtl : op.ttl_ms;
        if (op.kind == OpKind::or_remove) {
            row = {};
            row.removed = true;
            row.tag = op.tag;
        }
        if (op.kind == OpKind::counter) row.ttl_ms = kNoTtl;
        add({op.map, map_kind_of(op.kind)}, row);
    }
    void apply(const std::vector<OwnedOp>& ops) {
        for (const auto& op : ops) apply(op);
    }

    void add(const MapId& id, const PlainRow& row) {
        auto& rows = maps_[id];
        const bool gone =
            !row.removed && id.kind == MapKind::or_map && rows.contains({false, 0, "", row.tag});
        if (gone) return;
        if (row.removed) {
            std::erase_if(rows, [&row](const auto& entry) {
                return !entry.second.removed && entry.second.tag == row.tag;
            });
        }
        const auto [at, added] = rows.emplace(Place(row.place()), row);
        if (added) return;
        auto& mine = at->second;
        if (id.kind == MapKind::counter) {
            const auto [p, n] = counts_of(row);
            const auto [my_p, my_n] = counts_of(mine);
            mine.value.clear();
            encode_counter_entry(std::max(p, my_p), std::max(n, my_n), mine.value);
        } else if (mine.version() < row.version()) {
            mine = row;
        }
    }

    const std::map<MapId, PlainMap>& maps() const { return maps_; }

    std::vector<std::string> lines() const {
        std::vector<std::string> out;
        for (const auto& [id, rows] : maps_) {
            out.push_back("map '" + id.name + "' " + std::string(map_kind_name(id.kind)));
            for (const auto& [place, row] : rows) out.push_back(row.line());
        }
        return out;
    }

private:
    std::map<MapId, PlainMap> maps_;
};

/// All rows of a state, by place.
inline std::map<MapId, PlainMap> plain_rows(const StateReader& state) {
    std::map<MapId, PlainMap> out;
    for (const auto& id : state.maps()) {
        const auto take = [&out, &id](const Row& row) {
            PlainRow plain(row);
            Place place(plain.place());
            REQUIRE(out[id].emplace(std::move(place), std::move(plain)).second);
        };
        must(for_each_row(*must(state.removed_tags(id)), take));
        must(for_each_row(*must(state.StateReader::rows(id)), take));
    }
    return out;
}

inline std::unique_ptr<StateReader> state_of(const std::vector<OwnedOp>& ops) {
    return own_replica(std::make_unique<Replica>(replica_of(ops)));
}

inline std::vector<OwnedOp> concat(std::vector<OwnedOp> a, const std::vector<OwnedOp>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/// The bytes of a state as a snapshot, written to a scratch file.
inline std::string snapshot_bytes(const StateReader& state, const ScratchDir& dir) {
    const auto path = dir.file("bytes.tgs");
    (void)must(write_snapshot(state, path));
    return slurp(path);
}

/// A state of some rows of one map, given in batches of one row, which can fail or be counted.
class RowsState final : public StateReader {
public:
    RowsState(MapId id, std::vector<PlainRow> rows) : ids_{std::move(id)}, rows_(std::move(rows)) {
        std::sort(rows_.begin(), rows_.end(), [](const PlainRow& a, const PlainRow& b) {
            return Place(a.place()) < Place(b.place());
        });
        FactsBuilder builder(ids_[0]);
        for (const auto& row : rows_) builder.add(row.view());
        facts_ = builder.finish();
    }

    /// Reading the row at this position fails.
    std::size_t fail_at = ~std::size_t{0};
    mutable std::size_t given = 0;  ///< Rows handed out.

    const std::vector<MapId>& maps() const override { return ids_; }
    Result<const MapFacts*> facts(const MapId&) const override { return &facts_; }
    Result<std::unique_ptr<RowCursor>> removed_tags(const MapId&) const override {
        return std::unique_ptr<RowCursor>(std::make_unique<Cursor>(*this, true, all()));
    }
    Result<std::unique_ptr<RowCursor>> rows(const MapId&,
                                            std::vector<HashRange> ranges) const override {
        return std::unique_ptr<RowCursor>(
            std::make_unique<Cursor>(*this, false, std::move(ranges)));
    }

private:
    static std::vector<HashRange> all() { return {HashRange{}}; }

    class Cursor final : public RowCursor {
    public:
        Cursor(const RowsState& state, bool removed, std::vector<HashRange> ranges)
            : state_(state), removed_(removed), ranges_(std::move(ranges)) {}
        Result<std::span<const Row>> next() override {
            for (; at_ < state_.rows_.size(); ++at_) {
                const auto& row = state_.rows_[at_];
                if (row.removed != removed_ || !wanted(row.view().key_hash)) continue;
                if (at_ == state_.fail_at) return Error(Errc::io, "the disk is gone");
                // A fresh copy each time: whoever keeps a row beyond its batch is found out.
                current_ = std::make_unique<PlainRow>(row);
                view_ = current_->view();
                ++at_;
                ++state_.given;
                return std::span<const Row>(&view_, 1);
            }
            return std::span<const Row>();
        }

    private:
        bool wanted(std::uint32_t hash) const {
            return std::any_of(ranges_.begin(), ranges_.end(), [hash](const HashRange& range) {
                return range.first <= hash && hash <= range.last;
            });
        }
        const RowsState& state_;
        bool removed_;
        std::vector<HashRange> ranges_;
        std::size_t at_ = 0;
        std::unique_ptr<PlainRow> current_;
        Row view_;
    };

    std::vector<MapId> ids_;
    std::vector<PlainRow> rows_;
    MapFacts facts_;
};

/// Splits a state into one RowsState per map: the smallest batches there can be.
inline std::vector<std::unique_ptr<RowsState>> row_states(const StateReader& state) {
    std::vector<std::unique_ptr<RowsState>> out;
    for (const auto& [id, rows] : plain_rows(state)) {
        std::vector<PlainRow> list;
        for (const auto& [place, row] : rows) list.push_back(row);
        out.push_back(std::make_unique<RowsState>(id, std::move(list)));
    }
    return out;
}

}  // namespace topgun::test
