// SPDX-License-Identifier: Apache-2.0
#include "column_cache.hpp"

#include <algorithm>

namespace topgun::sql {
namespace {

// A little less than a whole number of batches, so that the odd hash more starts no other one.
constexpr std::uint64_t kSliceRecords = 8 * kBatchRows - 512;

std::uint64_t memory_of(const CachedMap::Batches& batches) {
    std::uint64_t bytes = 0;
    for (const auto& column : batches) bytes += sizeof(Column) + column->memory();
    return bytes;
}

}  // namespace

CachedMap::CachedMap(std::uint64_t records, std::shared_ptr<CacheBudget> budget)
    : budget_(std::move(budget)), slices_(records / kSliceRecords + 1) {}

CachedMap::~CachedMap() {
    while (!uses_.empty()) forget(uses_.begin()->first);
}

bool CachedMap::use(const std::vector<CachedColumnId>& columns) {
    const std::lock_guard lock(mutex_);
    ++clock_;
    bool all = true;
    for (const auto& column : columns) {
        auto& use = uses_[column];
        use.last = clock_;
        all = ++use.count > 1 && all;
    }
    return all;
}

bool CachedMap::is_used(const std::vector<CachedColumnId>& columns) const {
    const std::lock_guard lock(mutex_);
    return std::all_of(columns.begin(), columns.end(), [this](const CachedColumnId& column) {
        const auto found = uses_.find(column);
        return found != uses_.end() && found->second.count > 1;
    });
}

std::vector<std::optional<CachedMap::Batches>> CachedMap::find(
    std::size_t slice, const std::vector<CachedColumnId>& columns, std::uint64_t now_ms) const {
    std::vector<std::optional<Batches>> out(columns.size());
    const std::lock_guard lock(mutex_);
    const auto& one = slices_[slice];
    if (now_ms < one.from_ms || now_ms >= one.until_ms) return out;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto found = one.columns.find(columns[i]);
        if (found != one.columns.end()) out[i] = found->second;
    }
    return out;
}

void CachedMap::keep(std::size_t slice, const std::vector<CachedColumnId>& columns,
                     const Read& read) {
    std::uint64_t bytes = 0;
    for (const auto& batches : read.columns) bytes += memory_of(batches);
    const std::lock_guard lock(mutex_);
    auto& one = slices_[slice];
    if (read.from_ms < one.from_ms || read.from_ms >= one.until_ms) {
        // Other records are live by now: what is there does not fit beside what was read.
        for (const auto& [column, batches] : one.columns) budget_->used -= memory_of(batches);
        one.columns.clear();
    }
    if (!make_room(bytes, columns)) return;
    if (one.columns.empty()) {
        one.from_ms = read.from_ms;
        one.until_ms = read.until_ms;
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (one.columns.emplace(columns[i], read.columns[i]).second) {
            budget_->used += memory_of(read.columns[i]);
        }
    }
}

bool CachedMap::make_room(std::uint64_t bytes, const std::vector<CachedColumnId>& needed) {
    while (budget_->used + bytes > budget_->limit) {
        auto oldest = uses_.end();
        for (auto it = uses_.begin(); it != uses_.end(); ++it) {
            if (std::find(needed.begin(), needed.end(), it->first) != needed.end()) continue;
            if (oldest == uses_.end() || it->second.last < oldest->second.last) oldest = it;
        }
        if (oldest == uses_.end()) return false;
        forget(CachedColumnId(oldest->first));
    }
    return true;
}

void CachedMap::forget(const CachedColumnId& column) {
    for (auto& slice : slices_) {
        const auto found = slice.columns.find(column);
        if (found == slice.columns.end()) continue;
        budget_->used -= memory_of(found->second);
        slice.columns.erase(found);
    }
    uses_.erase(column);
}

std::shared_ptr<CachedMap> ColumnCache::of(const MapId& id, std::uint64_t records) {
    auto& map = maps_[id];
    if (!map) map = std::make_shared<CachedMap>(records, budget_);
    return map;
}

}  // namespace topgun::sql
