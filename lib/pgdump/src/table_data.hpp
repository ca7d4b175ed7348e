// SPDX-License-Identifier: Apache-2.0
// What a dump holds, as far as it was found out by reading it once: tables and where their rows
// lie.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "topgun/base/file.hpp"
#include "topgun/pgdump/dump.hpp"

namespace topgun::pgdump {

/// How rows of a table are written in one COPY, or in INSERTs that begin alike.
struct Layout {
    bool copy = true;
    bool backslashes = false;     ///< INSERT: plain strings have escapes.
    std::size_t header_size = 0;  ///< INSERT: bytes up to and with VALUES.
    std::string header;           ///< INSERT: these bytes.
    bool default_values = false;  ///< INSERT ... DEFAULT VALUES.
    /// Names of the columns; empty when all are meant. A name without letters is none of the
    /// table's.
    std::vector<std::string> names;
    bool all_columns = false;
    std::string unsupported;  ///< An option that cannot be read, such as "FORMAT csv".
};

/// Rows of one layout behind each other: what is read at once.
struct Run {
    std::uint64_t offset = 0, length = 0;
    std::uint64_t line = 0;
    std::uint64_t rows = 0;
    std::uint32_t layout = 0;
};

struct TableData {
    std::vector<Layout> layouts;
    std::vector<Run> runs;
    std::vector<std::size_t> children;
};

/// Bytes of rows that are read at once: few enough to stay in the cache, and to be kept for the
/// texts of one row.
inline constexpr std::size_t kRunSize = std::size_t{256} << 10;

/// A dump that was read once. Shared by its scans, which may outlive the Dump.
struct DumpState {
    explicit DumpState(InputFile input) : file(std::move(input)) {}

    InputFile file;
    std::string name;
    std::vector<DumpTable> tables;
    std::vector<TableData> data;  ///< One for each table.
    std::vector<std::string> damage;

    /// Adds the table and all below it, each once.
    void collect(std::size_t table, std::vector<std::size_t>& out) const;
};

/// What a dump was opened as.
std::shared_ptr<const DumpState> state_of(const Dump& dump);

}  // namespace topgun::pgdump
