// SPDX-License-Identifier: Apache-2.0
// Texts of a dump to values of a type: the inverse of PostgreSQL's output functions.
#pragma once

#include <span>

#include "row_reader.hpp"
#include "topgun/column/column.hpp"

namespace topgun::pgdump {

/// Why a value could not be decoded, and in which of the fields.
struct DecodeFault {
    std::size_t row = 0;
    Errc code = Errc::bad_input;
    std::string what;
};

/// Appends fields to a column of the type that it has; texts are shared, not copied.
/// @param check_utf8  whether texts may be malformed.
/// @return false with `fault` set at the first that cannot be decoded.
bool decode_fields(std::span<const Field> fields, bool check_utf8, Column& out, DecodeFault& fault);

/// Decodes bytea: "\x6869", or the older form with \\ and \ooo. False when malformed. @param out
/// room for text.size() bytes. @param size  receives how many are used.
bool decode_bytea(std::string_view text, char* out, std::size_t& size) noexcept;

/// An array as PostgreSQL writes it, {1,"b c",NULL} or [0:1]={1,2}, as a canonical MessagePack
/// array of arrays. Errors: bad_input, limit.
Result<Bytes> decode_array(std::string_view text, TypeId element);

}  // namespace topgun::pgdump
