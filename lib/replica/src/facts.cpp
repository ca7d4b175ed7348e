// SPDX-License-Identifier: Apache-2.0
#include "topgun/replica/facts.hpp"

#include <algorithm>

#include "topgun/base/random.hpp"
#include "topgun/crdt/lww_map.hpp"
#include "topgun/crdt/or_map.hpp"

namespace topgun {

ExpiryHistogram::Slot& ExpiryHistogram::slot_of(std::uint64_t bucket) {
    const auto mask = slots_.size() - 1;
    auto at = splitmix64(bucket) & mask;
    while (slots_[at].records != 0 && slots_[at].bucket != bucket) at = (at + 1) & mask;
    return slots_[at];
}

void ExpiryHistogram::rebuild(std::size_t slots, unsigned coarser) {
    std::vector<Slot> old(slots);
    old.swap(slots_);
    used_ = 0;
    shift_ += coarser;
    for (const auto& slot : old) {
        if (slot.records == 0) continue;
        auto& to = slot_of(slot.bucket >> coarser);
        if (to.records == 0) ++used_;
        to.bucket = slot.bucket >> coarser;
        to.records += slot.records;
    }
}

void ExpiryHistogram::add_bucket(std::uint64_t expires_ms, std::uint64_t count) {
    if (count == 0) return;
    if (used_ * 4 >= slots_.size() * 3) rebuild(std::max<std::size_t>(16, slots_.size() * 2), 0);
    total_ += count;
    auto& slot = slot_of(expires_ms >> shift_);
    if (slot.records == 0) ++used_;
    slot.bucket = expires_ms >> shift_;
    slot.records += count;
    while (used_ > kMaxBuckets) rebuild(slots_.size(), 1);
}

void ExpiryHistogram::add(const ExpiryHistogram& other) {
    // What needed this much coarsening alone needs as much with more beside it.
    if (shift_ < other.shift_)
        rebuild(std::max<std::size_t>(16, slots_.size()), other.shift_ - shift_);
    for (const auto& slot : other.slots_) {
        if (slot.records != 0) add_bucket(slot.bucket << other.shift_, slot.records);
    }
}

std::uint64_t ExpiryHistogram::expired(std::uint64_t now_ms) const {
    std::uint64_t count = 0;
    // A bucket counts when its last millisecond is over, so nothing is called expired too early.
    for (const auto& slot : slots_) {
        const auto last = ((slot.bucket + 1) << shift_) - 1;
        if (slot.records != 0 && last < now_ms) count += slot.records;
    }
    return count;
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> ExpiryHistogram::buckets() const {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> out;
    out.reserve(used_);
    for (const auto& slot : slots_) {
        if (slot.records != 0) out.emplace_back(slot.bucket << shift_, slot.records);
    }
    std::sort(out.begin(), out.end());
    return out;
}

void ExpiryHistogram::restore(unsigned shift,
                              const std::vector<std::pair<std::uint64_t, std::uint64_t>>& buckets) {
    slots_.clear();
    used_ = 0;
    shift_ = shift;
    total_ = 0;
    for (const auto& [start, count] : buckets) add_bucket(start, count);
}

bool ExpiryHistogram::operator==(const ExpiryHistogram& other) const {
    return shift_ == other.shift_ && total_ == other.total_ && buckets() == other.buckets();
}

std::uint64_t MapFacts::live(std::uint64_t now_ms) const {
    const auto gone = expired(now_ms) + (id.kind == MapKind::lww ? tombstones : 0);
    return records > gone ? records - gone : 0;
}

FactsBuilder::FactsBuilder(MapId id) {
    facts_.id = std::move(id);
    facts_.trie = Trie();
    facts_.sketch = Sketch();
    facts_.leaf_content.resize(facts_.trie.leaf_count());
}

NodeFacts& FactsBuilder::node_facts(std::string_view node) {
    auto& seen = seen_nodes_[recent_node_slot(node)];
    if (seen.facts == nullptr || seen.name != node) {
        auto found = facts_.nodes.find(node);
        if (found == facts_.nodes.end()) {
            found = facts_.nodes.emplace(std::string(node), NodeFacts{}).first;
        }
        seen = {found->first, &found->second};
    }
    return *seen.facts;
}

void FactsBuilder::count(const Row& row) {
    ++facts_.records;
    facts_.key_bytes += row.key.size();
    facts_.value_bytes += row.value.size();
    if (facts_.id.kind != MapKind::counter) fields_.add(row.value);
    if (row.ttl_ms != kNoTtl && row.ttl_ms != 0 && !row.value.empty()) {
        const auto expires = row.stamp.millis + row.ttl_ms;
        facts_.expiry.add(expires < row.ttl_ms ? ~std::uint64_t{0} : expires);
    }
    auto& of_node = node_facts(facts_.id.kind == MapKind::counter ? row.key : row.stamp.node);
    if (of_node.records == 0 || row.stamp < of_node.first.view())
        of_node.first = Timestamp(row.stamp);
    if (of_node.records == 0 || of_node.last.view() < row.stamp)
        of_node.last = Timestamp(row.stamp);
    ++of_node.records;
    of_node.bytes += row.key.size() + row.value.size();
    if (facts_.id.kind == MapKind::lww && row.value.empty()) ++of_node.tombstones;
}

void FactsBuilder::add(const Row& row) {
    const auto content = row_content(row, scratch_);
    facts_.content.high += content.high;
    facts_.content.low += content.low;
    items_[item_count_++] = row_sketch_item(row, content);
    if (item_count_ == items_.size()) flush_items();
    if (row.removed) {
        ++facts_.tombstones;
        facts_.removed_content += content.low;
        return;
    }
    facts_.leaf_content[facts_.trie.leaf_of(row.key_hash)] += content.low;
    count(row);
    switch (facts_.id.kind) {
        case MapKind::lww:
            ++facts_.keys;
            if (row.value.empty()) ++facts_.tombstones;
            hasher_.add(row.key_hash, row.stamp);
            key_hashes_[hash_count_++] = row.key_hash;
            if (hash_count_ == key_hashes_.size()) flush_hashes();
            break;
        case MapKind::or_map: {
            if (or_count_ == 0 || or_key_ != row.key) {
                close_or_key();
                or_key_ = row.key;
                or_key_hash_ = row.key_hash;
            }
            if (or_count_ == or_records_.size()) or_records_.emplace_back();
            auto& mine = or_records_[or_count_++];
            mine.tag = row.tag;
            mine.node = row.stamp.node;
            mine.value = row.value;
            mine.millis = row.stamp.millis;
            mine.ttl_ms = row.ttl_ms;
            mine.counter = row.stamp.counter;
            break;
        }
        case MapKind::counter: {
            ++facts_.keys;
            double positive = 0, negative = 0;
            if (decode_counter_entry(row.value, positive, negative)) {
                facts_.positive += positive;
                facts_.negative += negative;
            }
            break;
        }
    }
}

void FactsBuilder::flush_hashes() {
    const auto items = hasher_.hashes();
    for (std::size_t i = 0; i < hash_count_; ++i) facts_.trie.add(key_hashes_[i], items[i]);
    hash_count_ = 0;
}

void FactsBuilder::flush_items() {
    facts_.sketch.add(std::span<const SketchItem>(items_.data(), item_count_));
    item_count_ = 0;
}

void FactsBuilder::close_or_key() {
    if (or_count_ == 0) return;
    std::vector<OrRecord> records;
    records.reserve(or_count_);
    for (std::size_t i = 0; i < or_count_; ++i) {
        const auto& r = or_records_[i];
        records.push_back({{r.millis, r.counter, r.node}, r.tag, r.value, r.ttl_ms});
    }
    ++facts_.keys;
    facts_.trie.add(or_key_hash_, or_item_hash(or_key_, records));
    or_count_ = 0;
}

void FactsBuilder::absorb(FactsBuilder&& other) {
    TOPGUN_ASSERT(facts_.id.kind == MapKind::lww && other.facts_.id == facts_.id,
                  "facts of parts of one LWW map add up");
    other.flush_hashes();
    other.flush_items();
    const auto& more = other.facts_;
    facts_.records += more.records;
    facts_.keys += more.keys;
    facts_.tombstones += more.tombstones;
    facts_.key_bytes += more.key_bytes;
    facts_.value_bytes += more.value_bytes;
    facts_.expiry.add(more.expiry);
    facts_.fields.add(other.fields_.facts());
    for (const auto& [name, of_node] : more.nodes) {
        auto& mine = facts_.nodes[name];
        if (mine.records == 0 || of_node.first < mine.first) mine.first = of_node.first;
        if (mine.records == 0 || mine.last < of_node.last) mine.last = of_node.last;
        mine.records += of_node.records;
        mine.tombstones += of_node.tombstones;
        mine.bytes += of_node.bytes;
    }
    facts_.trie.add(more.trie);
    facts_.content.high += more.content.high;
    facts_.content.low += more.content.low;
    for (std::size_t i = 0; i < facts_.leaf_content.size(); ++i) {
        facts_.leaf_content[i] += more.leaf_content[i];
    }
    facts_.sketch.add(more.sketch);
}

MapFacts FactsBuilder::finish() {
    close_or_key();
    flush_hashes();
    flush_items();
    // Where most rows differ, reading the rows is cheaper than a sketch of them all.
    const auto rows = facts_.records + (facts_.id.kind == MapKind::or_map ? facts_.tombstones : 0);
    std::size_t cells = 16;
    while (cells < Sketch::kDefaultCells && cells * 4 <= rows) cells *= 2;
    facts_.sketch.truncate(cells);
    facts_.root = facts_.trie.root();
    facts_.fields.add(fields_.take());
    return std::move(facts_);
}

Hash128 state_hash(const std::vector<const MapFacts*>& maps) {
    Hash128 sum;
    Bytes bytes;
    for (const auto* facts : maps) {
        // A map without rows is the same as no map.
        if (facts->records == 0 && facts->tombstones == 0) continue;
        bytes.assign(1, static_cast<char>(facts->id.kind));
        bytes += facts->id.name;
        append_le(bytes, facts->content.high);
        append_le(bytes, facts->content.low);
        const auto hash = xxh3_128(bytes);
        sum.high += hash.high;
        sum.low += hash.low;
    }
    return sum;
}

std::string hex(const Hash128& hash) {
    std::string out;
    for (const auto word : {hash.high, hash.low}) {
        for (int shift = 60; shift >= 0; shift -= 4) {
            out += "0123456789abcdef"[(word >> shift) & 15];
        }
    }
    return out;
}

}  // namespace topgun
