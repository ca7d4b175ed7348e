// SPDX-License-Identifier: Apache-2.0
// Steps into JSON by name and number, as -> and #> take them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "topgun/value/value_view.hpp"

namespace topgun::sql {

/// Names of fields and numbers of elements; none for NULL.
using JsonPath = std::vector<std::optional<std::string_view>>;

/// The path that a list of texts is.
JsonPath json_path_of(std::string_view list);
/// A step as the number of an element, from the end when negative.
std::optional<std::int64_t> json_index(std::string_view step);
/// One step: a field of an object or an element of an array.
std::optional<ValueView> json_step(ValueView value, std::string_view step);
/// An element, from the end when `index` is negative.
std::optional<ValueView> json_element(ValueView value, std::int64_t index);

}  // namespace topgun::sql
