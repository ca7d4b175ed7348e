// SPDX-License-Identifier: Apache-2.0
// One ranking out of several whose scores cannot be compared.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "topgun/base/export.hpp"

namespace topgun::search {

struct RankedHit {
    std::string key;
    double score = 0;
};

/// What one method found.
struct Ranking {
    std::vector<RankedHit> hits;  ///< Best first.
    bool all_first = false;       ///< The method knows no order: every hit has rank 1.
};

struct FusedHit {
    std::string key;
    double score = 0;
    /// By the number of the ranking, ascending, those that have it: its score there.
    std::vector<std::pair<std::size_t, double>> by_ranking;
    bool operator==(const FusedHit&) const = default;
};

/// Reciprocal rank fusion: a hit's score is the sum over rankings of 1 / (60 + rank). Best first;
/// of equal scores the smaller key first. Cost: O(hits log hits).
TOPGUN_API std::vector<FusedHit> fuse(std::span<const Ranking> rankings, std::size_t limit);

}  // namespace topgun::search
