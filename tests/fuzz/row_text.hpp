// SPDX-License-Identifier: Apache-2.0
// A row as a comparable line: its hash in hex first, '-' for a removed tag.
#pragma once

#include <string>

#include "topgun/clock/timestamp.hpp"
#include "topgun/replica/row.hpp"

namespace topgun::fuzz {

inline std::string row_text(const Row& row) {
    std::string out(row.removed ? "-" : hex32(row.key_hash));
    for (const auto part : {row.key, row.tag, row.value, row.stamp.node}) {
        out += ' ' + std::to_string(part.size()) + ':';
        out += part;
    }
    for (const auto number : {row.stamp.millis, std::uint64_t{row.stamp.counter}, row.ttl_ms}) {
        out += ' ' + std::to_string(number);
    }
    return out;
}

}  // namespace topgun::fuzz
