// SPDX-License-Identifier: Apache-2.0
// A state with everything replaced, read through.
#include <algorithm>
#include <mutex>

#include "anonymizer_state.hpp"
#include "facts_pass.hpp"

namespace topgun::synth {
namespace {

constexpr std::size_t kBatch = 512;
constexpr unsigned kLeafShift = 20;  // a key's leaf is what the other bits of its hash say
constexpr std::uint32_t kInLeaf = (1u << kLeafShift) - 1;

bool in_ranges(const std::vector<HashRange>& ranges, std::uint32_t hash) {
    return std::any_of(ranges.begin(), ranges.end(), [hash](const HashRange& range) {
        return range.first <= hash && hash <= range.last;
    });
}

bool covers_all(const std::vector<HashRange>& ranges) {
    return ranges.size() == 1 && ranges[0].first == 0 && ranges[0].last == 0xffffffffu;
}

// The leaves that the ranges touch: there stand the originals of all keys in them.
std::vector<HashRange> whole_leaves(const std::vector<HashRange>& ranges) {
    std::vector<HashRange> leaves;
    for (const auto& range : ranges) {
        const HashRange leaf{range.first & ~kInLeaf, range.last | kInLeaf};
        if (!leaves.empty() && leaf.first <= leaves.back().last)
            leaves.back().last = leaf.last;
        else
            leaves.push_back(leaf);
    }
    return leaves;
}

// Gathers the rows of whole groups, replaces and sorts them. Within a group order may change,
// between groups it does not: for keys that is a leaf, for the rest there is one group of all.
class AnonymizedCursor final : public RowCursor {
public:
    AnonymizedCursor(const Anonymizer::State& state, MapId source, bool by_leaf,
                     std::unique_ptr<RowCursor> cursor, std::vector<HashRange> ranges)
        : state_(state),
          source_(std::move(source)),
          by_leaf_(by_leaf),
          cursor_(std::move(cursor)),
          all_(covers_all(ranges)),
          ranges_(std::move(ranges)),
          values_(state.mapping) {}

    Result<std::span<const Row>> next() override {
        do {
            used_ = 0;
            rows_.clear();
            TOPGUN_TRY(gather());
            for (std::size_t i = 0; i < used_; ++i) {
                const auto row = mapped_[i].view();
                if (all_ || row.removed || in_ranges(ranges_, row.key_hash)) rows_.push_back(row);
            }
        } while (rows_.empty() && used_ > 0);
        std::sort(rows_.begin(), rows_.end(),
                  [](const Row& a, const Row& b) { return compare_place(a, b) < 0; });
        return std::span<const Row>(rows_);
    }

private:
    Status gather() {
        for (;;) {
            if (ended_) return {};
            if (at_ == batch_.size()) {
                auto batch = cursor_->next();
                if (!batch) return std::move(batch).error();
                batch_ = *batch;
                at_ = 0;
                ended_ = batch_.empty();
                continue;
            }
            const auto& row = batch_[at_];
            const auto leaf = row.key_hash >> kLeafShift;
            if (by_leaf_ && used_ >= kBatch && leaf != leaf_) return {};
            leaf_ = leaf;
            if (used_ == mapped_.size()) mapped_.emplace_back();
            TOPGUN_TRY(state_.map_row(source_, row, !row.removed, values_, mapped_[used_]));
            ++used_;
            ++at_;
        }
    }

    const Anonymizer::State& state_;
    MapId source_;
    bool by_leaf_;
    std::unique_ptr<RowCursor> cursor_;
    bool all_;
    std::vector<HashRange> ranges_;
    ValueMapper values_;
    std::span<const Row> batch_;
    std::size_t at_ = 0;
    bool ended_ = false;
    std::uint32_t leaf_ = 0;
    std::vector<MappedRow> mapped_;  // its first used_ members are in use
    std::size_t used_ = 0;
    std::vector<Row> rows_;
};

class AnonymizedState final : public StateReader {
public:
    AnonymizedState(const Anonymizer::State& state, const StateReader& source)
        : state_(state), source_(source) {
        for (const auto& id : source.maps()) {
            originals_.emplace_back(MapId{state.mapping.map_name(id.name), id.kind}, id);
        }
        std::sort(originals_.begin(), originals_.end());
        for (const auto& [mapped, original] : originals_) ids_.push_back(mapped);
        facts_.resize(ids_.size());
    }

    const std::vector<MapId>& maps() const override { return ids_; }

    Result<const MapFacts*> facts(const MapId& map) const override {
        const auto at = find(map);
        if (!at) return missing(map);
        const std::lock_guard lock(facts_mutex_);
        if (!facts_[*at]) {
            auto facts = count_facts(*this, map);
            if (!facts) return std::move(facts).error();
            facts_[*at] = std::make_unique<MapFacts>(std::move(*facts));
        }
        return static_cast<const MapFacts*>(facts_[*at].get());
    }

    Result<std::unique_ptr<RowCursor>> removed_tags(const MapId& map) const override {
        const auto at = find(map);
        if (!at) return missing(map);
        const auto& original = originals_[*at].second;
        auto cursor = source_.removed_tags(original);
        if (!cursor) return std::move(cursor).error();
        return wrap(original, false, std::move(*cursor), {HashRange{}});
    }

    Result<std::unique_ptr<RowCursor>> rows(const MapId& map,
                                            std::vector<HashRange> ranges) const override {
        const auto at = find(map);
        if (!at) return missing(map);
        const auto& original = originals_[*at].second;
        // A counter's keys are node ids, which have other places now.
        const bool by_leaf = map.kind != MapKind::counter;
        auto cursor =
            by_leaf ? source_.rows(original, whole_leaves(ranges)) : source_.rows(original);
        if (!cursor) return std::move(cursor).error();
        return wrap(original, by_leaf, std::move(*cursor), std::move(ranges));
    }

private:
    Result<std::unique_ptr<RowCursor>> wrap(const MapId& original, bool by_leaf,
                                            std::unique_ptr<RowCursor> cursor,
                                            std::vector<HashRange> ranges) const {
        return std::unique_ptr<RowCursor>(std::make_unique<AnonymizedCursor>(
            state_, original, by_leaf, std::move(cursor), std::move(ranges)));
    }
    std::optional<std::size_t> find(const MapId& map) const {
        const auto at = std::lower_bound(ids_.begin(), ids_.end(), map);
        if (at == ids_.end() || *at != map) return std::nullopt;
        return static_cast<std::size_t>(at - ids_.begin());
    }
    static Error missing(const MapId& map) {
        return Error(Errc::not_found, "map '" + map.name + "' (" +
                                          std::string(map_kind_name(map.kind)) +
                                          "): not in this state");
    }

    const Anonymizer::State& state_;
    const StateReader& source_;
    std::vector<std::pair<MapId, MapId>> originals_;  // replaced name, original; sorted
    std::vector<MapId> ids_;
    mutable std::mutex facts_mutex_;  // guards facts_
    mutable std::vector<std::unique_ptr<MapFacts>> facts_;
};

}  // namespace

std::unique_ptr<StateReader> anonymize_state(const Anonymizer& anonymizer,
                                             const StateReader& source) {
    return std::make_unique<AnonymizedState>(*anonymizer.state_, source);
}

}  // namespace topgun::synth
