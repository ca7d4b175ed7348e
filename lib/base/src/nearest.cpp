// SPDX-License-Identifier: Apache-2.0
#include "topgun/base/nearest.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace topgun {
namespace {

constexpr std::size_t kLongestWord = 64;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// Insertions, deletions and replacements from one word to the other, whatever their case.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        auto diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const auto replaced = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> known) {
    std::string_view nearest;
    if (word.size() > kLongestWord) return nearest;
    std::size_t best = kLongestWord;
    for (const auto candidate : known) {
        const auto far = distance(word, candidate);
        const auto near_enough = std::max<std::size_t>(1, candidate.size() / 3);
        if (far >= best || far > near_enough) continue;
        best = far;
        nearest = candidate;
    }
    return nearest;
}

}  // namespace topgun
