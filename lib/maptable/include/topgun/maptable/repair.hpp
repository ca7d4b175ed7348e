// SPDX-License-Identifier: Apache-2.0
// What a row with findings is to become: pure decisions, carried out by those who have the table.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "topgun/maptable/check.hpp"

namespace topgun::maptable {

/// A TableRow that owns what it says.
class TOPGUN_API RowCopy {
public:
    RowCopy() = default;
    explicit RowCopy(const TableRow& row);
    /// Of this object, as long as it stays where it is.
    TableRow view() const;

private:
    TableRow numbers_;
    std::string map_, key_, node_;
    std::optional<std::string> value_;
};

/// What becomes of one row. Columns that are not named stay as they are.
struct RowFix {
    enum class Action : std::uint8_t {
        update,
        remove,  ///< The row goes; who carries it out keeps a copy of it.
        insert,  ///< There is no such row yet.
    };
    Action action = Action::update;
    ProblemSet problems;  ///< What it repairs.

    // Of a bytea table.
    std::optional<Bytes> value;
    std::optional<std::int64_t> expiration, created_at, updated_at;
    bool promote = false;  ///< is_backup becomes false.
    // Of a jsonb table.
    bool null_value = false;  ///< value becomes JSON's null.
    std::optional<bool> deleted;
    /// Of the list in `value`, these elements stay, counted from 1.
    std::optional<std::vector<std::size_t>> kept;
    std::string_view list;  ///< "records" or "tags".
};

/// A fix, and the row as it was seen. For an insertion that has map and key alone.
struct PlannedFix {
    RowCopy row;
    RowFix fix;
};

struct RepairOptions {
    ProblemSet problems;         ///< What is to be repaired; see safe_repairs().
    bool clear_expired = false;  ///< Clear the expiration of an expired row instead of deleting it.
};

/// Those with Repair::safe.
TOPGUN_API ProblemSet safe_repairs() noexcept;

/// Takes the rows and findings of a TableChecker, and says what is to be done.
/// Memory: two rows; the policies of a server.
/// Threads: one owner.
class TOPGUN_API RepairPlanner {
public:
    using Planned = std::function<Status(const PlannedFix&)>;

    /// @param check    what the checker is given: its clock and ages decide here, too.
    /// @param planned  takes each fix; an error ends the planning.
    RepairPlanner(Generation generation, const CheckOptions& check, const RepairOptions& options,
                  Planned planned);
    ~RepairPlanner();

    /// For TableChecker's two callbacks. Errors: those of `planned`.
    Status finding(const Finding& finding);
    Status row(const CheckedRow& checked);
    /// Call it behind TableChecker::finish().
    Status finish();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace topgun::maptable
