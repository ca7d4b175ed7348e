// SPDX-License-Identifier: Apache-2.0
// The endpoint's page for people.
#pragma once

#include <string_view>

namespace topgun::cli {

/// HTML with its style and script inside: it works without any other resource.
std::string_view status_page() noexcept;

}  // namespace topgun::cli
