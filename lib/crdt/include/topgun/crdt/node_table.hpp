// SPDX-License-Identifier: Apache-2.0
// Node ids as small integers: a map holds millions of stamps from a handful of nodes.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "topgun/base/export.hpp"

namespace topgun {

/// Interns node ids. Ids are given in order of arrival, not of value: two stamps that agree in
/// millis and counter are rare, so comparing the texts then costs less than keeping ranks.
/// Threads: not synchronised.
class TOPGUN_API NodeTable {
public:
    using Id = std::uint32_t;

    Id intern(std::string_view node) {
        // Few nodes write at a time: most ids are found where their like was seen last.
        auto& recent = recent_[slot_of(node)];
        if (recent.name != node || recent.name.empty()) recent = intern_slow(node);
        return recent.id;
    }
    const std::string& name(Id id) const { return names_[id]; }
    std::size_t size() const noexcept { return names_.size(); }

private:
    struct Recent {
        std::string_view name;
        Id id = 0;
    };
    static std::size_t slot_of(std::string_view node) noexcept {
        return node.empty() ? 0 : (node.size() * 7 + static_cast<unsigned char>(node.back())) % 16;
    }
    Recent intern_slow(std::string_view node);
    std::deque<std::string> names_;  // a deque: views into it survive growth
    std::unordered_map<std::string_view, Id> ids_;
    std::array<Recent, 16> recent_;
};

}  // namespace topgun
