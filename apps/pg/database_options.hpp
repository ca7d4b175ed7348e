// SPDX-License-Identifier: Apache-2.0
// What the subcommands of pg share: the database that they are given, and lists of problems.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/pg/map_table.hpp"

namespace topgun::cli {

/// The required argument DATABASE.
void add_database_argument(CLI::App& app, std::string& url);
/// -j, --jobs: how many connections, 64 at most.
void add_jobs_option(CLI::App& app, unsigned& jobs, const std::string& description);
/// An option that takes any source, with completion.
CLI::Option* add_source_option(CLI::App& app, const std::string& names, std::string& path,
                               const std::string& description);

/// Connects; Ctrl-C then ends the statement at hand. Errors: those of pg::Connection::open().
Result<std::unique_ptr<pg::Connection>> open_database(const std::string& url, bool read_only);
/// The table that the URL names. Errors: as pg::choose_map_table(), with the database.
Result<pg::MapTable> choose_table(pg::Connection& connection, const std::string& url);

/// "jsonb", "bytea".
std::string_view generation_word(maptable::Generation generation);

/// Words of lists that commas separate.
std::vector<std::string> split_words(const std::vector<std::string>& lists);

}  // namespace topgun::cli
