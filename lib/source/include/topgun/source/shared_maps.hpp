// SPDX-License-Identifier: Apache-2.0
// What a state shares with others.
#pragma once

#include <memory>

#include "topgun/replica/state.hpp"

namespace topgun {

/// The state without the maps that an endpoint keeps for itself, under reserved names; `state` as
/// it came when there are none.
TOPGUN_API std::unique_ptr<StateReader> select_shared_maps(std::unique_ptr<StateReader> state);

}  // namespace topgun
