// SPDX-License-Identifier: Apache-2.0
#include "topgun/source/sqlite_access.hpp"

#include "library.hpp"

namespace topgun {

SqliteAccess::~SqliteAccess() = default;

Result<SqliteAccess*> sqlite_access() {
    static const auto library = source::Loaded<SqliteAccess>::from(
        "libtopgun-sqlitefile.so." TOPGUN_SOVERSION, "topgun_sqlitefile_access");
    return library.get("SQLite files need libtopgun-sqlitefile: ");
}

}  // namespace topgun
