// SPDX-License-Identifier: Apache-2.0
// Replacements for keys that stay in their leaf of the trie.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "prf.hpp"

namespace topgun::synth {

/// The leaf of the peers' trie in which a key stands: the first three hex digits of its hash.
std::uint32_t leaf_of_key(std::string_view key) noexcept;

/// Each key has a row of possible replacements, told apart by a number.
inline constexpr unsigned kChoicesPerLength = 8;

/// The replacement number `choice` of a key: random text, whose last three characters are chosen so
/// that it stays in the key's leaf. Characters beyond ASCII stay in their Unicode block, unless
/// only ASCII reaches the leaf. From choice kChoicesPerLength on it is one byte longer, and so on.
/// @return nothing when no text of that length stands in the leaf, or only the key itself does.
/// Two choices may be the same text. Cost: about 0.5 us; some 100 us when the key ends beyond
/// ASCII.
std::optional<std::string> key_choice(const Prf& prf, std::string_view key, unsigned choice);

/// The first choice that is there, from `choice` on; its number ends up in `choice`.
std::string next_key_choice(const Prf& prf, std::string_view key, unsigned& choice);

}  // namespace topgun::synth
