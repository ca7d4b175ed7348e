// SPDX-License-Identifier: Apache-2.0
// A state as somebody sees it from whom policies hide rows.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "topgun/replica/state.hpp"
#include "topgun/storage/request_context.hpp"
#include "topgun/sync/policy.hpp"

namespace topgun::sync {

/// TG-POL-002: rows that `who` may not read are not in it, nor in its facts; removals are, as in
/// Gate::shows().
/// @param hiding  of the maps of which he may read a part, the policies that speak of them. The
///                other maps pass through.
/// Cost: facts of a map in `hiding` take a pass over its rows. Threads: as `state`.
std::unique_ptr<StateReader> shown_state(std::unique_ptr<StateReader> state,
                                         std::map<MapId, PolicySet> hiding,
                                         std::optional<Principal> who);

}  // namespace topgun::sync
