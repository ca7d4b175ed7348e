// SPDX-License-Identifier: Apache-2.0
// How a source's format is found out.
#pragma once

#include <optional>
#include <string_view>

#include "topgun/source/source.hpp"

namespace topgun::source {

Format by_extension(std::string_view path) noexcept;
/// @param head  the first bytes of the file.
Format by_content(BytesView head) noexcept;
/// An error for what this version cannot read, such as a database's URL.
std::optional<Error> foreign_scheme(std::string_view path);

}  // namespace topgun::source
