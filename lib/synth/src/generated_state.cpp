// SPDX-License-Identifier: Apache-2.0
// A plan as a state: rows in trie order, made when they are read.
#include <algorithm>
#include <charconv>
#include <mutex>
#include <optional>

#include "facts_pass.hpp"
#include "ordered_cursor.hpp"
#include "plan.hpp"
#include "topgun/base/hash.hpp"
#include "topgun/crdt/trie_order.hpp"

namespace topgun::synth {
namespace {

constexpr std::size_t kBatch = 512;

class GeneratedCursor : public OrderedCursor {
public:
    GeneratedCursor(std::shared_ptr<const Plan> plan, const MapPlan& map, const Order& order,
                    std::vector<HashRange> ranges)
        : OrderedCursor(order, std::move(ranges)),
          plan_(std::move(plan)),
          map_(map),
          maker_(plan_->options().values, plan_->options().value_bytes) {}

protected:
    void text_of(std::uint64_t index, std::string& out) const override {
        plan_->key(map_, index, out);
    }

    std::shared_ptr<const Plan> plan_;
    const MapPlan& map_;
    ValueMaker maker_;
};

class LwwCursor final : public GeneratedCursor {
public:
    using GeneratedCursor::GeneratedCursor;

protected:
    void emit(std::uint64_t index) override {
        const auto write = plan_->lww(map_, index);
        const auto at = begin_row();
        if (!write.tombstone) plan_->append_value(write, maker_, builder_.text());
        Row row;
        row.stamp = plan_->stamp(write.slot);
        row.ttl_ms = write.ttl_ms;
        add_row(row, at);
    }
};

class OrCursor final : public GeneratedCursor {
public:
    using GeneratedCursor::GeneratedCursor;

protected:
    void emit(std::uint64_t index) override {
        plan_->or_key(map_, index, key_records_);
        tagged_.clear();
        for (const auto& write : key_records_.live) {
            tagged_.emplace_back(format_stamp(plan_->stamp(write.slot)), &write);
        }
        std::sort(tagged_.begin(), tagged_.end());
        for (const auto& [tag, write] : tagged_) {
            auto at = begin_row();
            auto& text = builder_.text();
            text += tag;
            at.tag_end = at.value = text.size();
            plan_->append_value(*write, maker_, text);
            Row row;
            row.stamp = plan_->stamp(write->slot);
            row.ttl_ms = write->ttl_ms;
            add_row(row, at);
        }
    }

private:
    OrKey key_records_;
    std::vector<std::pair<std::string, const Write*>> tagged_;
};

class CounterCursor final : public GeneratedCursor {
public:
    using GeneratedCursor::GeneratedCursor;

protected:
    void text_of(std::uint64_t index, std::string& out) const override {
        out = plan_->node(static_cast<std::uint32_t>(index));
    }
    void emit(std::uint64_t index) override {
        std::uint64_t positive = 0, negative = 0;
        plan_->counter(map_, static_cast<std::uint32_t>(index), positive, negative);
        const auto at = begin_row();
        encode_counter_entry(static_cast<double>(positive), static_cast<double>(negative),
                             builder_.text());
        add_row(Row{}, at);
    }
};

class RemovedCursor final : public RowCursor {
public:
    RemovedCursor(std::shared_ptr<const Plan> plan, std::vector<Slot> slots)
        : plan_(std::move(plan)), slots_(std::move(slots)) {}

    Result<std::span<const Row>> next() override {
        rows_.clear();
        tags_.clear();
        const auto count = std::min(kBatch, slots_.size() - at_);
        for (std::size_t i = 0; i < count; ++i) {
            tags_.push_back(format_stamp(plan_->stamp(slots_[at_++])));
        }
        for (const auto& tag : tags_) {
            Row row;
            row.removed = true;
            row.tag = tag;
            rows_.push_back(row);
        }
        return std::span<const Row>(rows_);
    }

private:
    std::shared_ptr<const Plan> plan_;
    std::vector<Slot> slots_;
    std::size_t at_ = 0;
    std::vector<std::string> tags_;
    std::vector<Row> rows_;
};

class GeneratedState final : public StateReader {
public:
    explicit GeneratedState(std::shared_ptr<const Plan> plan)
        : plan_(std::move(plan)), caches_(plan_->maps().size()) {
        for (const auto& map : plan_->maps()) {
            if (map.keys == 0) continue;
            ids_.push_back(map.id);
            maps_.push_back(&map);
        }
    }

    const std::vector<MapId>& maps() const override { return ids_; }

    Result<const MapFacts*> facts(const MapId& id) const override {
        const auto at = find(id);
        if (!at) return missing(id);
        auto& cache = caches_[*at];
        const std::lock_guard lock(cache.facts_mutex);
        if (!cache.facts) {
            auto facts = count_facts(*this, id);
            if (!facts) return std::move(facts).error();
            cache.facts = std::make_unique<MapFacts>(std::move(*facts));
        }
        return static_cast<const MapFacts*>(cache.facts.get());
    }

    Result<std::unique_ptr<RowCursor>> removed_tags(const MapId& id) const override {
        const auto at = find(id);
        if (!at) return missing(id);
        std::vector<Slot> slots;
        const auto& map = *maps_[*at];
        OrKey key;
        for (std::uint64_t i = 0; id.kind == MapKind::or_map && i < map.keys; ++i) {
            plan_->or_key(map, i, key);
            slots.insert(slots.end(), key.removed.begin(), key.removed.end());
        }
        std::sort(slots.begin(), slots.end(),
                  [this](const Slot& a, const Slot& b) { return tag_before(a, b); });
        return std::unique_ptr<RowCursor>(std::make_unique<RemovedCursor>(plan_, std::move(slots)));
    }

    Result<std::unique_ptr<RowCursor>> rows(const MapId& id,
                                            std::vector<HashRange> ranges) const override {
        const auto at = find(id);
        if (!at) return missing(id);
        const auto& map = *maps_[*at];
        const auto& order = order_of(*at);
        std::unique_ptr<RowCursor> cursor;
        switch (id.kind) {
            case MapKind::lww:
                cursor = std::make_unique<LwwCursor>(plan_, map, order, std::move(ranges));
                break;
            case MapKind::or_map:
                cursor = std::make_unique<OrCursor>(plan_, map, order, std::move(ranges));
                break;
            case MapKind::counter:
                cursor = std::make_unique<CounterCursor>(plan_, map, order, std::move(ranges));
                break;
        }
        return cursor;
    }

private:
    struct Cache {
        std::once_flag ordered;
        Order order;
        std::mutex facts_mutex;  // guards facts
        std::unique_ptr<MapFacts> facts;
    };

    // Order of the tags' texts. Where both times have as many digits, as nearly all have, the
    // texts need not be made.
    bool tag_before(const Slot& a, const Slot& b) const {
        char digits[20];
        const auto length = [&digits](std::uint64_t number) {
            return std::to_chars(digits, digits + sizeof digits, number).ptr - digits;
        };
        if (a.millis != b.millis && length(a.millis) == length(b.millis))
            return a.millis < b.millis;
        return format_stamp(plan_->stamp(a)) < format_stamp(plan_->stamp(b));
    }

    const Order& order_of(std::size_t at) const {
        auto& cache = caches_[at];
        std::call_once(cache.ordered, [&] {
            const auto& map = *maps_[at];
            std::string text;
            const auto key = [&](std::uint32_t i) -> const std::string& {
                if (map.id.kind == MapKind::counter)
                    text = plan_->node(i);
                else
                    plan_->key(map, i, text);
                return text;
            };
            // Colliding hashes are compared by copies: both texts are made in one buffer.
            cache.order = trie_order(
                map.keys, [&](std::uint32_t i) { return fnv1a(key(i)); },
                [&](std::uint32_t i) { return std::string(key(i)); });
        });
        return cache.order;
    }

    std::optional<std::size_t> find(const MapId& id) const {
        const auto at = std::lower_bound(ids_.begin(), ids_.end(), id);
        if (at == ids_.end() || *at != id) return std::nullopt;
        return static_cast<std::size_t>(at - ids_.begin());
    }
    static Error missing(const MapId& id) {
        return Error(Errc::not_found, "map '" + id.name + "' (" +
                                          std::string(map_kind_name(id.kind)) +
                                          "): not among those generated");
    }

    std::shared_ptr<const Plan> plan_;
    std::vector<MapId> ids_;            // of the maps with any key
    std::vector<const MapPlan*> maps_;  // the same
    mutable std::vector<Cache> caches_;
};

}  // namespace

Result<std::unique_ptr<StateReader>> generate_state(GenerateOptions options) {
    auto plan = Plan::make(std::move(options));
    if (!plan) return std::move(plan).error();
    return std::unique_ptr<StateReader>(std::make_unique<GeneratedState>(std::move(*plan)));
}

}  // namespace topgun::synth
