// SPDX-License-Identifier: Apache-2.0
// Places inside values by dotted paths, and values made from others.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::sync {

/// Empty for what JavaScript calls undefined.
using Value = std::optional<ValueView>;
using Path = std::vector<std::string_view>;

inline Error refused(std::string what) {
    return Error(Errc::bad_input, std::move(what));
}

/// A value that a function writes. Maps need not be in canonical order yet.
inline Bytes made(auto&& write) {
    Bytes out;
    msgpack::Writer writer(out);
    write(writer);
    return out;
}

/// Splits "a.b.0" at its dots; views `text`. Errors: bad_input when it is no text, limit when it
/// has more than 32 parts.
Result<Path> path_of(const Value& text);

/// What stands there. Arrays take indices.
Value find_property(const Value& value, const Path& path);

/// The value with `next` where the path leads. Fields that are not there are made, as maps.
/// Errors: bad_input for a path through what has no fields, or beyond an array's end.
Result<Bytes> with_property(const Value& value, const Path& path, const ValueView& next);

/// The value without what the path leads to. @pre find_property() finds it.
Bytes without_property(const ValueView& value, const Path& path);

/// The fields of two maps, those of `over` where both have one. @pre both are canonical.
/// Cost: O(both).
Bytes merged(const Value& base, const Value& over);

}  // namespace topgun::sync
