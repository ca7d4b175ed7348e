// SPDX-License-Identifier: Apache-2.0
// Names and texts in SQL's quotes, whether they need them or not.
#pragma once

#include <string>
#include <string_view>

namespace topgun::cli {

/// "name", quotes in it doubled.
inline std::string quote_name(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

/// 'text', quotes in it doubled. Backslashes stand for themselves, as the standard has it.
inline std::string quote_text(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') out += '\'';
        out += c;
    }
    return out + '\'';
}

}  // namespace topgun::cli
