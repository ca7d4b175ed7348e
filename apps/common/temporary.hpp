// SPDX-License-Identifier: Apache-2.0
// A folder for files that do not last.
#pragma once

#include <string>

#include "topgun/base/error.hpp"

namespace topgun::cli {

/// Where temporary files go: what TMPDIR says, else /tmp. Errors: not_found when that is no folder.
Result<std::string> temporary_folder();

}  // namespace topgun::cli
