// SPDX-License-Identifier: Apache-2.0
// Ops by hand and at random, and states as comparable text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/random.hpp"
#include "topgun/crdt/op.hpp"
#include "topgun/replica/replica.hpp"
#include "topgun/replica/state.hpp"
#include "topgun/storage/owned_op.hpp"

namespace topgun::test {

using topgun::OwnedOp;

/// Of what kind random ops are. Small numbers make them collide.
struct OpShape {
    std::vector<std::string> maps = {"m"};
    /// Kinds of maps that occur.
    bool lww = true, or_map = true, counter = true;
    std::size_t keys = 7;
    std::size_t nodes = 3;
    std::uint64_t millis = 5;  ///< Stamps lie in [start, start + millis).
    std::uint32_t counters = 2;
    std::size_t tags = 12;  ///< Tags not made from a stamp, shared between keys.
    int value_depth = 1;
    /// Values are small numbers instead of anything, so that content meets content.
    bool small_values = false;
};

/// One random op. Equal stamps with different content, tombstones, times to live, tags under two
/// keys, and the same tag with different content all occur.
OwnedOp random_op(Random& rng, const OpShape& shape);
std::vector<OwnedOp> random_ops(Random& rng, std::size_t count, const OpShape& shape);

/// The encoded whole number.
Bytes int_value(std::int64_t number);
/// The encoded string.
Bytes string_value(std::string_view text);

// Ops on the map "m".
OwnedOp put(std::string key, Timestamp stamp, Bytes value, std::uint64_t ttl_ms = kNoTtl);
OwnedOp remove(std::string key, Timestamp stamp);
OwnedOp or_add(std::string key, Timestamp stamp, Bytes value, std::uint64_t ttl_ms = kNoTtl);
OwnedOp or_remove(std::string tag);
OwnedOp counter(std::string node, double positive, double negative);

/// Applies ops in order; fails the test on an error.
void apply_all(Replica& replica, const std::vector<OwnedOp>& ops);
Replica replica_of(const std::vector<OwnedOp>& ops, TieRule ties = TieRule::by_content);

/// One row as a line: every field, texts in hex where they are not plain ASCII.
std::string line_of(const Row& row);
/// All rows that a cursor gives, as lines.
std::vector<std::string> lines_of(RowCursor& cursor);
/// Rows of one map: removed tags first.
std::vector<std::string> lines_of(const StateReader& state, const MapId& map);
/// Everything that a state holds: a heading for each map, then its rows.
std::vector<std::string> lines_of(const StateReader& state);
std::vector<std::string> lines_of(Replica& replica);

}  // namespace topgun::test
