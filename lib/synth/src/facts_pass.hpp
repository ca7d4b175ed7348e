// SPDX-License-Identifier: Apache-2.0
// Facts of a state that keeps none: counted in one pass over a map's rows.
#pragma once

#include "topgun/replica/state.hpp"

namespace topgun::synth {

inline Result<MapFacts> count_facts(const StateReader& state, const MapId& map) {
    FactsBuilder builder(map);
    const auto take = [&builder](const Row& row) { builder.add(row); };
    auto removed = state.removed_tags(map);
    if (!removed) return std::move(removed).error();
    TOPGUN_TRY(for_each_row(**removed, take));
    auto rows = state.rows(map);
    if (!rows) return std::move(rows).error();
    TOPGUN_TRY(for_each_row(**rows, take));
    return builder.finish();
}

}  // namespace topgun::synth
