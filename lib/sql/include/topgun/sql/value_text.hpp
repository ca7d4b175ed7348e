// SPDX-License-Identifier: Apache-2.0
// Values of columns as people read them, in PostgreSQL's spelling.
#pragma once

#include <string>

#include "topgun/base/bytes.hpp"
#include "topgun/base/export.hpp"
#include "topgun/column/column.hpp"

namespace topgun::sql {

/// A value as PostgreSQL writes it. @pre it is not NULL. Threads: no shared state.
TOPGUN_API std::string value_text(const Column& column, std::size_t row);

/// Appends a value as MessagePack, as to_jsonb() has it: what JSON has no type for becomes text,
/// NULL becomes nil. Canonical. Threads: no shared state.
TOPGUN_API void append_value(const Column& column, std::size_t row, Bytes& out);

}  // namespace topgun::sql
