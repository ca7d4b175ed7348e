// SPDX-License-Identifier: Apache-2.0
// A MessagePack value against its JSON view.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "topgun/base/bytes.hpp"

namespace topgun::wire::detail {

/// The first difference, with a JSON path, or that the text is no JSON; nothing when they agree.
/// @pre `value` is one well-formed value.
std::optional<std::string> compare_with_json(BytesView value, std::string_view json);

}  // namespace topgun::wire::detail
