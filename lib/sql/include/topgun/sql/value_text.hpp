// SPDX-License-Identifier: Apache-2.0
// Values of columns as people read them, in PostgreSQL's spelling.
#pragma once

#include <string>

#include "topgun/base/export.hpp"
#include "topgun/column/column.hpp"

namespace topgun::sql {

/// A value as PostgreSQL writes it. @pre it is not NULL. Threads: no shared state.
TOPGUN_API std::string value_text(const Column& column, std::size_t row);

}  // namespace topgun::sql
