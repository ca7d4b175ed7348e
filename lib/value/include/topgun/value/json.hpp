// SPDX-License-Identifier: Apache-2.0
// Values as JSON, without loss in either direction.
//
// Plain JSON wherever JSON says the same thing. A float that is whole keeps its point (5.0), an
// integer has none (5). What JSON cannot say becomes an object with one member whose name starts
// with '$':
//   {"$bin":"3q2+7w=="}      bytes, base64 with padding
//   {"$int":"9223372036854775807"}  an integer beyond +-(2^53 - 1), which other tools would round
//   {"$float":"NaN"}         NaN, Infinity, -Infinity
//   {"$ext":[5,"AQ=="]}      a MessagePack extension: type, bytes
//   {"$map":[["$bin",1]]}    a map with exactly one key that starts with '$', so that no data is
//                            ever mistaken for an escape
// An object with several members is a plain map, whatever their names. A plain JSON integer beyond
// 2^53 - 1 is read exactly all the same, up to 64 bits.
#pragma once

#include <string>
#include <string_view>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"

namespace topgun {

/// Appends a canonical value as JSON. Object keys in the value's order (sorted by bytes), no
/// spaces. Text is UTF-8, unescaped except for `"`, `\` and control characters.
/// @pre `canonical` is one canonical value (append_canonical() makes one).
/// Cost: O(bytes). Threads: no shared state.
TOPGUN_API void append_json(BytesView canonical, std::string& out);

/// The same for readers that know no '$' escapes, as JSON.stringify() and a JSONB column have it:
/// bytes as {"0":222,"1":173}, NaN, infinities and extensions as null, -0 as 0, U+0000 as U+FFFD.
/// @return true when parse_plain_json() of the text, also after a way through JSONB, gives the
/// value back.
TOPGUN_API bool append_plain_json(BytesView canonical, std::string& out);

/// Parses one JSON text (RFC 8259) into a canonical value: parse_json() of what append_json() wrote
/// gives the same bytes. Of equal keys in one object the last wins. A \u escape of a surrogate
/// without its other half becomes U+FFFD. A byte order mark at the start is passed over.
/// Errors: bad_input with line, column and what was expected ("line 3, column 14: expected ',' or
/// '}', found 'x'"; columns count characters); limit when the value is nested deeper than 256.
/// An integer beyond 64 bits or a number beyond the range of a double is refused rather than
/// rounded; so are malformed UTF-8, an unknown '$' escape and text after the value.
/// Cost: O(text.size()), plus a sort of the keys of each object that is not sorted already.
/// Memory: in proportion to text.size(). Threads: no shared state.
TOPGUN_API Result<Bytes> parse_json(std::string_view text);

/// As parse_json(), for JSON that others wrote: a member whose name starts with '$' is a member
/// like any other, and an integer beyond 64 bits becomes the nearest double, as in JavaScript.
TOPGUN_API Result<Bytes> parse_plain_json(std::string_view text);

/// Appends `text` as a JSON string, quotes included. Malformed UTF-8 becomes U+FFFD.
TOPGUN_API void append_json_string(std::string_view text, std::string& out);

/// Standard base64 with padding (RFC 4648, section 4).
TOPGUN_API std::string base64_encode(BytesView bytes);
/// Accepts exactly what base64_encode() writes: one spelling for each byte string.
/// Errors: bad_input at the first character that does not belong.
TOPGUN_API Result<Bytes> base64_decode(std::string_view text);
/// The form for addresses and tokens, without padding (RFC 4648, section 5).
TOPGUN_API std::string base64url_encode(BytesView bytes);
/// Accepts exactly what base64url_encode() writes. Errors: bad_input.
TOPGUN_API Result<Bytes> base64url_decode(std::string_view text);

}  // namespace topgun
