// SPDX-License-Identifier: Apache-2.0
// Tables of strings that are looked up by views.
#pragma once

#include <functional>
#include <string_view>

namespace topgun::search {

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};

}  // namespace topgun::search
