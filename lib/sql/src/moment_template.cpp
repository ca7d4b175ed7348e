// SPDX-License-Identifier: Apache-2.0
#include "moment_template.hpp"

#include <algorithm>
#include <iterator>

#include "characters.hpp"

namespace topgun::sql {
namespace {

using T = std::string_view;

// Longer ones first, so that the first that fits is the one meant.
constexpr T kPatterns[] = {
    "Y,YYY", "SSSSS", "HH24", "HH12", "SSSS", "YYYY",  "IYYY",  "IDDD",  "A.M.", "P.M.", "a.m.",
    "p.m.",  "B.C.",  "A.D.", "b.c.", "a.d.", "MONTH", "Month", "month", "YYY",  "IYY",  "DDD",
    "DAY",   "Day",   "day",  "MON",  "Mon",  "mon",   "TZH",   "TZM",   "FF1",  "FF2",  "FF3",
    "FF4",   "FF5",   "FF6",  "HH",   "MI",   "SS",    "MS",    "US",    "AM",   "PM",   "am",
    "pm",    "BC",    "AD",   "bc",   "ad",   "YY",    "IY",    "MM",    "DD",   "DY",   "Dy",
    "dy",    "ID",    "WW",   "IW",   "CC",   "TZ",    "tz",    "OF",    "RM",   "rm",   "Y",
    "I",     "D",     "W",    "Q",    "J",
};

}  // namespace

std::vector<TemplatePiece> pieces_of(std::string_view text) {
    std::vector<TemplatePiece> out;
    for (std::size_t i = 0; i < text.size();) {
        TemplatePiece piece;
        if (text[i] == '"') {
            for (++i; i < text.size() && text[i] != '"'; ++i) {
                if (text[i] == '\\' && i + 1 < text.size()) ++i;
                piece.literal += text[i];
            }
            ++i;
            out.push_back(std::move(piece));
            continue;
        }
        // FM alone switches nothing on, so it is looked at together with what follows it.
        while (text.substr(i).starts_with("FM") || text.substr(i).starts_with("fm")) {
            piece.fill = false;
            i += 2;
        }
        while (text.substr(i).starts_with("FX")) i += 2;
        const auto rest = text.substr(i);
        const auto folded = uppered(rest.substr(0, 6));
        const auto* found = std::find_if(std::begin(kPatterns), std::end(kPatterns),
                                         [&](T pattern) { return rest.starts_with(pattern); });
        // Patterns of numbers may have any case.
        if (found == std::end(kPatterns)) {
            found = std::find_if(std::begin(kPatterns), std::end(kPatterns),
                                 [&](T pattern) { return folded.starts_with(pattern); });
        }
        if (found != std::end(kPatterns)) {
            piece.pattern = *found;
            i += found->size();
            const auto behind = text.substr(i, 2);
            if (behind == "TH" || behind == "th") {
                piece.ordinal = behind;
                i += 2;
            }
        } else if (i < text.size()) {
            if (text[i] == '\\' && i + 1 < text.size()) ++i;
            piece.literal.assign(1, text[i]);
            ++i;
        }
        out.push_back(std::move(piece));
    }
    return out;
}

}  // namespace topgun::sql
