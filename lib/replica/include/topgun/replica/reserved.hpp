// SPDX-License-Identifier: Apache-2.0
// Maps that an endpoint keeps for itself: policies, numbers that must rise.
#pragma once

#include <algorithm>
#include <string_view>

namespace topgun {

/// True for names that begin with _topgun_ or __topgun_, in any case. They are in an endpoint's
/// storage, and no client sees them: they are no part of what two replicas share.
inline bool is_reserved_name(std::string_view map) {
    for (const std::string_view reserved : {"_topgun_", "__topgun_"}) {
        const auto same = [](char a, char b) {
            return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
        };
        if (map.size() >= reserved.size() &&
            std::equal(reserved.begin(), reserved.end(), map.begin(),
                       [&](char b, char a) { return same(a, b); })) {
            return true;
        }
    }
    return false;
}

}  // namespace topgun
