// SPDX-License-Identifier: Apache-2.0
// SQLite files as sources: a seam, because libsqlite3 is loaded only when asked for.
#pragma once

#include <string>
#include <vector>

#include "topgun/source/source.hpp"

namespace topgun {

struct SqliteFile {
    std::string path;
    std::string name;   ///< For messages.
    std::string table;  ///< Empty: the one that holds maps.
};

/// Threads: each call by itself; calls may run concurrently.
class TOPGUN_API SqliteAccess {
public:
    virtual ~SqliteAccess();
    /// Reads the maps of a file op by op. Errors: those of sqlitefile::read_map_ops().
    virtual Status read(const SqliteFile& file, const ReadOptions& options, const OpVisitor& visit,
                        ReadReport& report) = 0;
    /// Appends what SQLite's own check of the whole file finds. Errors: those of
    /// sqlitefile::check_file().
    virtual Status check(const SqliteFile& file, std::vector<std::string>& damage) = 0;
};

/// Loads libtopgun-sqlitefile, which stands beside this library, once. Errors: not_found when it is
/// not installed.
TOPGUN_API Result<SqliteAccess*> sqlite_access();

}  // namespace topgun
