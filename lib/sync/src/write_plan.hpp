// SPDX-License-Identifier: Apache-2.0
// What passes between the two halves of a write: what is to be stored, and what became of it.
#pragma once

#include <deque>
#include <vector>

#include "topgun/sync/hub.hpp"

namespace topgun::sync {

/// Ops that are ready to be stored, with what they borrow from.
struct Hub::Plan {
    std::vector<Op> ops;
    std::vector<std::size_t> origin;  // of each op, among those that came
    std::vector<bool> restamped;
    std::deque<Timestamp> stamps;  // a deque keeps views valid
    Written out;

    explicit Plan(std::size_t expected) {
        ops.reserve(expected);
        origin.reserve(expected);
        restamped.reserve(expected);
    }
    void add(const Op& op, std::size_t from, bool with_new_stamp = false) {
        ops.push_back(op);
        origin.push_back(from);
        restamped.push_back(with_new_stamp);
    }
    void reject(std::size_t from, std::uint32_t code, std::string reason) {
        out.rejections.push_back({from, code, std::move(reason)});
    }
};

}  // namespace topgun::sync
