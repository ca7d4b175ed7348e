// SPDX-License-Identifier: Apache-2.0
// One form per value: what peers encode differently must be the same bytes once it is stored.
#pragma once

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun {

/// Reads one value and appends it to `out` in canonical form:
/// smallest headers and integers; floats as float64 (whole floats stay floats, one NaN); map keys
/// strings, sorted by bytes, each once (the last one wins, as in JavaScript); strings valid UTF-8
/// (surrogates that JavaScript peers encode as three bytes each are joined, or become U+FFFD).
/// An integer or other scalar key is replaced by its text, as both TopGun codecs do; extension
/// type 0 with one zero byte, JavaScript's undefined, becomes nil.
///
/// @return false with reader.fault() set: truncated, too_deep, bad_utf8, reserved_byte, wrong_kind
///         (a container, binary or extension as a map key). `out` is then as it was before.
/// Cost: O(bytes), plus a sort of the keys of each map that is not sorted already. A value that is
/// canonical already is checked and copied, about three times as fast.
TOPGUN_API bool append_canonical(msgpack::Reader& reader, Bytes& out);

/// The same without a copy where none is needed.
/// @param value  views the input when the value is canonical already, otherwise `scratch`, whose
///               former content is gone.
TOPGUN_API bool read_canonical(msgpack::Reader& reader, BytesView& value, Bytes& scratch);

/// True when `input` is exactly one value that is canonical already. Cost: O(bytes).
TOPGUN_API bool is_canonical(BytesView input) noexcept;

/// Canonical form of exactly one value. Errors: as above, and trailing bytes.
TOPGUN_API Result<Bytes> canonical(BytesView input);

/// A string from outside as UTF-8: unchanged if well-formed; CESU-8 surrogates joined or replaced.
/// @return false when it is malformed in any other way.
/// @param scratch  receives the repaired text when one is needed; `text` then views it.
TOPGUN_API bool accept_text(std::string_view& text, Bytes& scratch);

}  // namespace topgun
