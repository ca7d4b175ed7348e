// SPDX-License-Identifier: Apache-2.0
// Whether an endpoint can search as it was told to.
#pragma once

#include "topgun/sync/options.hpp"

namespace topgun::sync {

/// Errors: usage, with the name of what cannot be.
Status check_settings(const SearchSettings& settings);

}  // namespace topgun::sync
