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

/// Where a small table of recently seen node ids keeps this one: few nodes write at a time, and the
/// last character tells most of them apart.
inline constexpr std::size_t kRecentNodes = 16;
inline std::size_t recent_node_slot(std::string_view node) noexcept {
    if (node.empty()) return 0;
    return (node.size() * 7 + static_cast<unsigned char>(node.back())) % kRecentNodes;
}

/// Interns node ids. Ids are given in order of arrival, not of value: two stamps that agree in
/// millis and counter are rare, so comparing the texts then costs less than keeping ranks.
/// Threads: not synchronised.
class TOPGUN_API NodeTable {
public:
    using Id = std::uint32_t;

    Id intern(std::string_view node) {
        auto& recent = recent_[recent_node_slot(node)];
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
    Recent intern_slow(std::string_view node);
    std::deque<std::string> names_;  // a deque: views into it survive growth
    std::unordered_map<std::string_view, Id> ids_;
    std::array<Recent, kRecentNodes> recent_;
};

}  // namespace topgun
