// SPDX-License-Identifier: Apache-2.0
// Values and numbers as JavaScript prints them: OR-Map tries hash that text.
#pragma once

#include <string>

#include "topgun/base/bytes.hpp"
#include "topgun/base/export.hpp"

namespace topgun {

/// A number as String(value) gives it in JavaScript: "5", "1e+21", "-0" as "0", "NaN".
/// Source: ECMA-262, Number::toString, radix 10.
TOPGUN_API std::string js_number_text(double value);

/// Appends the text that TopGun's client hashes for a value in an OR-Map: strings raw, other
/// scalars as JavaScript prints them, containers as JSON whose property names are limited, at every
/// depth, to the top-level ones (JSON.stringify with a list of names). For an array that list is
/// its indices, so objects inside it keep only properties named like indices.
///
/// Binary counts as the object {"0":byte,...}, as a browser sees it. An integer beyond 2^53 prints
/// as the double that JavaScript holds. An extension counts as null.
/// @pre `value` is canonical.
/// Source: TopGun packages/core/src/ORMapMerkle.ts; reference vectors in tests/unit/value.
TOPGUN_API void append_js_value_text(BytesView value, std::string& out);

/// Appends `text` as a JSON string with JSON.stringify's escapes.
TOPGUN_API void append_js_string(std::string_view text, std::string& out);

}  // namespace topgun
