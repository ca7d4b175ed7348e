// SPDX-License-Identifier: Apache-2.0
// PostgreSQL's dumps as tables: what pg_dump wrote is read where it lies, without a server.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/base/export.hpp"
#include "topgun/column/column.hpp"

namespace topgun::pgdump {

struct DumpColumn {
    std::string name;
    std::string type_name;  ///< As the dump spells it: "character varying(20)".
    DataType type;          ///< What scans give; types without a counterpart are text.
    bool not_null = false;
    bool primary_key = false;
    bool generated = false;  ///< Computed by the server and not dumped: NULL in every row.
};

struct DumpTable {
    std::string database;  ///< Named by \connect; empty when the dump is of one database.
    std::string schema;
    std::string name;
    std::vector<DumpColumn> columns;
    /// Rows that a scan gives: its own, and those of its partitions and of tables that inherit
    /// from it, as SELECT has it.
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;  ///< Of these rows in the dump.
    /// Tables whose scans give this one's rows, too: the table that it is a partition of, or those
    /// that it inherits from.
    std::vector<std::size_t> parents;
    bool declared = true;  ///< False in a dump of data only: all columns are text then.
};

struct DumpOptions {
    /// What messages call the dump, when that is not its path.
    std::string name;
    /// Pass over what is damaged, and list it in Dump::damage(), instead of failing.
    bool keep_going = false;
    /// Bytes read since the last call; an error ends the reading.
    std::function<Status(std::uint64_t)> progress;
};

/// Reads rows of one table, or a part of them. Threads: one owner; scans of one dump are
/// independent of each other.
class TOPGUN_API DumpScan {
public:
    virtual ~DumpScan();
    /// The next rows, kBatchRows at most. The batch owns what it points into: texts mostly are
    /// views of the piece of the file that was read, which lives as long as the batch.
    /// @return false at the end. Errors: bad_input or limit, with file, byte offset, line, table
    /// and column: a value that its type cannot hold, such as a numeric of more than 38 digits, an
    /// infinite timestamp, or text that is not UTF-8; io. An error ends the scan.
    virtual Result<bool> next(Batch& out) = 0;
};

/// An opened dump. Opening reads the file once and remembers where each table's rows lie; scans
/// read only those. Threads: const members may run concurrently.
class TOPGUN_API Dump {
public:
    /// Opens what pg_dump or pg_dumpall wrote: plain text with COPY or INSERT; the custom, tar and
    /// directory formats through the program pg_restore, which must be installed.
    /// @param path  a file, or the folder of the directory format.
    /// Errors: not_found, io; bad_input with offset and line: cut short, not UTF-8; usage when
    /// pg_restore is needed and missing.
    /// Cost: O(bytes of the file), several hundred MB/s. Memory: O(tables), and 40 bytes for each
    /// 256 KiB of rows.
    static Result<std::shared_ptr<const Dump>> open(const std::string& path,
                                                    const DumpOptions& options = {});
    virtual ~Dump();

    /// What messages call it.
    virtual const std::string& name() const noexcept = 0;
    /// In the order in which the dump names them.
    virtual const std::vector<DumpTable>& tables() const noexcept = 0;
    /// With keep_going: what was passed over, with its place.
    virtual const std::vector<std::string>& damage() const noexcept = 0;
    /// A table by name; an empty `schema` is any, where that leaves one only.
    std::optional<std::size_t> find(std::string_view schema, std::string_view table) const;

    /// Rows of a table, in the dump's order.
    /// @param columns  indexes into its columns, in the order wanted. Without any, rows are counted
    ///                 and not read.
    /// @param part     of `parts`, which together have each row once. @pre part < parts.
    virtual Result<std::unique_ptr<DumpScan>> scan(std::size_t table,
                                                   std::span<const std::size_t> columns,
                                                   std::size_t part = 0,
                                                   std::size_t parts = 1) const = 0;
};

/// True when a file begins as a dump does: of plain text, or of the custom or tar format.
/// @param head  the first bytes; 512 or more tell best.
TOPGUN_API bool looks_like_dump(BytesView head) noexcept;

/// True for the folder of a dump of the directory format: it holds a toc.dat.
TOPGUN_API bool is_dump_directory(const std::string& path);

}  // namespace topgun::pgdump
