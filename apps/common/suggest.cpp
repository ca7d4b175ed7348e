// SPDX-License-Identifier: Apache-2.0
// Damerau's four kinds of typing mistake. Stands alone: the front program compiles it in as well.
#include "common/suggest.hpp"

#include <algorithm>

namespace topgun::cli {
namespace {
constexpr std::size_t kWordBytesMax = 64;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        before_last.swap(last);
        last.swap(row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
    }
    return row[b.size()];
}

std::string suggest(std::string_view word, const std::vector<std::string>& candidates) {
    if (word.empty() || word.size() > kWordBytesMax) return "";
    std::string best;
    std::size_t best_distance = kWordBytesMax;
    for (const auto& candidate : candidates) {
        const auto distance = edit_distance(word, candidate);
        const auto allowed = std::max<std::size_t>(1, std::max(word.size(), candidate.size()) / 3);
        if (distance <= allowed && distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

}  // namespace topgun::cli
