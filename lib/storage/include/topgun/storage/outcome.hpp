// SPDX-License-Identifier: Apache-2.0
// What became of ops that were handed to a storage, one by one and together.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/crdt/op.hpp"

namespace topgun {

enum class OpOutcome : std::uint8_t {
    added,     ///< The key (or tag) was unknown.
    replaced,  ///< It replaced what was there.
    lost,      ///< What was there is newer, or suppresses it.
    equal,     ///< Exactly this was there already.
    queued,    ///< Not yet merged: the storage writes later.
    refused,   ///< It cannot be stored; see StoreReport::refusals.
};

constexpr OpOutcome outcome_of(Merged merged) noexcept {
    return static_cast<OpOutcome>(merged);
}
static_assert(outcome_of(Merged::added) == OpOutcome::added);
static_assert(outcome_of(Merged::equal) == OpOutcome::equal);

/// True when the op changed the state, so that others should hear of it.
constexpr bool changed_state(OpOutcome outcome) noexcept {
    return outcome == OpOutcome::added || outcome == OpOutcome::replaced;
}

/// Why one op of a batch was refused.
struct OpRefusal {
    std::size_t index = 0;  ///< In the batch.
    Error error;
};

struct StoreReport {
    /// Everything in the batch, lost and equal ops included, is durable once the storage's durable
    /// sequence has reached this. An op that lost may be acknowledged only then: its winner might
    /// not be durable any sooner.
    std::uint64_t sequence = 0;
    std::vector<OpOutcome> outcomes;  ///< One for each op.
    std::vector<OpRefusal> refusals;  ///< Ascending by index.

    void refuse(Error error) {
        refusals.push_back({outcomes.size(), std::move(error)});
        outcomes.push_back(OpOutcome::refused);
    }
};

}  // namespace topgun
