// SPDX-License-Identifier: Apache-2.0
// "Did you mean ...?": the known word nearest to what was typed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace topgun::cli {

/// Edits between two words: insert, delete, replace, swap neighbours, each at most once per place
/// (optimal string alignment). Cost: O(a.size() * b.size()).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `word`, or "" when none is near enough to be meant: a third of the
/// longer word, at least one edit. The first of several equally near ones wins.
std::string suggest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace topgun::cli
