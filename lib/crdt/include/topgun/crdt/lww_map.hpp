// SPDX-License-Identifier: Apache-2.0
// The last-writer-wins map: one record per key, the greatest stamp wins, tombstones stay.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "topgun/crdt/arena.hpp"
#include "topgun/crdt/chunked_vector.hpp"
#include "topgun/crdt/key_index.hpp"
#include "topgun/crdt/node_table.hpp"
#include "topgun/crdt/op.hpp"

namespace topgun {

/// What a merge changed, as the Merkle trie needs it: an item of 0 stands for "none".
struct LwwChange {
    Merged result = Merged::equal;
    std::uint32_t key_hash = 0;
    bool had_item = false;
    bool has_item = false;
    std::uint32_t old_item = 0;
    std::uint32_t new_item = 0;
};

/// The hash of one LWW record in the trie: FNV-1a of "key:millis:counter:node". Value and time to
/// live play no part. `key_hash` is fnv1a(key), from which the hash simply goes on.
TOPGUN_API std::uint32_t lww_item_hash(std::uint32_t key_hash, const Stamp& stamp) noexcept;

/// lww_item_hash() of several records at once, about three times as fast as one by one.
class TOPGUN_API LwwItemHasher {
public:
    static constexpr std::size_t kMost = 16;

    /// Adds a record. @pre fewer than kMost have been added since the last hashes().
    void add(std::uint32_t key_hash, const Stamp& stamp) noexcept;
    /// The hashes in the order of add(), valid until the next one. Starts anew.
    std::span<const std::uint32_t> hashes() noexcept;

private:
    // ":millis:counter:node"; node ids longer than this leaves room for are hashed at once.
    static constexpr std::size_t kText = 96;
    std::array<std::array<char, kText>, kMost> texts_;
    std::array<std::string_view, kMost> views_;
    std::array<std::uint32_t, kMost> hashes_;
    std::size_t count_ = 0;
};

/// Pure merge; no clock and no I/O. Merging is commutative, associative and idempotent under
/// TieRule::by_content. Views returned stay valid until the next change of the map.
/// Memory: about 70 bytes a record beyond key and value.
/// Threads: not synchronised; const members may run concurrently with each other.
class TOPGUN_API LwwMap {
public:
    explicit LwwMap(TieRule ties = TieRule::by_content) : ties_(ties) {}
    LwwMap(LwwMap&&) noexcept = default;
    LwwMap& operator=(LwwMap&&) noexcept = default;

    /// Takes `record` if its stamp is greater than what is there. A tombstone's time to live is
    /// dropped. Cost: O(key + value), expected; about 100 ns for a million keys.
    LwwChange merge(std::string_view key, const LwwRecord& record);

    /// Merges many records. Same result as one by one in order, but hashes ahead and lets the
    /// memory fetches of neighbours overlap. `on_change(change)` runs for every record in order.
    template <typename OnChange>
    void merge_batch(std::span<const Op> ops, OnChange&& on_change);

    /// The record as it is: tombstones and expired ones included.
    std::optional<LwwRecord> find(std::string_view key) const;
    /// The live record at wall time `now_ms`.
    std::optional<LwwRecord> get(std::string_view key, std::uint64_t now_ms) const;

    /// Drops tombstones older than `before`. Their older writes will be accepted again: only a
    /// caller that knows every replica has seen them may do this. Calls on_change for each.
    template <typename OnChange>
    std::size_t prune(const Stamp& before, OnChange&& on_change);

    std::size_t size() const noexcept { return entries_.size(); }
    std::size_t tombstones() const noexcept { return tombstones_; }
    /// Bytes held, arena and tables included; node ids, which are few, are not counted.
    std::size_t memory() const noexcept;

    /// Visits all records in no particular order: visit(key, key_hash, record).
    template <typename Visit>
    void for_each(Visit&& visit) const {
        entries_.for_each([&](const Entry& e) { visit(key_of(e), e.key_hash, record_of(e)); });
    }
    /// Positions in trie order: by key hash, then key bytes. Cost: O(n) radix passes.
    std::vector<std::uint32_t> sorted_positions() const;
    std::string_view key_at(std::uint32_t position) const { return key_of(entries_[position]); }
    std::uint32_t key_hash_at(std::uint32_t position) const { return entries_[position].key_hash; }
    /// Hints for a reader that visits positions in an order of its own: loads one record, and the
    /// texts of another, which should have been loaded before.
    [[gnu::always_inline]] void prefetch(std::uint32_t record, std::uint32_t texts) const {
        const auto& entry = entries_[texts];
        topgun::prefetch(&entries_[record], sizeof(Entry));
        topgun::prefetch(entry.key);
        // Of a value some hundred bytes long, the processor fetches on its own what follows.
        topgun::prefetch(entry.value, 64);
    }
    std::uint32_t item_at(std::uint32_t position) const { return entries_[position].item; }
    LwwRecord record_at(std::uint32_t position) const { return record_of(entries_[position]); }

private:
    struct Entry {
        const char* key;
        char* value;
        std::uint64_t millis;
        std::uint64_t ttl_ms;
        std::uint32_t key_size;
        std::uint32_t value_size;
        std::uint32_t key_hash;
        std::uint32_t item;
        std::uint32_t counter;
        NodeTable::Id node;
    };
    struct Hashed {
        std::uint64_t index_hash;
        std::uint32_t key_hash;
    };

    // One record's place, and what became of it.
    struct Outcome {
        Merged result;
        std::uint32_t position;
    };

    static Hashed hash_key(std::string_view key) noexcept;
    // Also starts to load what the merge will look at.
    void hash_keys(std::span<const Op> ops, Hashed* hashed) const;
    // The entries that the index guesses, then the texts that they point to.
    void prefetch_entries(std::span<const Hashed> hashed) const;
    Outcome put(std::string_view key, LwwRecord record, Hashed hashed);
    Outcome insert(std::string_view key, const LwwRecord& record, Hashed hashed);
    static bool took(Outcome outcome) noexcept {
        return outcome.result == Merged::added || outcome.result == Merged::replaced;
    }
    // The change that put() made, now that the hash of the new item is known.
    LwwChange settle(Outcome outcome, std::uint32_t new_item);
    bool wins(const LwwRecord& record, const Entry& entry, bool& identical) const;
    void assign(Entry& entry, const LwwRecord& record);
    void erase(std::uint32_t position);
    void compact_if_worth_it();
    std::string_view key_of(const Entry& e) const { return {e.key, e.key_size}; }
    Stamp stamp_of(const Entry& e) const { return {e.millis, e.counter, nodes_.name(e.node)}; }
    LwwRecord record_of(const Entry& e) const {
        return {stamp_of(e), {e.value, e.value_size}, e.ttl_ms};
    }
    bool prunable(std::uint32_t position, const Stamp& before) const {
        return entries_[position].value_size == 0 && stamp_of(entries_[position]) < before;
    }

    TieRule ties_;
    ChunkedVector<Entry> entries_;
    KeyIndex index_;
    NodeTable nodes_;
    Arena arena_;
    std::size_t garbage_ = 0;  // arena bytes that no entry points to any more
    std::size_t tombstones_ = 0;
};

template <typename OnChange>
void LwwMap::merge_batch(std::span<const Op> ops, OnChange&& on_change) {
    constexpr auto kAhead = LwwItemHasher::kMost;
    std::array<Hashed, kAhead> hashed;
    std::array<Outcome, kAhead> outcomes;
    LwwItemHasher hasher;
    for (std::size_t first = 0; first < ops.size(); first += kAhead) {
        const auto batch = ops.subspan(first, std::min(kAhead, ops.size() - first));
        hash_keys(batch, hashed.data());
        prefetch_entries({hashed.data(), batch.size()});
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const LwwRecord record{batch[i].stamp, batch[i].value, batch[i].ttl_ms};
            outcomes[i] = put(batch[i].key, record, hashed[i]);
            if (took(outcomes[i])) hasher.add(hashed[i].key_hash, batch[i].stamp);
        }
        const auto* item = hasher.hashes().data();
        for (std::size_t i = 0; i < batch.size(); ++i) {
            on_change(settle(outcomes[i], took(outcomes[i]) ? *item++ : 0));
        }
    }
}

template <typename OnChange>
std::size_t LwwMap::prune(const Stamp& before, OnChange&& on_change) {
    std::size_t dropped = 0;
    for (std::uint32_t at = 0; at < entries_.size();) {
        if (!prunable(at, before)) {
            ++at;
            continue;
        }
        LwwChange change{
            Merged::replaced, entries_[at].key_hash, true, false, entries_[at].item, 0};
        erase(at);  // moves the last entry here, so `at` stays
        on_change(change);
        ++dropped;
    }
    if (dropped > 0) compact_if_worth_it();
    return dropped;
}

}  // namespace topgun
