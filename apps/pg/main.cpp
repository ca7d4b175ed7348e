// SPDX-License-Identifier: Apache-2.0
// topgun-cli pg: what operators of TopGun's databases need.
#include "common/command.hpp"
#include "export_command.hpp"
#include "import_command.hpp"

namespace topgun::cli {
namespace {

class Pg final : public Command {
public:
    const char* name() const noexcept override { return "pg"; }
    const char* summary() const noexcept override {
        return "Export and import the tables of TopGun's servers in PostgreSQL";
    }
    const char* examples() const noexcept override {
        return "topgun-cli pg export postgres://localhost/app -o nightly.tgs\n"
               "topgun-cli pg export postgres://localhost/app#old.topgun_maps -o old.tgs --json\n"
               "topgun-cli pg import nightly.tgs postgres://localhost/copy";
    }
    void add_options(CLI::App& app) override {
        export_ = app.add_subcommand("export", "Write a table's maps to a snapshot");
        export_command_.add_options(*export_);
        import_ = app.add_subcommand("import", "Merge a source into a table");
        import_command_.add_options(*import_);
        app.require_subcommand(1);
    }

    Result<ExitCode> run(Streams io) override {
        return import_->parsed() ? import_command_.run(io) : export_command_.run(io);
    }

private:
    CLI::App* export_ = nullptr;
    CLI::App* import_ = nullptr;
    ExportCommand export_command_;
    ImportCommand import_command_;
};

}  // namespace
}  // namespace topgun::cli

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::Pg>(argc, argv);
}
