// SPDX-License-Identifier: Apache-2.0
// What can stand behind FROM: columns with types, and rows in parts that may be read at once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/column/column.hpp"

namespace topgun::sql {

struct TableColumn {
    std::string name;
    DataType type;
    bool hidden = false;  ///< Left out of `*`.
    bool not_null = false;
};

/// Reads one part of a table. Threads: one owner.
class TableScan {
public:
    virtual ~TableScan();
    /// The next rows, kBatchRows at most; the batch has the columns asked for, and owns what it
    /// needs. False at the end.
    virtual Result<bool> next(Batch& out) = 0;
};

/// What a scan may use to read less. All of it is checked again above.
struct ScanHints {
    /// Only records with one of these keys. Empty optional: all.
    std::optional<std::vector<std::string>> keys;
};

/// Threads: const members may run concurrently, while nobody writes.
class Table {
public:
    virtual ~Table();
    virtual const std::string& name() const = 0;
    virtual const std::vector<TableColumn>& columns() const = 0;
    /// Where known without reading.
    virtual std::optional<std::uint64_t> rows() const = 0;
    /// @param columns  indexes into columns(), in the order wanted.
    /// @param part     of `parts`, which together have each row once.
    virtual Result<std::unique_ptr<TableScan>> scan(std::span<const std::size_t> columns,
                                                    std::size_t part, std::size_t parts,
                                                    const ScanHints& hints) const = 0;
};

}  // namespace topgun::sql
