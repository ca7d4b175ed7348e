// SPDX-License-Identifier: Apache-2.0
// `pg import`: its options, and what is said of the result.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "common/sources.hpp"
#include "common/streams.hpp"
#include "topgun/pg/gathered_state.hpp"
#include "topgun/pg/import.hpp"

namespace topgun::cli {

class ImportCommand {
public:
    void add_options(CLI::App& app);
    Result<ExitCode> run(Streams io);

private:
    Status import_snapshot(const FoundSource& source, const ReadOptions& reading, Streams io);
    Status import_ops(const FoundSource& source, ReadOptions reading, Streams io);
    Result<pg::ImportReport> overwrite_by(const pg::OpReader& read, pg::GatheredState& all,
                                          const StateReader*& state) const;
    Status verify(const StateReader& state, Streams io);
    void tell(Streams io) const;
    void write_json(bool complete, Streams io) const;

    ReadingOptions reading_;
    std::string source_;
    pg::ImportOptions options_;
    bool unverified_ = false;
    bool json_ = false;
    ExitCode code_ = ExitCode::ok;
    pg::ImportReport report_;
    std::optional<IncomingCounts> missing_;
};

}  // namespace topgun::cli
