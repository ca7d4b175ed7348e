// SPDX-License-Identifier: Apache-2.0
// Estimates of what a sync of two maps would move, by our sketch and by TopGun's trie.
#pragma once

#include "topgun/reconcile/diff.hpp"

namespace topgun::reconcile {

/// Adds what walking the trie costs for one LWW or OR map: every request and reply of the wire
/// protocol, replies with all records of a differing leaf. `a` serves, `b` asks.
void add_trie_cost(const MapFacts& a, const MapFacts& b, DiffCost& cost);

/// Adds what the sketch costs: its cells one way, then the differing records both ways.
/// @param cells  0 when the sketch is too short; then the transfer is marked as not possible.
void add_sketch_cost(std::uint64_t cells, std::uint64_t record_bytes, std::uint64_t records,
                     DiffCost& cost);

/// Size of a row as an op on the wire.
std::uint64_t row_wire_bytes(const MapId& map, const Row& row, Bytes& scratch);

}  // namespace topgun::reconcile
