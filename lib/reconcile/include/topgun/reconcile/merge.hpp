// SPDX-License-Identifier: Apache-2.0
// The union of any number of states, as a state: rows stream through, nothing is gathered.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "topgun/replica/replica.hpp"
#include "topgun/replica/state.hpp"

namespace topgun {

struct MergeOptions {
    /// Hears of every row that another row beats. May be null; outlives the merge.
    ConflictObserver* observer = nullptr;
    /// Hears of every row that takes part and does not come out: each that is beaten, suppressed or
    /// repeats another, and of a counter's all. What comes in less what is dropped, and what is
    /// made of it, is what comes out, so that sums of rows can be checked across a merge.
    std::function<void(const MapId&, const Row&)> dropped;
    /// Hears of every entry of a counter that comes out.
    std::function<void(const MapId&, const Row&)> made;
    /// Rows for which this is false do not take part.
    std::function<bool(const MapId&, const Row&)> filter;
    /// Called now and then with the number of rows read since the last call; an error ends the
    /// merge.
    std::function<Status(std::uint64_t rows)> progress;
};

/// The CRDT merge of `sources`, which must outlive it. Same result in any order and grouping.
///
/// Memory: one block per source, and 16 bytes for each removed tag of the OR-Map being read,
/// because a tag may have been removed in one source and added in another. Cost: O(rows log
/// sources). The observer hears conflicts as rows are read, each once per pass over the rows. With
/// a filter, maps() may list a map of which it leaves no row.
TOPGUN_API std::unique_ptr<StateReader> merge_states(std::vector<const StateReader*> sources,
                                                     MergeOptions options = {});

}  // namespace topgun
