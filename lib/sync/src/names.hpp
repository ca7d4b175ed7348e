// SPDX-License-Identifier: Apache-2.0
// Which names of maps clients may use, and where in a trie a path leads.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "topgun/merkle/trie.hpp"
#include "topgun/replica/reserved.hpp"
#include "topgun/replica/state.hpp"

namespace topgun::sync {

/// What is wrong with a map's name: clients store records as "map:key", and keep what the server
/// itself stores out of their reach. Null when nothing is.
inline const char* name_fault(std::string_view map) {
    if (map.empty()) return "map name is empty";
    if (map.find(':') != std::string_view::npos) return "map name contains ':'";
    // PostgreSQL, where TopGun's server keeps its maps, has no text with one.
    if (map.find('\0') != std::string_view::npos) return "map name contains NUL";
    return is_reserved_name(map) ? "map name is reserved" : nullptr;
}

/// What is wrong with the name of a topic or a lock. Null when nothing is.
inline const char* topic_fault(std::string_view name) {
    constexpr std::string_view kAllowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.:/";
    if (name.empty()) return "name is empty";
    if (name.size() > 256) return "name is longer than 256 characters";
    if (name.find_first_not_of(kAllowed) != std::string_view::npos)
        return "name has characters other than A-Z a-z 0-9 _ - . : /";
    return nullptr;
}

/// True for up to three lower-case hex digits.
inline bool is_trie_path(std::string_view path) {
    return path.size() <= Trie::kWireDepth &&
           path.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// The key hashes below a path. @pre is_trie_path(path).
inline HashRange hashes_below(std::string_view path) {
    std::uint64_t first = 0;
    for (const char c : path) {
        first = first * 16 + static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    const auto shift = 32 - 4 * path.size();
    const auto last = ((first + 1) << shift) - 1;
    return {static_cast<std::uint32_t>(first << shift), static_cast<std::uint32_t>(last)};
}

}  // namespace topgun::sync
