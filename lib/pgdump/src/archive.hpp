// SPDX-License-Identifier: Apache-2.0
// Dumps that are no plain text: PostgreSQL's own program turns them into it.
#pragma once

#include <string>

#include "topgun/base/error.hpp"
#include "topgun/base/file.hpp"

namespace topgun::pgdump {

/// Opens a dump as plain text: a plain file as it is, the other formats through pg_restore into a
/// temporary file without a name.
/// Errors: not_found, io; usage when pg_restore is needed and missing; bad_input with what
/// pg_restore says.
Result<InputFile> open_plain(const std::string& path, const std::string& name);

}  // namespace topgun::pgdump
