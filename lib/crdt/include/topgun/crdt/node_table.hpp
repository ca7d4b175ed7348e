// SPDX-License-Identifier: Apache-2.0
// Node ids as small integers: a map holds millions of stamps from a handful of nodes.
#pragma once

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
        // Ops of one client arrive in runs.
        if (!names_.empty() && names_[last_] == node) return last_;
        return intern_slow(node);
    }
    const std::string& name(Id id) const { return names_[id]; }
    std::size_t size() const noexcept { return names_.size(); }

private:
    Id intern_slow(std::string_view node);
    std::deque<std::string> names_;  // a deque: views into it survive growth
    std::unordered_map<std::string_view, Id> ids_;
    Id last_ = 0;
};

}  // namespace topgun
