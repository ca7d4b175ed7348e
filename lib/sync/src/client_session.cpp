// SPDX-License-Identifier: Apache-2.0
#include "client_session.hpp"

namespace topgun::sync::client {

void Session::store(std::span<const Op> ops, MapReport& map) {
    if (ops.empty() || failed()) return;
    auto stored = local.store(ops);
    if (!stored) return fail(std::move(stored).error().within("local state"));
    for (const auto outcome : stored->outcomes) {
        if (changed_state(outcome) || outcome == OpOutcome::queued) ++map.merged;
        if (outcome == OpOutcome::refused) ++map.malformed;
    }
}

}  // namespace topgun::sync::client
