// SPDX-License-Identifier: Apache-2.0
#include "topgun/crdt/or_map.hpp"

#include <algorithm>

#include "topgun/base/hash.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/crdt/trie_order.hpp"
#include "topgun/value/js_text.hpp"

namespace topgun {

std::uint32_t or_item_hash(std::string_view key, std::span<const OrRecord> records) {
    std::vector<const OrRecord*> order;
    order.reserve(records.size());
    for (const auto& record : records) order.push_back(&record);
    std::sort(order.begin(), order.end(), [](const OrRecord* a, const OrRecord* b) {
        return compare_utf16(a->tag, b->tag) < 0;
    });
    auto hash = fnv1a_continue(fnv1a("key:"), key);
    std::string text;
    for (const auto* record : order) {
        hash = fnv1a_continue(fnv1a_step(hash, '|'), record->tag);
        text.clear();
        append_js_value_text(record->value, text);
        hash = fnv1a_continue(fnv1a_step(hash, ':'), text);
        hash = fnv1a_decimal(fnv1a_step(hash, ':'), record->stamp.millis);
        hash = fnv1a_decimal(fnv1a_step(hash, ':'), record->stamp.counter);
        hash = fnv1a_continue(fnv1a_step(hash, ':'), record->stamp.node);
        if (record->ttl_ms != kNoTtl) {
            hash = fnv1a_decimal(fnv1a_continue(hash, ":ttl="), record->ttl_ms);
        }
    }
    return hash;
}

std::uint32_t OrMap::find_key(std::string_view key) const {
    return key_index_.find(xxh3_64(key), [&](std::uint32_t at) { return key_at(at) == key; });
}

std::uint32_t OrMap::key_position(std::string_view key) {
    const auto found = find_key(key);
    if (found != KeyIndex::kNone) return found;
    const auto position = static_cast<std::uint32_t>(keys_.size());
    Key entry{};
    entry.key = arena_.copy(key);
    entry.key_size = static_cast<std::uint32_t>(key.size());
    entry.key_hash = fnv1a(key);
    keys_.push_back(std::move(entry));
    key_index_.insert(xxh3_64(key), position);
    return position;
}

std::uint32_t OrMap::find_tag(std::string_view tag) const {
    return tag_index_.find(xxh3_64(tag), [&](std::uint32_t at) { return tag_text(at) == tag; });
}

std::uint32_t OrMap::tag_position(std::string_view tag) {
    const auto found = find_tag(tag);
    if (found != KeyIndex::kNone) return found;
    const auto position = static_cast<std::uint32_t>(tags_.size());
    tags_.push_back({arena_.copy(tag), static_cast<std::uint32_t>(tag.size())});
    tag_index_.insert(xxh3_64(tag), position);
    return position;
}

std::size_t OrMap::lower_bound(const Key& key, std::string_view tag) const {
    const auto at = std::lower_bound(key.records.begin(), key.records.end(), tag,
                                     [this](const Record& record, std::string_view wanted) {
                                         return tag_text(record.tag) < wanted;
                                     });
    return static_cast<std::size_t>(at - key.records.begin());
}

void OrMap::link(std::uint32_t tag, std::uint32_t key) {
    if (tags_[tag].key == KeyIndex::kNone) {
        tags_[tag].key = key;
    } else {
        tags_[tag].shared = true;
        other_keys_.emplace(tag, key);
    }
}

void OrMap::mark_dirty(std::uint32_t key) {
    if (keys_[key].dirty) return;
    keys_[key].dirty = true;
    dirty_.push_back(key);
}

Merged OrMap::add(std::string_view key, const OrRecord& record) {
    const auto tag = tag_position(record.tag);
    if (tags_[tag].removed) return Merged::lost;
    const auto position = key_position(key);
    auto& entry = keys_[position];
    const auto at =
        entry.records.begin() + static_cast<std::ptrdiff_t>(lower_bound(entry, record.tag));
    const auto fill = [&](Record& to) {
        to.tag = tag;
        to.value = arena_.copy(record.value);
        to.value_size = static_cast<std::uint32_t>(record.value.size());
        to.millis = record.stamp.millis;
        to.counter = record.stamp.counter;
        to.node = nodes_.intern(record.stamp.node);
        to.ttl_ms = record.ttl_ms;
        mark_dirty(position);
    };
    if (at != entry.records.end() && at->tag == tag) {
        const auto mine = view(*at);
        if (record.stamp < mine.stamp) return Merged::lost;
        const auto content = compare_content(record.value, record.ttl_ms, mine.value, mine.ttl_ms);
        if (record.stamp == mine.stamp && content <= 0) {
            return content == 0 ? Merged::equal : Merged::lost;
        }
        fill(*at);
        return Merged::replaced;
    }
    fill(*entry.records.insert(at, Record{}));
    link(tag, position);
    if (entry.records.size() == 1) ++live_keys_;
    ++records_;
    return Merged::added;
}

bool OrMap::drop(std::uint32_t key, std::uint32_t tag) {
    auto& entry = keys_[key];
    const auto at =
        entry.records.begin() + static_cast<std::ptrdiff_t>(lower_bound(entry, tag_text(tag)));
    if (at == entry.records.end() || at->tag != tag) return false;
    entry.records.erase(at);
    if (entry.records.empty()) --live_keys_;
    --records_;
    mark_dirty(key);
    return true;
}

Merged OrMap::remove(std::string_view text) {
    const auto tag = tag_position(text);
    auto& entry = tags_[tag];
    if (entry.removed) return Merged::equal;
    entry.removed = true;
    ++removed_;
    bool dropped = entry.key != KeyIndex::kNone && drop(entry.key, tag);
    if (entry.shared) {
        const auto [first, last] = other_keys_.equal_range(tag);
        for (auto at = first; at != last; ++at) dropped = drop(at->second, tag) || dropped;
        other_keys_.erase(first, last);
    }
    entry.key = KeyIndex::kNone;
    return dropped ? Merged::replaced : Merged::added;
}

bool OrMap::is_removed(std::string_view tag) const {
    const auto position = find_tag(tag);
    return position != KeyIndex::kNone && tags_[position].removed;
}

OrRecord OrMap::view(const Record& record) const {
    return {{record.millis, record.counter, nodes_.name(record.node)},
            tag_text(record.tag),
            {record.value, record.value_size},
            record.ttl_ms};
}

void OrMap::view_records(std::uint32_t position, std::vector<OrRecord>& out) const {
    out.clear();
    for (const auto& record : keys_[position].records) out.push_back(view(record));
}

std::vector<OrRecord> OrMap::find(std::string_view key) const {
    std::vector<OrRecord> out;
    const auto position = find_key(key);
    if (position != KeyIndex::kNone) view_records(position, out);
    return out;
}

std::optional<OrRecord> OrMap::find_record(std::string_view key, std::string_view tag) const {
    const auto position = find_key(key);
    if (position == KeyIndex::kNone) return std::nullopt;
    const auto& records = keys_[position].records;
    const auto at = lower_bound(keys_[position], tag);
    if (at == records.size() || tag_text(records[at].tag) != tag) return std::nullopt;
    return view(records[at]);
}

std::vector<OrMap::KeyedRecord> OrMap::find_tagged(std::string_view tag) const {
    std::vector<KeyedRecord> out;
    const auto position = find_tag(tag);
    if (position == KeyIndex::kNone || tags_[position].key == KeyIndex::kNone) return out;
    const auto take = [&](std::uint32_t key) {
        if (const auto record = find_record(key_at(key), tag))
            out.push_back({key_at(key), *record});
    };
    take(tags_[position].key);
    if (tags_[position].shared) {
        const auto [first, last] = other_keys_.equal_range(position);
        for (auto at = first; at != last; ++at) take(at->second);
        std::sort(out.begin(), out.end(),
                  [](const KeyedRecord& a, const KeyedRecord& b) { return a.key < b.key; });
    }
    return out;
}

OrChange OrMap::rehash(std::uint32_t position) {
    auto& entry = keys_[position];
    OrChange change{entry.key_hash, entry.has_item, !entry.records.empty(), entry.item, 0};
    if (change.has_item) {
        std::vector<OrRecord> records;
        view_records(position, records);
        change.new_item = or_item_hash(key_at(position), records);
    }
    entry.item = change.new_item;
    entry.has_item = change.has_item;
    entry.dirty = false;
    return change;
}

std::vector<std::string_view> OrMap::sorted_tombstones() const {
    std::vector<std::string_view> out;
    out.reserve(removed_);
    for (const auto& tag : tags_) {
        if (tag.removed) out.emplace_back(tag.tag, tag.size);
    }
    std::sort(out.begin(), out.end());
    return out;
}

std::vector<std::uint32_t> OrMap::sorted_positions() const {
    return trie_order(
        keys_.size(), [this](std::uint32_t at) { return keys_[at].key_hash; },
        [this](std::uint32_t at) { return key_at(at); });
}

std::size_t OrMap::memory() const noexcept {
    return keys_.capacity() * sizeof(Key) + tags_.capacity() * sizeof(Tag) +
           records_ * sizeof(Record) + key_index_.memory() + tag_index_.memory() +
           arena_.reserved();
}

}  // namespace topgun
