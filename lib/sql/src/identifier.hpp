// SPDX-License-Identifier: Apache-2.0
// Names and strings as SQL text: quoted only where the parser would read something else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace topgun::sql {

/// name, or "name" when it is a keyword with a meaning of its own, has an upper-case letter, or is
/// no identifier at all. Cost: O(name.size()).
std::string quote_identifier(std::string_view name);
/// a."B".c
std::string quote_path(const std::vector<std::string>& parts);
/// 'it''s'
std::string quote_string(std::string_view text);

}  // namespace topgun::sql
