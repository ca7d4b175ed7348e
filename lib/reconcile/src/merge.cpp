// SPDX-License-Identifier: Apache-2.0
#include "topgun/reconcile/merge.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <set>
#include <unordered_set>

namespace topgun {
namespace {

struct HashOfHash {
    std::size_t operator()(const Hash128& hash) const noexcept {
        return static_cast<std::size_t>(hash.low);
    }
};
// Removed tags by 128-bit hash: an accidental collision is out of the question.
using TagSet = std::unordered_set<Hash128, HashOfHash>;

// One source's rows of the map being merged.
struct Head {
    std::unique_ptr<RowCursor> cursor;
    std::span<const Row> batch;
    std::size_t at = 0;
    bool ended = false;

    const Row& row() const { return batch[at]; }
};

class MergeCursor final : public RowCursor {
public:
    MergeCursor(MapId map, std::vector<Head> heads, const MergeOptions& options,
                std::shared_ptr<const TagSet> removed)
        : map_(std::move(map)),
          heads_(std::move(heads)),
          options_(options),
          removed_(std::move(removed)) {}

    Result<std::span<const Row>> next() override {
        out_.clear();
        values_.clear();
        while (out_.empty()) {
            TOPGUN_TRY(refill());
            if (heap_.empty()) return std::span<const Row>();
            // Rows handed out point into the heads' batches: stop before one has to be replaced.
            while (!exhausted_) TOPGUN_TRY(merge_one_place());
        }
        return std::span<const Row>(out_);
    }

private:
    // Heap order: the smallest place on top; among equals the earlier source.
    bool after(std::size_t a, std::size_t b) const {
        const auto order = compare_place(heads_[a].row(), heads_[b].row());
        return order != 0 ? order > 0 : a > b;
    }
    void push(std::size_t head) {
        heap_.push_back(head);
        std::push_heap(heap_.begin(), heap_.end(), [this](auto a, auto b) { return after(a, b); });
    }
    std::size_t pop() {
        std::pop_heap(heap_.begin(), heap_.end(), [this](auto a, auto b) { return after(a, b); });
        const auto head = heap_.back();
        heap_.pop_back();
        return head;
    }

    Status refill() {
        exhausted_ = false;
        std::uint64_t fresh = 0;
        for (std::size_t i = 0; i < heads_.size(); ++i) {
            auto& head = heads_[i];
            while (!head.ended && head.at == head.batch.size()) {
                auto batch = head.cursor->next();
                if (!batch) return std::move(batch).error();
                head.batch = *batch;
                head.at = 0;
                head.ended = batch->empty();
                fresh += batch->size();
                skip_filtered(head);
                if (!head.ended && head.at < head.batch.size()) push(i);
            }
        }
        if (fresh > 0 && options_.progress) return options_.progress(fresh);
        return {};
    }

    void skip_filtered(Head& head) const {
        if (!options_.filter) return;
        while (head.at < head.batch.size() && !options_.filter(map_, head.row())) ++head.at;
    }

    void advance(std::size_t index) {
        auto& head = heads_[index];
        ++head.at;
        skip_filtered(head);
        if (head.at < head.batch.size())
            push(index);
        else
            exhausted_ = true;
    }

    Status merge_one_place() {
        if (heap_.empty()) {
            exhausted_ = true;
            return {};
        }
        group_.clear();
        group_.push_back(pop());
        while (!heap_.empty() &&
               compare_place(heads_[heap_.front()].row(), heads_[group_[0]].row()) == 0) {
            group_.push_back(pop());
        }
        if (map_.kind == MapKind::counter) {
            TOPGUN_TRY(merge_counter());
        } else {
            merge_versions();
        }
        for (const auto index : group_) advance(index);
        return {};
    }

    void merge_versions() {
        const Row* winner = &heads_[group_[0]].row();
        for (const auto index : group_) {
            if (compare_version(*winner, heads_[index].row()) < 0) winner = &heads_[index].row();
        }
        if (options_.observer != nullptr && group_.size() > 1) tell_losers(*winner);
        if (options_.dropped && group_.size() > 1) drop_all_but(winner);
        if (removed_ && !winner->removed && removed_->contains(xxh3_128(winner->tag))) {
            if (options_.observer != nullptr) {
                Row tombstone;
                tombstone.removed = true;
                tombstone.tag = winner->tag;
                options_.observer->on_conflict({map_, tombstone, *winner});
            }
            if (options_.dropped) options_.dropped(map_, *winner);
            return;
        }
        out_.push_back(*winner);
    }

    void drop_all_but(const Row* kept) const {
        for (const auto index : group_) {
            const Row* row = &heads_[index].row();
            if (row != kept) options_.dropped(map_, *row);
        }
    }

    void tell_losers(const Row& winner) {
        losers_.clear();
        for (const auto index : group_) {
            const Row& row = heads_[index].row();
            if (compare_version(row, winner) != 0) losers_.push_back(&row);
        }
        // Several sources may hold the same losing write: it is one loss. Newest first, such
        // writes are neighbours, and the order of the sources does not show.
        std::sort(losers_.begin(), losers_.end(),
                  [](const Row* a, const Row* b) { return compare_version(*a, *b) > 0; });
        const Row* told = nullptr;
        for (const Row* row : losers_) {
            if (told != nullptr && compare_version(*row, *told) == 0) continue;
            told = row;
            options_.observer->on_conflict(
                {map_, winner, *row, deciding_field(winner.stamp, row->stamp)});
        }
    }

    Status merge_counter() {
        if (options_.dropped) drop_all_but(nullptr);
        double positive = 0, negative = 0;
        for (const auto index : group_) {
            double p = 0, n = 0;
            if (!decode_counter_entry(heads_[index].row().value, p, n)) {
                return Error(Errc::bad_input, "counter '" + map_.name + "', node '" +
                                                  std::string(heads_[index].row().key) +
                                                  "': its entry is not [p, n]");
            }
            positive = std::max(positive, p);
            negative = std::max(negative, n);
        }
        Row row = heads_[group_[0]].row();
        encode_counter_entry(positive, negative, values_.emplace_back());
        row.value = values_.back();
        if (options_.made) options_.made(map_, row);
        out_.push_back(row);
        return {};
    }

    MapId map_;
    std::vector<Head> heads_;
    const MergeOptions& options_;
    std::shared_ptr<const TagSet> removed_;
    std::vector<std::size_t> heap_;
    std::vector<std::size_t> group_;
    std::vector<const Row*> losers_;
    std::vector<Row> out_;
    std::deque<Bytes> values_;
    bool exhausted_ = false;
};

class MergedState final : public StateReader {
public:
    MergedState(std::vector<const StateReader*> sources, MergeOptions options)
        : sources_(std::move(sources)), options_(std::move(options)) {
        std::set<MapId> all;
        for (const auto* source : sources_)
            all.insert(source->maps().begin(), source->maps().end());
        ids_.assign(all.begin(), all.end());
        facts_.resize(ids_.size());
    }

    const std::vector<MapId>& maps() const override { return ids_; }

    // Counted in a pass of its own, quietly: conflicts and progress belong to the real one.
    Result<const MapFacts*> facts(const MapId& id) const override {
        const auto at =
            static_cast<std::size_t>(std::lower_bound(ids_.begin(), ids_.end(), id) - ids_.begin());
        if (at == ids_.size() || ids_[at] != id) {
            return Error(Errc::not_found, "map '" + id.name + "': not in any source");
        }
        const std::lock_guard lock(facts_mutex_);
        if (!facts_[at]) {
            MergeOptions quiet;
            quiet.filter = options_.filter;
            const MergedState silent(sources_, quiet);
            FactsBuilder builder(id);
            const auto take = [&builder](const Row& row) { builder.add(row); };
            auto tags = silent.removed_tags(id);
            if (!tags) return std::move(tags).error();
            TOPGUN_TRY(for_each_row(**tags, take));
            auto all = silent.StateReader::rows(id);
            if (!all) return std::move(all).error();
            TOPGUN_TRY(for_each_row(**all, take));
            facts_[at] = std::make_unique<MapFacts>(builder.finish());
        }
        return static_cast<const MapFacts*>(facts_[at].get());
    }

    Result<std::unique_ptr<RowCursor>> removed_tags(const MapId& id) const override {
        return open(id, nullptr,
                    [&](const StateReader& source) { return source.removed_tags(id); });
    }

    Result<std::unique_ptr<RowCursor>> rows(const MapId& id,
                                            std::vector<HashRange> ranges) const override {
        std::shared_ptr<TagSet> removed;
        if (id.kind == MapKind::or_map) {
            removed = std::make_shared<TagSet>();
            for (const auto* source : sources_) {
                if (!source->has(id)) continue;
                auto tags = source->removed_tags(id);
                if (!tags) return std::move(tags).error();
                TOPGUN_TRY(for_each_row(**tags, [&](const Row& row) {
                    if (!options_.filter || options_.filter(id, row))
                        removed->insert(xxh3_128(row.tag));
                }));
            }
        }
        return open(id, std::move(removed),
                    [&](const StateReader& source) { return source.rows(id, ranges); });
    }

private:
    template <typename OpenOne>
    Result<std::unique_ptr<RowCursor>> open(const MapId& id, std::shared_ptr<const TagSet> removed,
                                            OpenOne&& open_one) const {
        std::vector<Head> heads;
        for (const auto* source : sources_) {
            if (!source->has(id)) continue;
            auto cursor = open_one(*source);
            if (!cursor) return std::move(cursor).error();
            heads.push_back({std::move(*cursor), {}, 0, false});
        }
        return std::unique_ptr<RowCursor>(
            std::make_unique<MergeCursor>(id, std::move(heads), options_, std::move(removed)));
    }

    std::vector<const StateReader*> sources_;
    MergeOptions options_;
    std::vector<MapId> ids_;
    mutable std::vector<std::unique_ptr<MapFacts>> facts_;
    mutable std::mutex facts_mutex_;  // guards facts_
};

}  // namespace

std::unique_ptr<StateReader> merge_states(std::vector<const StateReader*> sources,
                                          MergeOptions options) {
    return std::make_unique<MergedState>(std::move(sources), std::move(options));
}

}  // namespace topgun
