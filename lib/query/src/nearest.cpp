// SPDX-License-Identifier: Apache-2.0
#include "nearest.hpp"

#include "topgun/base/nearest.hpp"
#include "topgun/base/utf.hpp"

namespace topgun::query {

std::string unknown_word(std::string_view what, std::string_view word,
                         std::span<const std::string_view> known) {
    constexpr std::size_t kMostQuoted = 64;
    std::string text = "unknown ";
    text += what;
    text += " '" + repair_utf8(word.substr(0, kMostQuoted)) + "'";
    const auto nearest = nearest_word(word, known);
    if (!nearest.empty()) text += "; nearest: '" + std::string(nearest) + "'";
    return text;
}

}  // namespace topgun::query
