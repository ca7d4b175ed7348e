// SPDX-License-Identifier: Apache-2.0
#include "topgun/search/fusion.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace topgun::search {
namespace {

// Keeps the first places from outweighing everything. Source: Cormack, Clarke, Buettcher, 2009.
constexpr double kRankOffset = 60;

}  // namespace

std::vector<FusedHit> fuse(std::span<const Ranking> rankings, std::size_t limit) {
    std::vector<FusedHit> out;
    std::unordered_map<std::string_view, std::size_t> places;
    for (std::size_t i = 0; i < rankings.size(); ++i) {
        double rank = 1;
        for (const auto& hit : rankings[i].hits) {
            const auto [place, is_new] = places.try_emplace(hit.key, out.size());
            if (is_new) out.push_back({hit.key, 0, {}});
            auto& fused = out[place->second];
            fused.score += 1 / (kRankOffset + rank);
            fused.by_ranking.emplace_back(i, hit.score);
            if (!rankings[i].all_first) ++rank;
        }
    }
    const auto better = [](const FusedHit& a, const FusedHit& b) {
        return a.score != b.score ? a.score > b.score : a.key < b.key;
    };
    const auto kept = static_cast<std::ptrdiff_t>(std::min(limit, out.size()));
    std::partial_sort(out.begin(), out.begin() + kept, out.end(), better);
    out.resize(static_cast<std::size_t>(kept));
    return out;
}

}  // namespace topgun::search
