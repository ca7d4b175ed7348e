// SPDX-License-Identifier: Apache-2.0
// Changes as a peer hears of them, one by one or several at once.
#pragma once

#include <vector>

#include "topgun/wire/messages.hpp"

namespace topgun::test {

inline std::vector<wire::ServerEvent> events_in(const std::vector<wire::Message>& messages) {
    std::vector<wire::ServerEvent> out;
    for (const auto& message : messages) {
        if (const auto* one = std::get_if<wire::ServerEvent>(&message)) out.push_back(*one);
        if (const auto* several = std::get_if<wire::ServerBatchEvent>(&message)) {
            out.insert(out.end(), several->events.begin(), several->events.end());
        }
    }
    return out;
}

}  // namespace topgun::test
