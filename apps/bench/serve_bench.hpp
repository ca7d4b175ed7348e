// SPDX-License-Identifier: Apache-2.0
// `bench serve`: its options, one run, and what is said about it.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/connect_options.hpp"
#include "common/exit_code.hpp"
#include "common/streams.hpp"
#include "load.hpp"
#include "server_process.hpp"

namespace topgun::cli {

class ServeBench {
public:
    void add_options(CLI::App& app);
    Result<ExitCode> run(Streams io);

private:
    // What the two processes used between the end of the warm-up and of the load.
    struct Used {
        ProcessUse server_before, server_after;
        ProcessUse own_before, own_after;
        std::uint64_t begin_ns = 0, end_ns = 0;
        /// Cores, on average.
        double cores(const ProcessUse& before, const ProcessUse& after) const noexcept;
    };
    Status check() const;
    Result<net::Url> prepare(Streams io);
    Result<LoadResult> load(const net::Url& url, std::string token, Streams io);
    std::vector<std::string> faults(const LoadResult& result) const;
    std::vector<std::string> missed(const LoadResult& result) const;
    Result<ExitCode> tell(const LoadResult& result, Streams io) const;
    void write_text(const LoadResult& result, Streams io) const;
    void write_histogram(const LoadResult& result, Streams io) const;
    void write_json(const LoadResult& result, bool complete, Streams io) const;
    std::string durability(const LoadResult& result) const;

    std::string url_, data_, storage_, fsync_ = "batch", mix_;
    LoadOptions load_;
    std::uint64_t min_rate_ = 0, max_p99_ms_ = 0;
    bool json_ = false, histogram_ = false;
    ConnectOptions connection_;
    std::optional<ScratchFolder> scratch_;
    std::optional<ServerProcess> server_;
    Used used_;
    CLI::Option* duration_ = nullptr;
};

}  // namespace topgun::cli
