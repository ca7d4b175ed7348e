// SPDX-License-Identifier: Apache-2.0
// What two states differ in, found by sums and sketches, so that equal parts are not read.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "topgun/replica/state.hpp"

namespace topgun {

enum class DifferenceKind {
    only_a,
    only_b,
    newer_a,  ///< Both have the record; a's stamp is greater. For counters: a's counts are.
    newer_b,
    /// Equal stamps, different value or time to live. Reported by deep diffs; by others only for
    /// OR-Maps, and where the trie's item differs, because that trie covers values too.
    same_stamp,
};

/// "onlyInA", "onlyInB", "newerInA", "newerInB", "sameStampDifferentValue".
TOPGUN_API std::string_view difference_name(DifferenceKind kind) noexcept;

/// One record in which the states differ; rows are borrowed for the time of the call.
/// For an OR-Map a record is one tag of a key, or a removed tag.
struct Difference {
    MapId map;
    DifferenceKind kind = DifferenceKind::only_a;
    const Row* a = nullptr;  ///< Null for only_b.
    const Row* b = nullptr;  ///< Null for only_a.
};

struct MapDifference {
    MapId map;
    bool equal = true;          ///< By the measure asked for.
    bool content_equal = true;  ///< Every byte of every record, removed tags included.
    std::uint32_t root_a = 0;   ///< Client-form Merkle roots; 0 where the map is missing.
    std::uint32_t root_b = 0;
    std::uint64_t only_a = 0;
    std::uint64_t only_b = 0;
    std::uint64_t newer_a = 0;
    std::uint64_t newer_b = 0;
    std::uint64_t same_stamp = 0;
    std::uint64_t removed_only_a = 0;  ///< Removed tags of OR-Maps that the other side lacks.
    std::uint64_t removed_only_b = 0;
    // Deep diffs: what TopGun's own sync would leave as it is.
    std::uint64_t unportable_ties =
        0;  ///< Decided by node ids that TypeScript may order otherwise.
    std::uint64_t unhashable_values = 0;  ///< OR values whose text differs between platforms.
};

/// What the comparison looked at, and what a sync of the same states would move.
struct DiffCost {
    std::uint64_t rows_read = 0;
    std::uint64_t leaves_differing = 0;
    std::uint64_t sketch_cells = 0;  ///< 0 when a sketch was not enough for some map.
    struct Transfer {
        std::uint64_t bytes = 0, messages = 0, round_trips = 0;
        bool possible = true;
    };
    Transfer by_sketch;
    Transfer by_trie;
};

struct DiffOptions {
    /// Compares content, not what TopGun's tree covers: stamps, and in OR-Maps the text of values.
    bool deep = false;
    /// Also counts what a sync would cost. Reads no more than that, but for maps that differ only
    /// in content: their rows are read as in a deep diff, to know what our own sync would move.
    bool costs = false;
    std::function<void(const Difference&)> on_difference;
    std::function<Status(std::uint64_t rows)> progress;
};

struct DiffResult {
    bool equal = true;
    std::vector<MapDifference> maps;  ///< Every map of either side, sorted.
    DiffCost cost;
};

/// Compares two states map by map. Equal roots (deep: equal content) end a map's comparison at
/// once; otherwise the sketches name the records that differ, or, when there are too many, the
/// trie's leaves name the ranges. Cost: O(differences) block reads while the sketch suffices.
/// Errors: those of reading the states.
TOPGUN_API Result<DiffResult> diff_states(const StateReader& a, const StateReader& b,
                                          const DiffOptions& options = {});

/// What merging one state into another would do, record by record.
struct IncomingCounts {
    std::uint64_t added = 0;     ///< Records that the base lacks.
    std::uint64_t replaced = 0;  ///< Records that beat the base's.
    std::uint64_t lost = 0;      ///< Records that the base's beat, or its removed tags suppress.
    std::uint64_t equal = 0;     ///< Records that the base has already.
    std::uint64_t removed = 0;   ///< Removed tags that the base lacks.
    std::uint64_t changes() const noexcept { return added + replaced + removed; }
};

/// Looks up every record of `incoming` in `base`; reads only the blocks of the base in which they
/// would stand. Errors: those of reading the states.
TOPGUN_API Result<IncomingCounts> count_incoming(const StateReader& incoming,
                                                 const StateReader& base);

}  // namespace topgun
