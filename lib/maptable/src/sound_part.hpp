// SPDX-License-Identifier: Apache-2.0
// What is left of an OR-Map's row in which some elements cannot be decoded.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "topgun/maptable/row.hpp"

namespace topgun::maptable {

/// Elements of the list in a jsonb row's value, counted from 1.
struct SoundElements {
    std::string_view list;  ///< "records" or "tags".
    std::vector<std::size_t> kept;
};

/// Those that can be decoded. None when there are none, and for a row that is not an OR-Map's.
/// @pre the row cannot be decoded as a whole.
std::optional<SoundElements> sound_elements(const TableRow& row);

}  // namespace topgun::maptable
