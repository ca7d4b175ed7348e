// SPDX-License-Identifier: Apache-2.0
// The '$' escapes of our JSON: what each stands for, apart from the grammar of JSON itself.
#pragma once

#include <string_view>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun {

/// Appends the value that an escape stands for.
/// @param escape  an encoded map with one entry whose key starts with '$'; must not lie in `out`.
/// Errors: bad_input (the message says what the escape takes), limit (nested too deep).
Status append_unescaped(BytesView escape, Bytes& out);

/// Appends the integer "-12" exactly; false when it does not fit into 64 bits.
/// @pre `digits` is an optional '-' and at least one decimal digit.
bool append_integer(std::string_view digits, msgpack::Writer& writer);

}  // namespace topgun
