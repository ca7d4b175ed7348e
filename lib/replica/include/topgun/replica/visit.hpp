// SPDX-License-Identifier: Apache-2.0
// Every row of a state, map by map: what writes, sends or copies a whole state goes through.
#pragma once

#include "topgun/replica/state.hpp"

namespace topgun {

/// Calls visit(map, row) for all rows of all maps, each map's removed tags before its records, so
/// that a removal is known before what it removes. Errors: those of reading, and of `visit`, which
/// ends it. Threads: const use of `state` only.
template <typename Visit>
Status visit_all_rows(const StateReader& state, Visit&& visit) {
    for (const auto& id : state.maps()) {
        const auto each = [&](const Row& row) -> Status { return visit(id, row); };
        auto removed = state.removed_tags(id);
        if (!removed) return std::move(removed).error();
        TOPGUN_TRY(for_each_row(**removed, each));
        auto rows = state.rows(id);
        if (!rows) return std::move(rows).error();
        TOPGUN_TRY(for_each_row(**rows, each));
    }
    return {};
}

}  // namespace topgun
