// SPDX-License-Identifier: Apache-2.0
// The TPC-H maps as a state: rows in trie order, made when they are read.
#include <algorithm>
#include <mutex>
#include <optional>

#include "facts_pass.hpp"
#include "ordered_cursor.hpp"
#include "topgun/crdt/trie_order.hpp"
#include "topgun/synth/tpch.hpp"
#include "tpch_rows.hpp"
#include "words.hpp"

namespace topgun::synth {
namespace {

using tpch::kRelations;
using tpch::Relation;

constexpr std::string_view kLoaders[] = {"loader-1", "loader-2", "loader-3", "loader-4"};
constexpr std::uint64_t kWritesPerMilli = 8;

Status check(const TpchOptions& options) {
    // NaN fails the comparison, too.
    if (!(options.scale >= kMinTpchScale && options.scale <= kMaxTpchScale)) {
        return Error(Errc::usage, "scale of TPC-H: expected a number from 0.001 to 100");
    }
    // Longer than the largest scale takes to write.
    constexpr std::uint64_t kYearMs = 366ull * 24 * 3600 * 1000;
    if (options.start_ms > kMaxMillis - kYearMs) {
        return Error(Errc::usage, "times: the first write comes too close to 2^53 ms");
    }
    return {};
}

// What all cursors read from.
struct Source {
    explicit Source(const TpchOptions& given) : options(given), rows(given) {
        std::uint64_t first = 0;
        for (std::size_t i = 0; i < kRelations; ++i) {
            first_write[i] = first;
            first += rows.count(static_cast<Relation>(i));
        }
    }
    Stamp stamp(Relation relation, std::uint64_t index) const {
        const auto number = first_write[static_cast<std::size_t>(relation)] + index;
        return {options.start_ms + number / kWritesPerMilli,
                static_cast<std::uint32_t>(number % kWritesPerMilli),
                kLoaders[blend(options.seed, number) % std::size(kLoaders)]};
    }
    TpchOptions options;
    tpch::Rows rows;
    std::uint64_t first_write[kRelations] = {};
};

class Cursor final : public OrderedCursor {
public:
    Cursor(std::shared_ptr<const Source> source, Relation relation, const Order& order,
           std::vector<HashRange> ranges)
        : OrderedCursor(order, std::move(ranges)),
          source_(std::move(source)),
          relation_(relation) {}

protected:
    void text_of(std::uint64_t index, std::string& out) const override {
        source_->rows.key(relation_, index, out);
    }
    void emit(std::uint64_t index) override {
        const auto at = begin_row();
        source_->rows.append_value(relation_, index, builder_.text());
        Row row;
        row.stamp = source_->stamp(relation_, index);
        row.ttl_ms = kNoTtl;
        add_row(row, at);
    }

private:
    std::shared_ptr<const Source> source_;
    Relation relation_;
};

class Nothing final : public RowCursor {
public:
    Result<std::span<const Row>> next() override { return std::span<const Row>(); }
};

class TpchState final : public StateReader {
public:
    explicit TpchState(const TpchOptions& options)
        : source_(std::make_shared<const Source>(options)) {
        for (std::size_t i = 0; i < kRelations; ++i) {
            const auto relation = static_cast<Relation>(i);
            ids_.push_back({std::string(relation_name(relation)), MapKind::lww});
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
        if (!find(id)) return missing(id);
        return std::unique_ptr<RowCursor>(std::make_unique<Nothing>());
    }

    Result<std::unique_ptr<RowCursor>> rows(const MapId& id,
                                            std::vector<HashRange> ranges) const override {
        const auto at = find(id);
        if (!at) return missing(id);
        return std::unique_ptr<RowCursor>(std::make_unique<Cursor>(
            source_, static_cast<Relation>(*at), order_of(*at), std::move(ranges)));
    }

private:
    struct Cache {
        std::once_flag ordered;
        Order order;
        std::mutex facts_mutex;  // guards facts
        std::unique_ptr<MapFacts> facts;
    };

    const Order& order_of(std::size_t at) const {
        auto& cache = caches_[at];
        std::call_once(cache.ordered, [&] {
            const auto relation = static_cast<Relation>(at);
            std::string text;
            const auto key = [&](std::uint32_t i) -> const std::string& {
                source_->rows.key(relation, i, text);
                return text;
            };
            // Colliding hashes are compared by copies: both texts are made in one buffer.
            cache.order = trie_order(
                source_->rows.count(relation), [&](std::uint32_t i) { return fnv1a(key(i)); },
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

    std::shared_ptr<const Source> source_;
    std::vector<MapId> ids_;  // in the order of Relation
    mutable std::array<Cache, kRelations> caches_;
};

}  // namespace

Result<std::uint64_t> tpch_rows(const TpchOptions& options) {
    TOPGUN_TRY(check(options));
    const tpch::Rows rows(options);
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < kRelations; ++i) count += rows.count(static_cast<Relation>(i));
    return count;
}

Result<std::unique_ptr<StateReader>> generate_tpch(const TpchOptions& options) {
    TOPGUN_TRY(check(options));
    return std::unique_ptr<StateReader>(std::make_unique<TpchState>(options));
}

}  // namespace topgun::synth
