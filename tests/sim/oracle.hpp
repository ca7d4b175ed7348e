// SPDX-License-Identifier: Apache-2.0
// What a state must be, worked out in the plainest way, without the library's own merging.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "topgun/storage/owned_op.hpp"
#include "topgun/storage/shared_replica.hpp"

namespace topgun::test {

/// A state as text, one line for each record, tag and counter entry.
using Facts = std::map<std::string, std::string>;

/// All maps but those that an endpoint keeps for itself.
Facts facts_of(const SharedReplica& shared);
/// Leaves only what a reader sees of OR-Maps.
void drop_removed_tags(Facts& facts);
/// The first few lines by which two states differ; empty when they are equal.
std::string difference(const Facts& expected, const Facts& found);

/// Collects ops in any order.
class Oracle {
public:
    void add(const OwnedOp& op);
    Facts facts() const;
    /// That the op has been overtaken by what is in `found`, or is in it. For what may have been
    /// stamped anew only the key counts.
    static bool covers(const Facts& found, const OwnedOp& op, bool maybe_restamped);

private:
    using Order = std::tuple<std::uint64_t, std::uint32_t, std::string>;
    std::map<std::string, std::pair<Order, std::string>> records_;
    std::map<std::string, std::string> tags_;
    std::set<std::string> removed_;
    std::map<std::string, std::pair<double, double>> counters_;
};

}  // namespace topgun::test
