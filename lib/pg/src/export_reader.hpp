// SPDX-License-Identifier: Apache-2.0
// One of the connections that read an export's units.
#pragma once

#include <atomic>
#include <memory>

#include "export_parts.hpp"
#include "export_plan.hpp"
#include "topgun/pg/export.hpp"

namespace topgun::pg {

/// Opens a transaction that only reads. As pg_dump does, it lifts what an administrator may have
/// set against idle and long ones, and fails where rows would be hidden from this user.
/// @param snapshot  another session's moment; empty for one of its own.
Result<std::unique_ptr<Connection>> open_session(const ExportOptions& options,
                                                 std::function<bool()> stop,
                                                 const std::string& snapshot);

/// What the readers of one export share. The constant part is set before they begin.
struct ReadingShare {
    const ExportOptions& options;
    ExportParts& parts;
    MapTable table;
    TablePlan plan;
    std::string snapshot;
    /// For each unit, and last for what is kept beside the table: rows of which older transactions
    /// are there. Nothing: of none.
    std::vector<std::optional<std::uint64_t>> since;
    std::atomic<std::uint64_t> next_unit{0};
    std::atomic<bool> failed{false};

    bool stopping() const { return failed || (options.stop && options.stop()); }
};

/// Threads: one owner at a time.
class UnitReader {
public:
    explicit UnitReader(ReadingShare& share);
    /// Takes units until none is left. Errors: those of the connection, the rows and the parts.
    Status run();
    /// Moves what is in memory to the parts.
    Status finish_part();
    /// What is still in memory, and the part to which it belongs.
    GatheredRows& rows() noexcept { return rows_; }
    const ExportPart& part() const noexcept { return part_; }
    /// Rows read by this.
    std::uint64_t rows_read() const noexcept { return rows_read_; }

private:
    Status read_units();
    Status read_unit(std::uint64_t unit);
    Status read_once(std::uint64_t unit, maptable::ReadReport& read);
    bool may_try_again(const Error& error) const;
    Status wait_before(unsigned attempt) const;
    Status connect();
    Status take(const Op& op);
    Status spill();
    bool full() const { return rows_.memory() > memory_max_; }

    ReadingShare& share_;
    const std::uint64_t memory_max_;
    std::unique_ptr<Connection> connection_;
    bool was_connected_ = false;
    ExportPart part_;
    GatheredRows rows_;
    std::uint64_t bytes_unchecked_ = 0;
    std::uint64_t told_ = 0;  // rows of the unit that progress() has heard of
    std::uint64_t rows_read_ = 0;
};

}  // namespace topgun::pg
