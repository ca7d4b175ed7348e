// SPDX-License-Identifier: Apache-2.0
// Which known word somebody probably meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace topgun::query {

/// "unknown operator 'eg'; nearest: 'eq'", or without its second half when no word is near.
/// At most 64 bytes of the word are quoted.
std::string unknown_word(std::string_view what, std::string_view word,
                         std::span<const std::string_view> known);

}  // namespace topgun::query
