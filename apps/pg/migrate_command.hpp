// SPDX-License-Identifier: Apache-2.0
// `pg migrate`: its options, and what is said of the result.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "common/exit_code.hpp"
#include "common/streams.hpp"
#include "topgun/pg/migrate.hpp"

namespace topgun::cli {

class MigrateCommand {
public:
    void add_options(CLI::App& app);
    Result<ExitCode> run(Streams io);

private:
    void tell(const pg::MigrateReport& report, Streams io) const;
    void write_json(const pg::MigrateReport& report, bool complete, Streams io) const;

    pg::MigrateOptions options_;
    bool json_ = false;
};

}  // namespace topgun::cli
