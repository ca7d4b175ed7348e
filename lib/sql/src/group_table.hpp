// SPDX-License-Identifier: Apache-2.0
// Numbers for distinct keys: what grouping and joining have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "topgun/column/column.hpp"

namespace topgun::sql {

/// Distinct rows of some key columns, numbered in the order in which they came. NULLs are the same.
/// Threads: one owner.
class GroupTable {
public:
    static constexpr std::uint32_t kNone = 0xffffffffu;

    explicit GroupTable(const std::vector<DataType>& types);

    /// The number of each row's key; new keys get the next ones.
    /// Cost: about 20 ns a row for one key in the cache.
    void add(const Batch& keys, std::vector<std::uint32_t>& groups);
    /// The same without new keys: kNone for those.
    void find(const Batch& keys, std::vector<std::uint32_t>& groups);
    /// Hashes of the rows that add() or find() saw last.
    std::span<const std::uint64_t> hashes() const noexcept { return hashes_; }

    std::size_t size() const noexcept { return group_hashes_.size(); }
    /// Values of a key column, group by group.
    const Column& key(std::size_t column) const { return keys_[column]; }
    std::vector<Column>& keys() noexcept { return keys_; }
    /// Bytes held.
    std::size_t memory() const noexcept;

private:
    std::uint32_t* slot(std::uint64_t hash, const Batch& keys, std::size_t row);
    bool same(const Batch& keys, std::size_t row, std::uint32_t group) const;
    void grow();
    void hash(const Batch& keys);

    std::vector<Column> keys_;
    std::vector<std::size_t> columns_;  // 0, 1, 2 ...
    std::vector<std::uint64_t> group_hashes_;
    std::vector<std::uint32_t> slots_;  // group + 1; 0 is free
    std::vector<std::uint64_t> hashes_;
    std::size_t bytes_ = 0;  // of texts
};

}  // namespace topgun::sql
