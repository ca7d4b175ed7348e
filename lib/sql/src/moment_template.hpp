// SPDX-License-Identifier: Apache-2.0
// Templates of moments in pieces: what to_char() and to_timestamp() read alike.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace topgun::sql {

inline constexpr std::array<std::string_view, 12> kMonthNames{
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
inline constexpr std::array<std::string_view, 7> kDayNames{
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

struct TemplatePiece {
    std::string_view pattern;  ///< Empty for a literal.
    std::string literal;
    bool fill = true;          ///< No FM in front.
    std::string_view ordinal;  ///< "TH" or "th".
};

/// @param text  outlives the pieces.
std::vector<TemplatePiece> pieces_of(std::string_view text);

}  // namespace topgun::sql
