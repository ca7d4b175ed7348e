// SPDX-License-Identifier: Apache-2.0
// `pg check`: its options, and what is said of the findings.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/exit_code.hpp"
#include "common/streams.hpp"
#include "finding_report.hpp"
#include "topgun/clock/timestamp.hpp"
#include "topgun/pg/check.hpp"

namespace topgun::cli {

class CheckCommand {
public:
    void add_options(CLI::App& app);
    Result<ExitCode> run(Streams io);

private:
    Status prepare();
    Status check(pg::Connection& connection, FindingReport& found, Streams io);
    Status compare(pg::Connection& connection, Streams io);
    void print_text(const FindingReport& found, Streams io) const;
    void print_json(const FindingReport& found, Streams io) const;
    ExitCode verdict(const FindingReport& found, Streams io) const;

    std::string url_, against_;
    std::vector<std::string> classes_;
    maptable::Severity severity_ = maptable::Severity::notice;
    std::uint64_t samples_ = 5;
    bool all_ = false, json_ = false, ndjson_ = false;
    std::optional<Timestamp> now_;
    pg::TableCheckOptions options_;

    std::string database_;
    pg::MapTable table_;
    pg::TableCheckReport report_;
    bool against_read_ = true;
};

}  // namespace topgun::cli
