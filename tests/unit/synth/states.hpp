// SPDX-License-Identifier: Apache-2.0
// Whole states in memory, so that tests can look at every row.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "topgun/reconcile/diff.hpp"
#include "topgun/replica/state.hpp"
#include "topgun/synth/generate.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {

/// A row that owns what it shows.
struct OwnedRow {
    std::string key, tag, value;
    Timestamp stamp;
    std::uint64_t ttl_ms = kNoTtl;
    std::uint32_t key_hash = 0;
    bool removed = false;

    explicit OwnedRow(const Row& row)
        : key(row.key),
          tag(row.tag),
          value(row.value),
          stamp(row.stamp),
          ttl_ms(row.ttl_ms),
          key_hash(row.key_hash),
          removed(row.removed) {}
    bool operator==(const OwnedRow&) const = default;
};

inline std::vector<OwnedRow> all_rows(RowCursor& cursor) {
    std::vector<OwnedRow> rows;
    must(for_each_row(cursor, [&rows](const Row& row) { rows.emplace_back(row); }));
    return rows;
}
inline std::vector<OwnedRow> all_rows(const StateReader& state, const MapId& map) {
    return all_rows(*must(state.rows(map)));
}
inline std::vector<OwnedRow> all_removed(const StateReader& state, const MapId& map) {
    return all_rows(*must(state.removed_tags(map)));
}

inline std::string name_of(const StateReader& state) {
    std::vector<const MapFacts*> facts;
    for (const auto& id : state.maps()) facts.push_back(must(state.facts(id)));
    return hex(state_hash(facts));
}

inline std::unique_ptr<StateReader> generate(const synth::GenerateOptions& options) {
    return must(synth::generate_state(options));
}

inline MapDifference deep_diff(const StateReader& a, const StateReader& b) {
    DiffOptions options;
    options.deep = true;
    const auto result = must(diff_states(a, b, options));
    REQUIRE(result.maps.size() == 1);
    return result.maps[0];
}

inline const MapId kUsers{"users", MapKind::lww};
inline const MapId kTodos{"todos", MapKind::or_map};
inline const MapId kVisits{"visits", MapKind::counter};

}  // namespace topgun::test
