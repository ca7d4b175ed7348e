// SPDX-License-Identifier: Apache-2.0
// topgun-cli pg: what operators of TopGun's databases need.
#include "common/command.hpp"
#include "export_command.hpp"

namespace topgun::cli {
namespace {

class Pg final : public Command {
public:
    const char* name() const noexcept override { return "pg"; }
    const char* summary() const noexcept override {
        return "Export the tables of TopGun's servers in PostgreSQL";
    }
    const char* examples() const noexcept override {
        return "topgun-cli pg export postgres://localhost/app -o nightly.tgs\n"
               "topgun-cli pg export postgres://localhost/app#old.topgun_maps -o old.tgs --json";
    }
    void add_options(CLI::App& app) override {
        export_ = app.add_subcommand("export", "Write a table's maps to a snapshot");
        export_command_.add_options(*export_);
        app.require_subcommand(1);
    }

    Result<ExitCode> run(Streams io) override { return export_command_.run(io); }

private:
    CLI::App* export_ = nullptr;
    ExportCommand export_command_;
};

}  // namespace
}  // namespace topgun::cli

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::Pg>(argc, argv);
}
