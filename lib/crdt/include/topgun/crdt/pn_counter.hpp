// SPDX-License-Identifier: Apache-2.0
// The positive-negative counter: each node counts for itself, a merge takes the larger counts.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "topgun/base/error.hpp"
#include "topgun/crdt/op.hpp"

namespace topgun {

/// Counts are doubles, as on the wire: whole up to 2^53.
/// Threads: not synchronised; const members may run concurrently with each other.
class TOPGUN_API PnCounter {
public:
    struct Entry {
        double positive = 0;
        double negative = 0;
        bool operator==(const Entry&) const = default;
    };

    /// Adds to one node's own count; a negative amount counts down, zero changes nothing.
    /// Errors: bad_input for NaN, infinities, and a count that would become infinite: they would
    /// poison the counter for good.
    Status add(std::string_view node, double amount);

    /// Takes the larger of each count. Counts that are not finite or negative are refused.
    Result<Merged> merge(std::string_view node, const Entry& entry);

    double value() const noexcept;
    const std::map<std::string, Entry, std::less<>>& entries() const noexcept { return entries_; }

private:
    std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace topgun
