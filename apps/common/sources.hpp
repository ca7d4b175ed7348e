// SPDX-License-Identifier: Apache-2.0
// How commands open sources: the same options, progress and reports of damage everywhere.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/exit_code.hpp"
#include "common/json_writer.hpp"
#include "common/options.hpp"
#include "common/progress.hpp"
#include "common/streams.hpp"
#include "topgun/source/source.hpp"

namespace topgun::cli {

/// Options of a command that reads sources.
struct ReadingOptions {
    SourceOptions source;
    bool salvage = false;
    std::string default_map;
};
/// --format, --map, --salvage, --default-map.
void add_reading_options(CLI::App& app, ReadingOptions& options);

/// What the library needs to know of them. Errors: usage for an unknown format.
Result<ReadOptions> read_options(const ReadingOptions& options);

/// Warns of everything that could not be read. @return incomplete if there was anything.
ExitCode tell_damage(const ReadReport& report, Streams io);

/// Says which of the `wanted` maps none of the states has, so that a mistyped --map does not pass
/// for an empty result. @return whether all are there; true when none is wanted by name.
bool tell_missing_maps(const std::vector<std::string>& wanted,
                       const std::vector<const StateReader*>& states, Streams io);

/// Opens a source with a progress line, and tells its damage; `worst` gets worse accordingly.
Result<Source> open_reported(const std::string& path, const ReadOptions& options, Streams io,
                             ExitCode& worst);

/// "1700000000000:0:node-a", or an empty string for no stamp.
std::string stamp_text(const Stamp& stamp);

/// Writes a row's fields into an open JSON object: key, value or deleted, ts, ttlMs, tag.
void row_fields(JsonWriter& json, MapKind kind, const Row& row);

/// A value as one line of JSON for people, cut at `columns_max`.
std::string value_text(BytesView value, std::size_t columns_max);

/// A function that writes bytes to standard output, for the library's writers.
std::function<Status(BytesView)> stdout_writer(Streams io);

}  // namespace topgun::cli
