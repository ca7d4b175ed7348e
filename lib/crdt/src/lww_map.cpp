// SPDX-License-Identifier: Apache-2.0
#include "topgun/crdt/lww_map.hpp"

#include <charconv>
#include <cstring>
#include <utility>

#include "topgun/base/hash.hpp"
#include "topgun/crdt/trie_order.hpp"

namespace topgun {
namespace {
// Overwritten values stay in the arena until they outweigh the live ones.
constexpr std::size_t kGarbageWorthCompacting = std::size_t{1} << 20;
}  // namespace

std::uint32_t lww_item_hash(std::uint32_t key_hash, const Stamp& stamp) noexcept {
    auto hash = fnv1a_decimal(fnv1a_step(key_hash, ':'), stamp.millis);
    hash = fnv1a_decimal(fnv1a_step(hash, ':'), stamp.counter);
    return fnv1a_continue(fnv1a_step(hash, ':'), stamp.node);
}

void LwwItemHasher::add(std::uint32_t key_hash, const Stamp& stamp) noexcept {
    // Two colons, twenty digits and ten at most.
    constexpr std::size_t kNumbers = 33;
    TOPGUN_ASSERT(count_ < kMost, "hashes() is called in time");
    hashes_[count_] = key_hash;
    if (stamp.node.size() > kText - kNumbers) {
        hashes_[count_] = lww_item_hash(key_hash, stamp);
        views_[count_++] = {};
        return;
    }
    char* const text = texts_[count_].data();
    char* at = text;
    *at++ = ':';
    at = std::to_chars(at, text + kNumbers, stamp.millis).ptr;
    *at++ = ':';
    at = std::to_chars(at, text + kNumbers, stamp.counter).ptr;
    *at++ = ':';
    at = std::copy(stamp.node.begin(), stamp.node.end(), at);
    views_[count_++] = {text, static_cast<std::size_t>(at - text)};
}

std::span<const std::uint32_t> LwwItemHasher::hashes() noexcept {
    const auto count = std::exchange(count_, 0);
    fnv1a_continue_all({views_.data(), count}, hashes_.data());
    return {hashes_.data(), count};
}

void LwwMap::hash_keys(std::span<const Op> ops, Hashed* hashed) const {
    std::array<std::string_view, LwwItemHasher::kMost> keys;
    std::array<std::uint32_t, LwwItemHasher::kMost> hashes;
    for (std::size_t i = 0; i < ops.size(); ++i) {
        keys[i] = ops[i].key;
        hashes[i] = kFnvOffset;
        hashed[i].index_hash = xxh3_64(keys[i]);
        index_.prefetch(hashed[i].index_hash);
        topgun::prefetch(ops[i].value.data());
    }
    fnv1a_continue_all({keys.data(), ops.size()}, hashes.data());
    for (std::size_t i = 0; i < ops.size(); ++i) hashed[i].key_hash = hashes[i];
}

LwwMap::Hashed LwwMap::hash_key(std::string_view key) noexcept {
    return {xxh3_64(key), fnv1a(key)};
}

LwwChange LwwMap::merge(std::string_view key, const LwwRecord& record) {
    const auto outcome = put(key, record, hash_key(key));
    const auto key_hash = entries_[outcome.position].key_hash;
    return settle(outcome, took(outcome) ? lww_item_hash(key_hash, record.stamp) : 0);
}

void LwwMap::prefetch_entries(std::span<const Hashed> hashed) const {
    for (const auto& one : hashed) {
        const auto guess = index_.first_guess(one.index_hash);
        // An entry may lie across two cache lines.
        if (guess != KeyIndex::kNone) topgun::prefetch(&entries_[guess], sizeof(Entry));
    }
    for (const auto& one : hashed) {
        const auto guess = index_.first_guess(one.index_hash);
        if (guess == KeyIndex::kNone) continue;
        topgun::prefetch(entries_[guess].key);
        topgun::prefetch(entries_[guess].value);
    }
}

LwwMap::Outcome LwwMap::put(std::string_view key, LwwRecord record, Hashed hashed) {
    // A tombstone has no time to live, however it was written, so that equal ones are equal.
    if (record.is_tombstone()) record.ttl_ms = kNoTtl;
    const auto position = index_.find(
        hashed.index_hash, [&](std::uint32_t at) { return key_of(entries_[at]) == key; });
    if (position == KeyIndex::kNone) return insert(key, record, hashed);

    auto& entry = entries_[position];
    bool identical = false;
    if (!wins(record, entry, identical)) {
        return {identical ? Merged::equal : Merged::lost, position};
    }
    assign(entry, record);
    compact_if_worth_it();
    return {Merged::replaced, position};
}

LwwChange LwwMap::settle(Outcome outcome, std::uint32_t new_item) {
    auto& entry = entries_[outcome.position];
    const bool had_item = outcome.result != Merged::added;
    LwwChange change{outcome.result, entry.key_hash, had_item, true, entry.item, entry.item};
    if (took(outcome)) entry.item = change.new_item = new_item;
    return change;
}

LwwMap::Outcome LwwMap::insert(std::string_view key, const LwwRecord& record, Hashed hashed) {
    TOPGUN_ASSERT(entries_.size() < KeyIndex::kNone, "a map holds fewer than 2^32 - 1 keys");
    TOPGUN_ASSERT(key.size() <= 0xffffffffu && record.value.size() <= 0xffffffffu,
                  "keys and values are shorter than 4 GiB");
    Entry entry{};
    entry.key = arena_.copy(key);
    entry.key_size = static_cast<std::uint32_t>(key.size());
    entry.key_hash = hashed.key_hash;
    assign(entry, record);
    if (record.is_tombstone()) ++tombstones_;
    const auto position = static_cast<std::uint32_t>(entries_.size());
    index_.insert(hashed.index_hash, position);
    entries_.push_back(entry);
    return {Merged::added, position};
}

bool LwwMap::wins(const LwwRecord& record, const Entry& entry, bool& identical) const {
    if (record.stamp.millis != entry.millis) return record.stamp.millis > entry.millis;
    if (record.stamp.counter != entry.counter) return record.stamp.counter > entry.counter;
    const auto node_order = record.stamp.node.compare(nodes_.name(entry.node));
    if (node_order != 0) return node_order > 0;
    const auto content =
        compare_content(record.value, record.ttl_ms, {entry.value, entry.value_size}, entry.ttl_ms);
    identical = content == 0;
    return content > 0 && ties_ == TieRule::by_content;
}

// Keeps `tombstones_` right for an entry that is in the map; insert() counts a new one itself.
void LwwMap::assign(Entry& entry, const LwwRecord& record) {
    const bool is_new = entry.value == nullptr;
    if (!is_new) {
        if (entry.value_size == 0) --tombstones_;
        if (record.is_tombstone()) ++tombstones_;
    }
    entry.millis = record.stamp.millis;
    entry.counter = record.stamp.counter;
    entry.node = nodes_.intern(record.stamp.node);
    entry.ttl_ms = record.ttl_ms;
    const auto size = static_cast<std::uint32_t>(record.value.size());
    if (size != 0 && size <= entry.value_size) {
        // Over the old value, which the caller's may overlap.
        std::memmove(entry.value, record.value.data(), size);
        garbage_ += entry.value_size - size;
    } else {
        garbage_ += entry.value_size;
        entry.value = arena_.copy(record.value);
    }
    entry.value_size = size;
}

std::optional<LwwRecord> LwwMap::find(std::string_view key) const {
    const auto position =
        index_.find(xxh3_64(key), [&](std::uint32_t at) { return key_of(entries_[at]) == key; });
    if (position == KeyIndex::kNone) return std::nullopt;
    return record_of(entries_[position]);
}

std::optional<LwwRecord> LwwMap::get(std::string_view key, std::uint64_t now_ms) const {
    auto record = find(key);
    if (!record || record->is_tombstone()) return std::nullopt;
    if (is_expired(record->stamp.millis, record->ttl_ms, now_ms)) return std::nullopt;
    return record;
}

void LwwMap::erase(std::uint32_t position) {
    const auto last = static_cast<std::uint32_t>(entries_.size() - 1);
    const auto& entry = entries_[position];
    index_.erase(xxh3_64(key_of(entry)), position);
    if (entry.value_size == 0) --tombstones_;
    garbage_ += entry.key_size + entry.value_size;
    if (position != last) {
        index_.move(xxh3_64(key_of(entries_[last])), last, position);
        entries_[position] = entries_.back();
    }
    entries_.pop_back();
}

void LwwMap::compact_if_worth_it() {
    if (garbage_ <= kGarbageWorthCompacting || garbage_ <= arena_.used() / 2) return;
    Arena fresh;
    entries_.for_each([&](Entry& entry) {
        entry.key = fresh.copy(key_of(entry));
        entry.value = fresh.copy({entry.value, entry.value_size});
    });
    arena_ = std::move(fresh);
    garbage_ = 0;
}

std::size_t LwwMap::memory() const noexcept {
    return entries_.memory() + index_.memory() + arena_.reserved();
}

std::vector<std::uint32_t> LwwMap::sorted_positions() const {
    return trie_order(
        entries_.size(), [this](std::uint32_t at) { return entries_[at].key_hash; },
        [this](std::uint32_t at) { return key_of(entries_[at]); });
}

}  // namespace topgun
