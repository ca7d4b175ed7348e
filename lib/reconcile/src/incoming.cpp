// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "side.hpp"
#include "topgun/reconcile/diff.hpp"

namespace topgun {
namespace {

using reconcile::Side;

Result<std::vector<HashRange>> hashes_of(const StateReader& state, const MapId& id) {
    auto rows = state.rows(id, {HashRange{}});
    if (!rows) return std::move(rows).error();
    std::vector<HashRange> ranges;
    TOPGUN_TRY(for_each_row(**rows, [&ranges](const Row& row) {
        if (ranges.empty() || ranges.back().last != row.key_hash) {
            ranges.push_back({row.key_hash, row.key_hash});
        }
    }));
    return ranges;
}

class Counter {
public:
    Counter(const StateReader& base, const MapId& id, IncomingCounts& counts)
        : base_(base), id_(id), counts_(counts) {}

    // Removed tags that concern incoming records are few; the base's may be many, so both are
    // walked.
    Status removed_tags(const StateReader& incoming) {
        auto mine = incoming.removed_tags(id_);
        if (!mine) return std::move(mine).error();
        auto theirs = base_.removed_tags(id_);
        if (!theirs) return std::move(theirs).error();
        return join(std::move(*mine), std::move(*theirs));
    }

    Status rows(const StateReader& incoming) {
        auto ranges = hashes_of(incoming, id_);
        if (!ranges) return std::move(ranges).error();
        auto mine = incoming.rows(id_, {HashRange{}});
        if (!mine) return std::move(mine).error();
        auto theirs = base_.rows(id_, std::move(*ranges));
        if (!theirs) return std::move(theirs).error();
        return join(std::move(*mine), std::move(*theirs));
    }

private:
    Status join(std::unique_ptr<RowCursor> incoming, std::unique_ptr<RowCursor> base) {
        Side mine(std::move(incoming)), theirs(std::move(base));
        TOPGUN_TRY(mine.fill());
        TOPGUN_TRY(theirs.fill());
        while (mine.row() != nullptr) {
            while (theirs.row() != nullptr && compare_place(*theirs.row(), *mine.row()) < 0) {
                TOPGUN_TRY(theirs.step());
            }
            const bool known =
                theirs.row() != nullptr && compare_place(*theirs.row(), *mine.row()) == 0;
            count(*mine.row(), known ? theirs.row() : nullptr);
            TOPGUN_TRY(mine.step());
        }
        return {};
    }

    void count(const Row& incoming, const Row* base) {
        if (base == nullptr) {
            ++(incoming.removed ? counts_.removed : counts_.added);
            return;
        }
        if (id_.kind == MapKind::counter) {
            double p = 0, n = 0, base_p = 0, base_n = 0;
            decode_counter_entry(incoming.value, p, n);
            decode_counter_entry(base->value, base_p, base_n);
            if (p > base_p || n > base_n)
                ++counts_.replaced;
            else
                ++(p == base_p && n == base_n ? counts_.equal : counts_.lost);
            return;
        }
        const auto order = compare_version(incoming, *base);
        ++(order > 0 ? counts_.replaced : order < 0 ? counts_.lost : counts_.equal);
    }

    const StateReader& base_;
    const MapId& id_;
    IncomingCounts& counts_;
};

// Hides the incoming records that the base has removed, and counts them as lost.
class Suppressed {
public:
    static Result<std::uint64_t> count(const StateReader& incoming, const StateReader& base,
                                       const MapId& id) {
        auto removed = base.removed_tags(id);
        if (!removed) return std::move(removed).error();
        std::vector<Hash128> tags;
        auto rows = incoming.rows(id, {HashRange{}});
        if (!rows) return std::move(rows).error();
        TOPGUN_TRY(
            for_each_row(**rows, [&tags](const Row& row) { tags.push_back(xxh3_128(row.tag)); }));
        std::sort(tags.begin(), tags.end());
        std::uint64_t found = 0;
        TOPGUN_TRY(for_each_row(**removed, [&](const Row& row) {
            const auto [first, last] =
                std::equal_range(tags.begin(), tags.end(), xxh3_128(row.tag));
            found += static_cast<std::uint64_t>(last - first);
        }));
        return found;
    }
};

}  // namespace

Result<IncomingCounts> count_incoming(const StateReader& incoming, const StateReader& base) {
    IncomingCounts counts;
    for (const auto& id : incoming.maps()) {
        if (!base.has(id)) {
            auto facts = incoming.summary(id);
            if (!facts) return std::move(facts).error();
            counts.added += (*facts)->records;
            if (id.kind == MapKind::or_map) counts.removed += (*facts)->tombstones;
            continue;
        }
        Counter counter(base, id, counts);
        TOPGUN_TRY(counter.rows(incoming));
        if (id.kind != MapKind::or_map) continue;
        TOPGUN_TRY(counter.removed_tags(incoming));
        // A removed tag is never among the base's rows, so its record was counted as new above.
        auto suppressed = Suppressed::count(incoming, base, id);
        if (!suppressed) return std::move(suppressed).error();
        counts.added -= std::min(counts.added, *suppressed);
        counts.lost += *suppressed;
    }
    return counts;
}

}  // namespace topgun
