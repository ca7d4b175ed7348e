// SPDX-License-Identifier: Apache-2.0
// sind(), acosd() and their like: trigonometry in degrees, exact where a result is a round number.
#pragma once

#include <vector>

#include "function.hpp"

namespace topgun::sql {

void add_degrees(std::vector<Function>& to);

}  // namespace topgun::sql
