// SPDX-License-Identifier: Apache-2.0
// The files of TopGun's Rust server as sources.
#pragma once

#include <string>

#include "topgun/source/source.hpp"

namespace topgun::source {

/// Finds out whether a folder is a server's log, or has a server's file in it; `path` and `format`
/// are then those.
bool locate_server_files(Format wanted, std::string& path, Format& format);

/// The folder of a log beside a server's file; empty when there is none.
std::string log_beside(const std::string& database);

struct ServerFiles {
    std::string path;
    std::string name;  ///< For messages.
    Format format = Format::redb;
    bool with_log = true;  ///< Of a database: what is in the folder of a log beside it, too.
};

/// @param as_state  of a log alone, what its entries make together, instead of one by one.
Status read_server_files(const ServerFiles& files, const ReadOptions& options, bool as_state,
                         const OpVisitor& visit, ReadReport& report);

}  // namespace topgun::source
