// SPDX-License-Identifier: Apache-2.0
#include "topgun/reconcile/diff.hpp"

#include <algorithm>
#include <set>

#include "diff_cost.hpp"
#include "side.hpp"
#include "topgun/crdt/or_map.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun {

std::string_view difference_name(DifferenceKind kind) noexcept {
    switch (kind) {
        case DifferenceKind::only_a: return "onlyInA";
        case DifferenceKind::only_b: return "onlyInB";
        case DifferenceKind::newer_a: return "newerInA";
        case DifferenceKind::newer_b: return "newerInB";
        case DifferenceKind::same_stamp: return "sameStampDifferentValue";
    }
    return "onlyInA";
}

namespace {

using reconcile::Side;

class MapDiffer {
public:
    MapDiffer(const StateReader& a, const StateReader& b, const DiffOptions& options,
              DiffCost& cost)
        : a_(a), b_(b), options_(options), cost_(cost) {}

    Result<MapDifference> run(const MapId& id) {
        out_ = {};
        out_.map = id;
        const bool in_a = a_.has(id);
        const bool in_b = b_.has(id);
        const MapFacts empty = FactsBuilder(id).finish();
        const MapFacts* facts_a = &empty;
        const MapFacts* facts_b = &empty;
        if (in_a) TOPGUN_TRY(take(a_.summary(id), facts_a));
        if (in_b) TOPGUN_TRY(take(b_.summary(id), facts_b));
        out_.root_a = facts_a->root;
        out_.root_b = facts_b->root;
        out_.content_equal = facts_a->content == facts_b->content;
        // Counters have no trie: their content is all there is to compare.
        const bool by_content = options_.deep || id.kind == MapKind::counter;
        const bool same = by_content ? out_.content_equal : out_.root_a == out_.root_b;
        cells_ = 0;
        record_bytes_ = records_ = 0;
        if (!same || (options_.costs && !out_.content_equal)) {
            TOPGUN_TRY(compare(id, in_a, in_b));
        } else {
            cells_ = 1;
        }
        if (id.kind == MapKind::or_map && facts_a->removed_content != facts_b->removed_content) {
            TOPGUN_TRY(compare_removed(id, in_a, in_b));
        }
        out_.equal =
            same && out_.only_a + out_.only_b + out_.newer_a + out_.newer_b + out_.same_stamp == 0;
        if (options_.costs) {
            reconcile::add_sketch_cost(cells_, record_bytes_, records_, cost_);
            if (in_a) TOPGUN_TRY(take(a_.facts(id), facts_a));
            if (in_b) TOPGUN_TRY(take(b_.facts(id), facts_b));
            if (id.kind != MapKind::counter) reconcile::add_trie_cost(*facts_a, *facts_b, cost_);
        }
        return out_;
    }

private:
    template <typename T>
    static Status take(Result<const T*> result, const T*& to) {
        if (!result) return std::move(result).error();
        to = *result;
        return {};
    }

    Status compare(const MapId& id, bool in_a, bool in_b) {
        std::vector<HashRange> ranges{HashRange{}};
        if (in_a && in_b) TOPGUN_TRY(narrow(id, ranges));
        auto rows_a = in_a ? a_.rows(id, ranges) : no_rows();
        if (!rows_a) return std::move(rows_a).error();
        auto rows_b = in_b ? b_.rows(id, ranges) : no_rows();
        if (!rows_b) return std::move(rows_b).error();
        return join(std::move(*rows_a), std::move(*rows_b));
    }

    // Where differences can be: at the hashes that the sketches name, or in the leaves that differ.
    Status narrow(const MapId& id, std::vector<HashRange>& ranges) {
        const Sketch* sketch_a = nullptr;
        const Sketch* sketch_b = nullptr;
        TOPGUN_TRY(take(a_.sketch(id), sketch_a));
        TOPGUN_TRY(take(b_.sketch(id), sketch_b));
        if (const auto difference = sketch_difference(*sketch_a, *sketch_b)) {
            cells_ = difference->cells_used;
            std::set<std::uint32_t> hashes;
            for (const auto* side : {&difference->only_a, &difference->only_b}) {
                for (const auto& item : *side)
                    hashes.insert(static_cast<std::uint32_t>(item.key >> 32));
            }
            ranges.clear();
            for (const auto hash : hashes) ranges.push_back({hash, hash});
            return {};
        }
        if (id.kind == MapKind::counter) return {};
        const MapFacts* a = nullptr;
        const MapFacts* b = nullptr;
        TOPGUN_TRY(take(a_.facts(id), a));
        TOPGUN_TRY(take(b_.facts(id), b));
        ranges = differing_ranges(*a, *b);
        return {};
    }

    // Leaves whose sums differ, joined where they touch.
    std::vector<HashRange> differing_ranges(const MapFacts& a, const MapFacts& b) const {
        std::vector<HashRange> ranges;
        constexpr unsigned kShift = 32 - 4 * Trie::kWireDepth;
        for (std::size_t leaf = 0; leaf < a.trie.leaf_count(); ++leaf) {
            const bool stamps = a.trie.leaf_sums()[leaf] != b.trie.leaf_sums()[leaf];
            const bool content = options_.deep && a.leaf_content[leaf] != b.leaf_content[leaf];
            if (!stamps && !content) continue;
            const auto first = static_cast<std::uint32_t>(leaf << kShift);
            const auto last = first + ((1u << kShift) - 1);
            if (!ranges.empty() && ranges.back().last + 1 == first)
                ranges.back().last = last;
            else
                ranges.push_back({first, last});
        }
        return ranges;
    }

    Status compare_removed(const MapId& id, bool in_a, bool in_b) {
        auto rows_a = in_a ? a_.removed_tags(id) : no_rows();
        if (!rows_a) return std::move(rows_a).error();
        auto rows_b = in_b ? b_.removed_tags(id) : no_rows();
        if (!rows_b) return std::move(rows_b).error();
        return join(std::move(*rows_a), std::move(*rows_b));
    }

    static Result<std::unique_ptr<RowCursor>> no_rows() { return std::unique_ptr<RowCursor>(); }

    Status join(std::unique_ptr<RowCursor> rows_a, std::unique_ptr<RowCursor> rows_b) {
        Side a(std::move(rows_a)), b(std::move(rows_b));
        TOPGUN_TRY(a.fill());
        TOPGUN_TRY(b.fill());
        std::uint64_t told = 0;
        while (a.row() != nullptr || b.row() != nullptr) {
            auto order = std::strong_ordering::equal;
            if (a.row() == nullptr)
                order = std::strong_ordering::greater;
            else if (b.row() == nullptr)
                order = std::strong_ordering::less;
            else
                order = compare_place(*a.row(), *b.row());
            if (order < 0) {
                report(DifferenceKind::only_a, a.row(), nullptr);
            } else if (order > 0) {
                report(DifferenceKind::only_b, nullptr, b.row());
            } else {
                compare_versions(*a.row(), *b.row());
            }
            if (order <= 0) TOPGUN_TRY(a.step());
            if (order >= 0) TOPGUN_TRY(b.step());
            constexpr std::uint64_t kTellEvery = 8192;
            if (options_.progress && a.rows() + b.rows() - told >= kTellEvery) {
                TOPGUN_TRY(options_.progress(a.rows() + b.rows() - told));
                told = a.rows() + b.rows();
            }
        }
        cost_.rows_read += a.rows() + b.rows();
        if (options_.progress) return options_.progress(a.rows() + b.rows() - told);
        return {};
    }

    void compare_versions(const Row& a, const Row& b) {
        const int order = compare_version(a, b);
        if (order == 0) return;
        if (out_.map.kind == MapKind::counter) {
            compare_counters(a, b);
        } else if (a.stamp == b.stamp) {
            if (options_.deep || tree_tells(a, b))
                report(DifferenceKind::same_stamp, &a, &b);
            else if (options_.costs)
                count_moved(order > 0 ? a : b);
        } else {
            report(order > 0 ? DifferenceKind::newer_a : DifferenceKind::newer_b, &a, &b);
        }
    }

    // The trie of an OR-Map covers values, not stamps alone: what makes its roots differ is named.
    bool tree_tells(const Row& a, const Row& b) const {
        if (out_.map.kind != MapKind::or_map) return false;
        const OrRecord record_a{a.stamp, a.tag, a.value, a.ttl_ms};
        const OrRecord record_b{b.stamp, b.tag, b.value, b.ttl_ms};
        return or_item_hash(a.key, {&record_a, 1}) != or_item_hash(b.key, {&record_b, 1});
    }

    // Neither side may be ahead in both counts: then each has something the other lacks.
    void compare_counters(const Row& a, const Row& b) {
        double pa = 0, na = 0, pb = 0, nb = 0;
        decode_counter_entry(a.value, pa, na);
        decode_counter_entry(b.value, pb, nb);
        if (pa > pb || na > nb) report(DifferenceKind::newer_a, &a, &b);
        if (pb > pa || nb > na) report(DifferenceKind::newer_b, &a, &b);
    }

    void report(DifferenceKind kind, const Row* a, const Row* b) {
        const Row& any = a != nullptr ? *a : *b;
        switch (kind) {
            case DifferenceKind::only_a: ++(any.removed ? out_.removed_only_a : out_.only_a); break;
            case DifferenceKind::only_b: ++(any.removed ? out_.removed_only_b : out_.only_b); break;
            case DifferenceKind::newer_a: ++out_.newer_a; break;
            case DifferenceKind::newer_b: ++out_.newer_b; break;
            case DifferenceKind::same_stamp: ++out_.same_stamp; break;
        }
        if (options_.deep) note_unrepairable(a, b);
        if (options_.costs) {
            // A sync moves the record that wins, one way.
            count_moved(a == nullptr || (b != nullptr && compare_version(*a, *b) < 0) ? *b : *a);
        }
        if (options_.on_difference) options_.on_difference({out_.map, kind, a, b});
    }

    void count_moved(const Row& row) {
        record_bytes_ += reconcile::row_wire_bytes(out_.map, row, scratch_);
        ++records_;
    }

    void note_unrepairable(const Row* a, const Row* b) {
        if (a != nullptr && b != nullptr && a->stamp.millis == b->stamp.millis &&
            a->stamp.counter == b->stamp.counter && a->stamp.node != b->stamp.node &&
            !(node_id_is_portable(a->stamp.node) && node_id_is_portable(b->stamp.node))) {
            ++out_.unportable_ties;
        }
        if (out_.map.kind != MapKind::or_map) return;
        for (const auto* row : {a, b}) {
            if (row == nullptr || row->value.empty()) continue;
            const auto kind = msgpack::Reader(row->value).peek();
            if (kind == msgpack::Kind::binary || kind == msgpack::Kind::extension) {
                ++out_.unhashable_values;
                return;
            }
        }
    }

    const StateReader& a_;
    const StateReader& b_;
    const DiffOptions& options_;
    DiffCost& cost_;
    MapDifference out_;
    std::uint64_t cells_ = 0, record_bytes_ = 0, records_ = 0;
    Bytes scratch_;
};

}  // namespace

Result<DiffResult> diff_states(const StateReader& a, const StateReader& b,
                               const DiffOptions& options) {
    DiffResult result;
    std::set<MapId> ids(a.maps().begin(), a.maps().end());
    ids.insert(b.maps().begin(), b.maps().end());
    MapDiffer differ(a, b, options, result.cost);
    for (const auto& id : ids) {
        auto map = differ.run(id);
        if (!map) return std::move(map).error().within("map '" + id.name + "'");
        result.equal = result.equal && map->equal;
        result.maps.push_back(std::move(*map));
    }
    return result;
}

}  // namespace topgun
