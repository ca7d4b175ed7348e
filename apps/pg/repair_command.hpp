// SPDX-License-Identifier: Apache-2.0
// `pg repair`: its options, what it would do or did, its runs, and undoing one.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/exit_code.hpp"
#include "common/json_writer.hpp"
#include "common/streams.hpp"
#include "topgun/clock/timestamp.hpp"
#include "topgun/pg/repair.hpp"

namespace topgun::cli {

class RepairCommand {
public:
    void add_options(CLI::App& app);
    Result<ExitCode> run(Streams io);

private:
    Status prepare();
    Result<ExitCode> repair(pg::Connection& reader, Streams io);
    Result<ExitCode> list(pg::Connection& connection, Streams io) const;
    Result<ExitCode> undo(pg::Connection& connection, Streams io) const;
    void print_text(Streams io) const;
    void print_json(Streams io) const;
    ExitCode verdict(Streams io) const;
    std::uint64_t left() const;

    std::string url_, undo_;
    std::vector<std::string> classes_, fixes_;
    bool apply_ = false, list_ = false, force_ = false, json_ = false;
    std::optional<Timestamp> now_;
    pg::TableRepairOptions options_;

    std::string database_;
    pg::MapTable table_;
    pg::TableRepairReport report_;
};

}  // namespace topgun::cli
