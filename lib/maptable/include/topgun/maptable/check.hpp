// SPDX-License-Identifier: Apache-2.0
// Finds what is wrong with a table, row by row, in memory that does not grow with it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "topgun/base/error.hpp"
#include "topgun/maptable/problem.hpp"
#include "topgun/maptable/row.hpp"

namespace topgun::maptable {

/// Reads a row as RowOps does. An LWW tombstone has an entry without value. Errors: bad_input.
TOPGUN_API Result<serverfiles::StoredRecord> decode_row(Generation generation, const TableRow& row);

/// True when a row that decode_row() refuses is sound but for a stamp or value beyond what clients
/// can read.
TOPGUN_API bool is_beyond_limits(Generation generation, const TableRow& row);

struct Finding {
    Problem problem;
    std::string_view map, key;  ///< The key is empty for what concerns a whole map or table.
    bool is_backup = false;
    std::string what;
};

struct CheckOptions {
    std::uint64_t now_ms = 0;
    std::uint64_t drift_ms = 60'000;     ///< A clock may be ahead by this much.
    std::uint64_t tombstone_age_ms = 0;  ///< Older tombstones are found; 0 finds none.
    bool suspicious = false;             ///< Also look for Problem::suspicious_value.
    /// By map, the dimension of its vector index.
    std::unordered_map<std::string, std::uint32_t> dimensions{};
};

/// A row whose check is done.
struct CheckedRow {
    const TableRow& row;
    const serverfiles::StoredRecord* record;  ///< Null when it cannot be decoded.
    ProblemSet problems;
    /// The removed tags of the map, where they have a row of their own.
    const std::unordered_set<std::string>& removed_tags;
};

/// Takes the rows of a table by map, in a map of a jsonb table the key __tombstones__ first, then
/// by key in byte order, backups behind their primary.
/// Memory: one row, the removed tags of one jsonb map, the keys of the policies.
/// Threads: one owner.
class TOPGUN_API TableChecker {
public:
    using Found = std::function<Status(const Finding&)>;
    using Checked = std::function<Status(const CheckedRow&)>;

    /// @param found    takes each finding; an error ends the check.
    /// @param checked  called behind each row, after its findings; may be empty.
    TableChecker(Generation generation, CheckOptions options, Found found, Checked checked = {});
    ~TableChecker();

    /// Errors: those of `found` and `checked`.
    Status row(const TableRow& row);
    /// A row that cannot be read at all: a column is NULL that must not be.
    Status unreadable(std::string_view map, std::string_view key, std::string what);
    /// What can be said of the last map. Call it once.
    Status finish();

    std::uint64_t rows() const noexcept;
    std::uint64_t maps() const noexcept;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace topgun::maptable
