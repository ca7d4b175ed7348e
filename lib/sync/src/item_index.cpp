// SPDX-License-Identifier: Apache-2.0
#include "item_index.hpp"

#include <algorithm>
#include <mutex>
#include <shared_mutex>

namespace topgun::sync {
namespace {

HashRange range_of_leaf(std::uint32_t leaf) {
    const auto first = leaf << 20;
    return {first, first + 0xfffffu};
}

std::uint64_t bytes_of(const Row& row) {
    return row.key.size() + row.value.size() + row.tag.size();
}

}  // namespace

ItemIndex::ItemIndex(SharedReplica& shared, MapId id, std::uint64_t first_revision)
    : shared_(shared),
      id_(std::move(id)),
      revision_(first_revision),
      leaves_(id_.kind == MapKind::or_map ? 2 * kLeaves : kLeaves) {}

// Both lists are sorted, so that what is in one of them alone shows side by side.
void ItemIndex::replace(Leaf& leaf, Leaf fresh) {
    std::vector<std::size_t> order(fresh.items.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return fresh.items[a] < fresh.items[b]; });
    Leaf sorted;
    sorted.bytes = fresh.bytes;
    sorted.items.reserve(order.size());
    for (const auto at : order) {
        sorted.items.push_back(fresh.items[at]);
        if (!fresh.tags.empty()) sorted.tags.push_back(fresh.tags[at]);
    }
    bool changed = false;
    auto old = leaf.items.begin();
    auto now = sorted.items.begin();
    while (old != leaf.items.end() || now != sorted.items.end()) {
        if (now == sorted.items.end() || (old != leaf.items.end() && *old < *now)) {
            digest_.remove(*old);
            symbols_.remove(*old++);
            changed = true;
        } else if (old == leaf.items.end() || *now < *old) {
            digest_.add(*now);
            symbols_.add(*now++);
            changed = true;
        } else {
            ++old;
            ++now;
        }
    }
    if (changed) ++revision_;
    bytes_ += sorted.bytes - leaf.bytes;
    leaf = std::move(sorted);
}

std::vector<std::uint32_t> ItemIndex::dirty_leaves(const Trie& now) const {
    std::vector<std::uint32_t> out;
    for (std::uint32_t leaf = 0; leaf < kLeaves; ++leaf) {
        if (now.leaf_sums()[leaf] != known_.leaf_sums()[leaf] ||
            now.leaf_keys()[leaf] != known_.leaf_keys()[leaf] || marked_.contains(leaf)) {
            out.push_back(leaf);
        }
    }
    return out;
}

std::size_t ItemIndex::removed_now() const {
    const std::shared_lock lock(shared_.mutex);
    const auto* map = shared_.replica.find(id_);
    return map == nullptr ? 0 : std::get<OrMap>(map->crdt).tombstones();
}

std::uint64_t ItemIndex::stale_rows() {
    std::uint64_t rows = 0;
    if (id_.kind == MapKind::or_map && removed_now() != removed_) rows += removed_now();
    if (id_.kind == MapKind::counter) return rows;
    const auto now = current_trie(shared_, id_);
    for (const auto leaf : dirty_leaves(now)) rows += now.leaf_keys()[leaf];
    return rows;
}

Result<std::uint64_t> ItemIndex::refresh() {
    read_ = true;
    auto rows = refresh_records();
    if (!rows || id_.kind != MapKind::or_map) return rows;
    auto removed = refresh_removed();
    if (!removed) return removed;
    return *rows + *removed;
}

Result<std::uint64_t> ItemIndex::refresh_records() {
    // Taken before the rows are read: what changes meanwhile is read once more the next time.
    auto now = current_trie(shared_, id_);
    std::vector<std::uint32_t> dirty;
    if (id_.kind == MapKind::counter) {
        // A counter has no trie, and few rows.
        for (std::uint32_t leaf = 0; leaf < kLeaves; ++leaf) dirty.push_back(leaf);
    } else {
        dirty = dirty_leaves(now);
    }
    marked_.clear();
    known_ = std::move(now);
    if (dirty.empty()) return std::uint64_t{0};
    std::vector<HashRange> ranges;
    for (const auto leaf : dirty) {
        const auto range = range_of_leaf(leaf);
        if (!ranges.empty() && ranges.back().last + 1 == range.first)
            ranges.back().last = range.last;
        else
            ranges.push_back(range);
    }
    std::uint64_t count = 0;
    auto at = dirty.begin();
    Leaf fresh;
    const auto close = [&] {
        records_ += fresh.items.size() - leaves_[*at].items.size();
        replace(leaves_[*at++], std::exchange(fresh, {}));
    };
    const auto reader = read_live(shared_, {id_});
    if (reader->has(id_)) {
        const StateReader& state = *reader;
        auto rows = state.rows(id_, std::move(ranges));
        if (!rows) return std::move(rows).error();
        TOPGUN_TRY(for_each_row(**rows, [&](const Row& row) {
            while (*at < row.key_hash >> 20) close();
            fresh.items.push_back(row_sketch_item(row, row_content(row, scratch_)));
            fresh.bytes += bytes_of(row);
            ++count;
        }));
    }
    while (at != dirty.end()) close();
    return count;
}

// Removed tags are only ever added: a count tells whether some were.
Result<std::uint64_t> ItemIndex::refresh_removed() {
    if (removed_now() == removed_) return std::uint64_t{0};
    const auto reader = read_live(shared_, {id_});
    std::vector<Leaf> fresh(kLeaves);
    std::uint64_t count = 0;
    if (reader->has(id_)) {
        auto tags = reader->removed_tags(id_);
        if (!tags) return std::move(tags).error();
        TOPGUN_TRY(for_each_row(**tags, [&](const Row& row) {
            const auto item = row_sketch_item(row, row_content(row, scratch_));
            auto& leaf = fresh[item.key & (kLeaves - 1)];
            leaf.items.push_back(item);
            // A map never gives up a tag's text, or moves it.
            leaf.tags.push_back(row.tag);
            leaf.bytes += bytes_of(row);
            ++count;
        }));
    }
    removed_ = count;
    for (std::size_t i = 0; i < kLeaves; ++i) {
        if (fresh[i].items.size() != leaves_[kLeaves + i].items.size()) {
            replace(leaves_[kLeaves + i], std::move(fresh[i]));
        }
    }
    return count;
}

const Sketch& ItemIndex::symbols(std::size_t count) {
    if (symbols_.size() >= count) return symbols_;
    std::vector<SketchItem> all;
    all.reserve(records_ + removed_);
    for (const auto& leaf : leaves_) all.insert(all.end(), leaf.items.begin(), leaf.items.end());
    symbols_.extend(count, all);
    return symbols_;
}

std::uint32_t ItemIndex::leaf_sum(std::size_t leaf) const noexcept {
    std::uint64_t sum = 0;
    for (const auto& item : leaves_[leaf].items) sum += item.content;
    return static_cast<std::uint32_t>(sum);
}

std::size_t ItemIndex::memory() const noexcept {
    return sizeof *this + leaves_.size() * sizeof(Leaf) + known_.leaf_count() * 8 +
           records_ * sizeof(SketchItem) +
           removed_ * (sizeof(SketchItem) + sizeof(std::string_view)) + symbols_.size() * 32;
}

Status ItemIndex::find(std::vector<std::uint64_t> places,
                       const std::function<Status(const Row&)>& visit) {
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    std::vector<HashRange> ranges;
    for (const auto place : places) {
        const auto hash = static_cast<std::uint32_t>(place >> 32);
        // Removed tags have no key, and 0 in its place; a key may hash to 0 as well.
        if (hash == 0 && id_.kind == MapKind::or_map) {
            const auto& leaf = leaves_[leaf_of(place, true)];
            const auto from =
                std::lower_bound(leaf.items.begin(), leaf.items.end(), SketchItem{place, 0});
            for (auto at = from; at != leaf.items.end() && at->key == place; ++at) {
                Row row;
                row.removed = true;
                row.tag = leaf.tags[static_cast<std::size_t>(at - leaf.items.begin())];
                TOPGUN_TRY(visit(row));
            }
        }
        if (ranges.empty() || ranges.back().last != hash) ranges.push_back({hash, hash});
    }
    const auto reader = read_live(shared_, {id_});
    if (ranges.empty() || !reader->has(id_)) return {};
    const StateReader& state = *reader;
    auto rows = state.rows(id_, std::move(ranges));
    if (!rows) return std::move(rows).error();
    return for_each_row(**rows, [&](const Row& row) -> Status {
        if (!std::binary_search(places.begin(), places.end(), place_of(row))) return {};
        return visit(row);
    });
}

Status ItemIndex::read_leaf(std::size_t leaf, const std::function<Status(const Row&)>& visit) {
    if (leaf >= kLeaves) {
        for (const auto tag : leaves_[leaf].tags) {
            Row row;
            row.removed = true;
            row.tag = tag;
            TOPGUN_TRY(visit(row));
        }
        return {};
    }
    const auto reader = read_live(shared_, {id_});
    if (!reader->has(id_)) return {};
    const StateReader& state = *reader;
    auto rows = state.rows(id_, {range_of_leaf(static_cast<std::uint32_t>(leaf))});
    if (!rows) return std::move(rows).error();
    return for_each_row(**rows, visit);
}

}  // namespace topgun::sync
