// SPDX-License-Identifier: Apache-2.0
// Columns of maps that queries come back to, decoded once: reading them again costs nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "topgun/column/column.hpp"
#include "topgun/replica/row.hpp"

namespace topgun::sql {

/// The part of the memory limit that caches may take besides.
inline constexpr std::uint64_t kCacheShare = 4;

/// Bytes that all caches of a session may hold together. Threads: any.
struct CacheBudget {
    explicit CacheBudget(std::uint64_t bytes) : limit(bytes) {}
    const std::uint64_t limit;
    std::atomic<std::uint64_t> used{0};
};

/// What makes two columns of a map the same, whatever else their tables differ in.
struct CachedColumnId {
    std::string name;
    DataType type;
    bool declared = false;
    bool operator==(const CachedColumnId&) const = default;
    auto operator<=>(const CachedColumnId& other) const {
        return std::tie(name, type.id, type.element, declared) <=>
               std::tie(other.name, other.type.id, other.type.element, other.declared);
    }
};

/// The columns of one map that does not change, in slices of the range of hashes that its keys
/// have. A slice holds the records that are live; it holds from the moment at which it was read
/// until the first of them expires. A column is kept from its second use on, so that a query that
/// runs once pays nothing. Threads: any.
class CachedMap {
public:
    using Batches = std::vector<ColumnPtr>;
    struct Read {
        std::uint64_t from_ms = 0, until_ms = 0;  ///< Holds from the first, before the second.
        std::vector<Batches> columns;             ///< For each wanted one its part of each batch.
    };

    CachedMap(std::uint64_t records, std::shared_ptr<CacheBudget> budget);
    ~CachedMap();
    CachedMap(const CachedMap&) = delete;
    CachedMap& operator=(const CachedMap&) = delete;

    std::size_t slices() const noexcept { return slices_.size(); }
    /// Counts a use of these columns. True when all of them are worth keeping.
    bool use(const std::vector<CachedColumnId>& columns);
    /// Whether these columns were used before, as use() says.
    bool is_used(const std::vector<CachedColumnId>& columns) const;
    /// What is there of a slice: nullopt for a column that is not.
    std::vector<std::optional<Batches>> find(std::size_t slice,
                                             const std::vector<CachedColumnId>& columns,
                                             std::uint64_t now_ms) const;
    /// Keeps what was read of a slice, while there is room; makes room by forgetting the columns
    /// that were not used for longest.
    void keep(std::size_t slice, const std::vector<CachedColumnId>& columns, const Read& read);

private:
    struct Slice {
        std::uint64_t from_ms = 0, until_ms = 0;
        std::map<CachedColumnId, Batches> columns;
    };
    struct Use {
        std::uint64_t count = 0, last = 0;
    };
    bool make_room(std::uint64_t bytes, const std::vector<CachedColumnId>& needed);
    void forget(const CachedColumnId& column);

    const std::shared_ptr<CacheBudget> budget_;
    mutable std::mutex mutex_;
    std::vector<Slice> slices_;
    std::map<CachedColumnId, Use> uses_;
    std::uint64_t clock_ = 0;
};

/// The caches of a source's maps. Threads: one owner.
class ColumnCache {
public:
    explicit ColumnCache(std::shared_ptr<CacheBudget> budget) : budget_(std::move(budget)) {}
    std::shared_ptr<CachedMap> of(const MapId& id, std::uint64_t records);

private:
    std::shared_ptr<CacheBudget> budget_;
    std::map<MapId, std::shared_ptr<CachedMap>> maps_;
};

}  // namespace topgun::sql
