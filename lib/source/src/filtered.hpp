// SPDX-License-Identifier: Apache-2.0
// A part of a state: some of its maps, and rows up to a moment.
#pragma once

#include "topgun/reconcile/merge.hpp"

namespace topgun::source {

/// Wraps `state`, which it owns, so that only `maps` (all when empty) are seen.
std::unique_ptr<StateReader> select_maps(std::unique_ptr<StateReader> state,
                                         const std::vector<std::string>& maps);

/// Wraps `state`, which it owns, so that only rows stamped up to `until` are seen.
std::unique_ptr<StateReader> select_until(std::unique_ptr<StateReader> state,
                                          const Timestamp& until);

/// True when an op or row of this stamp, or of this removed tag, belongs to the time up to `until`.
bool is_until(const Stamp& stamp, std::string_view tag, const Timestamp& until);

}  // namespace topgun::source
