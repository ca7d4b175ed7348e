// SPDX-License-Identifier: Apache-2.0
// topgun-cli bench: what an endpoint bears, and whether it keeps what it acknowledges.
#include "audit_command.hpp"
#include "common/command.hpp"
#include "serve_bench.hpp"

namespace topgun::cli {
namespace {

class Bench final : public Command {
public:
    const char* name() const noexcept override { return "bench"; }
    const char* summary() const noexcept override {
        return "Measure an endpoint under load, and audit its durability";
    }
    const char* examples() const noexcept override {
        return "topgun-cli bench serve --data /var/tmp\n"
               "topgun-cli bench serve --connections 64 --rate 200k --max-p99 10ms\n"
               "topgun-cli bench serve ws://127.0.0.1:8080 --duration 10s --json\n"
               "topgun-cli bench audit --kills 50";
    }
    void add_options(CLI::App& app) override {
        serve_ = app.add_subcommand("serve", "Measure throughput and latency of an endpoint");
        serve_bench_.add_options(*serve_);
        audit_ = app.add_subcommand("audit", "Kill an endpoint under load, and prove what it kept");
        audit_command_.add_options(*audit_);
        app.require_subcommand(1);
    }

    Result<ExitCode> run(Streams io) override {
        return audit_->parsed() ? audit_command_.run(io) : serve_bench_.run(io);
    }

private:
    CLI::App* serve_ = nullptr;
    CLI::App* audit_ = nullptr;
    ServeBench serve_bench_;
    AuditCommand audit_command_;
};

}  // namespace
}  // namespace topgun::cli

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::Bench>(argc, argv);
}
