// SPDX-License-Identifier: Apache-2.0
// How a table is read in units: ranges of its blocks, which need neither index nor sort.
#pragma once

#include <optional>

#include "topgun/pg/map_table.hpp"

namespace topgun::pg {

/// A row's place is its block. An update moves it, so units of two moments would miss rows: who
/// reads the rest of the units at a later moment must read of the others what is newer.
struct TablePlan {
    std::uint64_t blocks = 0;       ///< Of the largest partition, where there are several.
    std::uint64_t unit_blocks = 0;  ///< 0: all in one unit, for what has no ranges of blocks.
    /// Names where the rows lie. Another one: all may have moved.
    std::string relations;
    /// The table beside it, as statements name it. Empty: there is none.
    std::string beside;

    std::uint64_t units() const noexcept {
        return unit_blocks == 0 ? 1 : (blocks + unit_blocks - 1) / unit_blocks;
    }
    /// The rows of `count` units as a condition of SQL; "" for all.
    /// @param since  only what transactions from this one on have written.
    std::string condition(std::uint64_t first, std::uint64_t count,
                          std::optional<std::uint64_t> since) const;
};

/// To be called when the rows to be read are fixed, lest the table grow meanwhile.
Result<TablePlan> plan_table(Connection& connection, const MapTable& table);

}  // namespace topgun::pg
