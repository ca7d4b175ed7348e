// SPDX-License-Identifier: Apache-2.0
// Schemas out of JSON; private, because the JSON library's types stay inside the module.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topgun/schema/schema.hpp"

namespace topgun::schema {

/// {"<map>": <schema>, ...}
Result<std::vector<std::pair<std::string, MapSchema>>> parse_schemas(std::string_view json);

}  // namespace topgun::schema
