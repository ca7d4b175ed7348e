// SPDX-License-Identifier: Apache-2.0
// `bench audit`: its options, and what is said of each round and in the end.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "audit.hpp"
#include "common/exit_code.hpp"
#include "common/streams.hpp"

namespace topgun::cli {

class AuditCommand {
public:
    void add_options(CLI::App& app);
    Result<ExitCode> run(Streams io);

private:
    Status check() const;
    Result<ExitCode> tell(const AuditResult& result, ScratchFolder& scratch, Streams io) const;
    void write_text(const AuditResult& result, Streams io) const;
    void write_json(const AuditResult& result, bool complete, Streams io) const;

    AuditOptions options_;
    std::string data_;
    bool json_ = false, keep_ = false;
};

}  // namespace topgun::cli
