// SPDX-License-Identifier: Apache-2.0
#include "group_table.hpp"

#include <numeric>

#include "ordering.hpp"
#include "topgun/column/hash.hpp"

namespace topgun::sql {

GroupTable::GroupTable(const std::vector<DataType>& types) : columns_(types.size()), slots_(64, 0) {
    for (const auto type : types) keys_.emplace_back(type);
    std::iota(columns_.begin(), columns_.end(), std::size_t{0});
}

void GroupTable::hash(const Batch& keys) {
    hash_rows(keys, columns_, hashes_);
    hashes_.resize(keys.rows, 0);
}

bool GroupTable::same(const Batch& keys, std::size_t row, std::uint32_t group) const {
    for (std::size_t c = 0; c < keys_.size(); ++c) {
        const auto& a = *keys.columns[c];
        const auto& b = keys_[c];
        const bool null = a.is_null(row);
        if (null != b.is_null(group)) return false;
        if (null) continue;
        switch (a.type().id) {
            case TypeId::boolean:
            case TypeId::bigint:
            case TypeId::date:
            case TypeId::time:
            case TypeId::timestamp:
            case TypeId::timestamptz:
                if (a.integer(row) != b.integer(group)) return false;
                break;
            case TypeId::text:
            case TypeId::bytea:
                if (a.bytes(row) != b.bytes(group)) return false;
                break;
            default:
                if (compare_values(a, row, b, group) != 0) return false;
        }
    }
    return true;
}

std::uint32_t* GroupTable::slot(std::uint64_t hash, const Batch& keys, std::size_t row) {
    const auto mask = slots_.size() - 1;
    for (auto at = static_cast<std::size_t>(hash) & mask;; at = (at + 1) & mask) {
        auto& one = slots_[at];
        if (one == 0) return &one;
        if (group_hashes_[one - 1] == hash && same(keys, row, one - 1)) return &one;
    }
}

void GroupTable::grow() {
    slots_.assign(slots_.size() * 4, 0);
    const auto mask = slots_.size() - 1;
    for (std::size_t group = 0; group < group_hashes_.size(); ++group) {
        auto at = static_cast<std::size_t>(group_hashes_[group]) & mask;
        while (slots_[at] != 0) at = (at + 1) & mask;
        slots_[at] = static_cast<std::uint32_t>(group + 1);
    }
}

void GroupTable::add(const Batch& keys, std::vector<std::uint32_t>& groups) {
    hash(keys);
    groups.resize(keys.rows);
    for (std::size_t row = 0; row < keys.rows; ++row) {
        if (group_hashes_.size() * 2 >= slots_.size()) grow();
        auto* const at = slot(hashes_[row], keys, row);
        if (*at == 0) {
            group_hashes_.push_back(hashes_[row]);
            *at = static_cast<std::uint32_t>(group_hashes_.size());
            for (std::size_t c = 0; c < keys_.size(); ++c) {
                const auto& from = *keys.columns[c];
                if (from.storage() == Storage::bytes && !from.is_null(row)) {
                    keys_[c].add_bytes(from.bytes(row));
                    bytes_ += from.bytes(row).size();
                } else {
                    keys_[c].add_from(from, row);
                }
            }
        }
        groups[row] = *at - 1;
    }
}

void GroupTable::find(const Batch& keys, std::vector<std::uint32_t>& groups) {
    hash(keys);
    groups.resize(keys.rows);
    for (std::size_t row = 0; row < keys.rows; ++row) {
        groups[row] = *slot(hashes_[row], keys, row) - 1;
    }
}

std::size_t GroupTable::memory() const noexcept {
    constexpr std::size_t kValue = 24;  // about, of a key's slot in its column
    return slots_.size() * sizeof(std::uint32_t) + group_hashes_.size() * sizeof(std::uint64_t) +
           group_hashes_.size() * keys_.size() * kValue + bytes_;
}

}  // namespace topgun::sql
