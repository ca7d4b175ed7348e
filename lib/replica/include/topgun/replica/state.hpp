// SPDX-License-Identifier: Apache-2.0
// The seam between where state lies and what is done with it: maps, facts, and rows by hash range.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/replica/facts.hpp"
#include "topgun/replica/row.hpp"

namespace topgun {

/// Key hashes from `first` to `last`, both included.
struct HashRange {
    std::uint32_t first = 0;
    std::uint32_t last = 0xffffffffu;
};

/// Rows of one map in order, in batches.
/// Threads: one at a time.
class TOPGUN_API RowCursor {
public:
    virtual ~RowCursor();
    /// The next rows, valid until the next call; empty at the end. Errors end the cursor.
    virtual Result<std::span<const Row>> next() = 0;
};

/// A state to read from. Facts come from where they are cheap; rows are read when asked for.
/// Threads: const members may run concurrently; cursors are independent of each other.
class TOPGUN_API StateReader {
public:
    virtual ~StateReader();

    /// Sorted by name, then kind. Maps without any row are not listed.
    virtual const std::vector<MapId>& maps() const = 0;
    /// Facts of a listed map; the reader owns them.
    virtual Result<const MapFacts*> facts(const MapId& map) const = 0;
    /// Facts without trie, leaf_content and sketch, where those cost extra. Valid as long as
    /// facts().
    virtual Result<const MapFacts*> summary(const MapId& map) const { return facts(map); }
    /// The sketch alone, where that is cheaper than all facts.
    virtual Result<const Sketch*> sketch(const MapId& map) const;
    /// Removed tags of an OR-Map, sorted by bytes. Empty for the other kinds.
    virtual Result<std::unique_ptr<RowCursor>> removed_tags(const MapId& map) const = 0;
    /// Rows whose key hash lies in one of the ranges. @pre ranges ascend and do not overlap.
    virtual Result<std::unique_ptr<RowCursor>> rows(const MapId& map,
                                                    std::vector<HashRange> ranges) const = 0;

    bool has(const MapId& map) const;
    /// All rows of a map.
    Result<std::unique_ptr<RowCursor>> rows(const MapId& map) const {
        return rows(map, {HashRange{}});
    }
};

/// Calls visit(row) for every row of a cursor; stops at the first error, its own or visit's.
template <typename Visit>
Status for_each_row(RowCursor& cursor, Visit&& visit) {
    for (;;) {
        auto batch = cursor.next();
        if (!batch) return std::move(batch).error();
        if (batch->empty()) return {};
        for (const auto& row : *batch) {
            if constexpr (std::is_void_v<decltype(visit(row))>) {
                visit(row);
            } else {
                TOPGUN_TRY(visit(row));
            }
        }
    }
}

}  // namespace topgun
