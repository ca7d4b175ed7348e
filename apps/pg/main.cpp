// SPDX-License-Identifier: Apache-2.0
// topgun-cli pg: what operators of TopGun's databases need.
#include <functional>
#include <vector>

#include "check_command.hpp"
#include "common/command.hpp"
#include "export_command.hpp"
#include "import_command.hpp"
#include "migrate_command.hpp"
#include "repair_command.hpp"

namespace topgun::cli {
namespace {

class Pg final : public Command {
public:
    const char* name() const noexcept override { return "pg"; }
    const char* summary() const noexcept override {
        return "Export, import, check, repair and migrate tables in PostgreSQL";
    }
    const char* examples() const noexcept override {
        return "topgun-cli pg export postgres://localhost/app -o nightly.tgs\n"
               "topgun-cli pg export postgres://localhost/app#old.topgun_maps -o old.tgs --json\n"
               "topgun-cli pg export service=app -o nightly.tgs --resume\n"
               "topgun-cli pg import nightly.tgs postgres://localhost/copy\n"
               "topgun-cli pg check postgres://localhost/app\n"
               "topgun-cli pg check postgres://localhost/app --against nightly.tgs --class D1,E3\n"
               "topgun-cli pg repair postgres://localhost/app > repairs.sql\n"
               "topgun-cli pg repair postgres://localhost/app --apply\n"
               "topgun-cli pg migrate postgres://localhost/app --to rust";
    }
    void add_options(CLI::App& app) override {
        add(app, "export", "Write a table's maps to a snapshot", export_);
        add(app, "import", "Merge a source into a table", import_);
        add(app, "check", "Find what is wrong with a table", check_);
        add(app, "repair", "Repair what is wrong with a table, and keep the old rows", repair_);
        add(app, "migrate", "Copy a table to that of the other server", migrate_);
        app.require_subcommand(1);
    }

    Result<ExitCode> run(Streams io) override {
        for (const auto& one : subcommands_) {
            if (one.app->parsed()) return one.run(io);
        }
        return Error(Errc::usage, "a command is required");
    }

private:
    struct Subcommand {
        CLI::App* app;
        std::function<Result<ExitCode>(Streams)> run;
    };

    template <typename Implementation>
    void add(CLI::App& app, const char* name, const char* summary, Implementation& command) {
        auto* const sub = app.add_subcommand(name, summary);
        command.add_options(*sub);
        subcommands_.push_back({sub, [&command](Streams io) { return command.run(io); }});
    }

    ExportCommand export_;
    ImportCommand import_;
    CheckCommand check_;
    RepairCommand repair_;
    MigrateCommand migrate_;
    std::vector<Subcommand> subcommands_;
};

}  // namespace
}  // namespace topgun::cli

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::Pg>(argc, argv);
}
