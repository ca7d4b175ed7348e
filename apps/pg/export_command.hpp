// SPDX-License-Identifier: Apache-2.0
// `pg export`: its options, and what is said of the result.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "common/exit_code.hpp"
#include "common/streams.hpp"
#include "topgun/pg/export.hpp"

namespace topgun::cli {

class ExportCommand {
public:
    void add_options(CLI::App& app);
    Result<ExitCode> run(Streams io);

private:
    Status check() const;
    Result<ExitCode> tell(const pg::ExportReport& report, Streams io) const;
    void tell_kept(Streams io) const;
    void write_text(const pg::ExportReport& report, Streams io) const;
    Status write_json(const SnapshotReader& snapshot, const pg::ExportReport& report, bool complete,
                      Streams io) const;

    pg::ExportOptions options_;
    bool json_ = false;
};

}  // namespace topgun::cli
