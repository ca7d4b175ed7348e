// SPDX-License-Identifier: Apache-2.0
// topgun-cli sql: queries and changes sources with SQL, from options, scripts or a prompt.
#include <unistd.h>

#include <chrono>
#include <thread>

#include "common/command.hpp"
#include "common/size_option.hpp"
#include "common/text.hpp"
#include "names.hpp"
#include "repl.hpp"
#include "save.hpp"
#include "shell.hpp"
#include "slt_files.hpp"
#include "topgun/base/file.hpp"

namespace topgun::cli {
namespace {

class Sql final : public Command {
public:
    const char* name() const noexcept override { return "sql"; }
    const char* summary() const noexcept override {
        return "Query and change sources with PostgreSQL's SQL";
    }
    const char* examples() const noexcept override {
        return "topgun-cli sql nightly.tgs -c \"SELECT _node, count(*) FROM orders GROUP BY 1\"\n"
               "topgun-cli sql a.tgs b.tgs -f report.sql --output csv\n"
               "topgun-cli sql nightly.tgs -c \"UPDATE users SET plan = 'free'\" --write fix.tgl\n"
               "topgun-cli sql nightly.tgs -c \"SELECT * FROM nodes\" --expect 'n < 10'\n"
               "topgun-cli sql nightly.tgs";
    }

    void add_options(CLI::App& app) override {
        app_ = &app;
        app.add_option("source", sources_,
                       "Sources, each a schema named after its file, or by NAME=SOURCE")
            ->type_name("SOURCE");
        add_statement_options(app);
        add_output_options(app);
        add_gate_options(app);
        add_session_options(app);
        add_reading_options(app, reading_);
    }

    Result<ExitCode> run(Streams io) override {
        TOPGUN_TRY(check_options());
        auto reading = read_options(reading_);
        if (!reading) return std::move(reading).error();
        if (!slt_.empty()) return run_slt(*reading, io);
        const bool prompts = steps().empty() && dsl_.empty() && ::isatty(STDIN_FILENO) == 1;
        auto session = sql::Session::create(session_options(prompts));
        if (!session) return std::move(session).error();
        Shell shell(io, **session, settings(prompts));
        for (const auto& source : sources_) TOPGUN_TRY(shell.open(source, *reading));
        TOPGUN_TRY(set_parameters(shell));
        if (auto rule = expectation()) shell.expect(std::move(*rule));
        if (prompts) {
            io.err.note("Type .help for help, .quit to leave.");
            TOPGUN_TRY(run_prompt(shell));
            return ExitCode::ok;
        }
        TOPGUN_TRY(run_steps(shell));
        TOPGUN_TRY(shell.printer().close());
        return finish(shell);
    }

private:
    struct Step {
        bool is_file = false;
        std::string text;
    };

    void add_statement_options(CLI::App& app) {
        command_option_ = add_repeatable_option(app, "-c,--command", commands_,
                                                "Run these statements; may be repeated", "SQL");
        file_option_ =
            add_repeatable_option(app, "-f,--file", files_,
                                  "Run the statements of this file (-: standard input)", "FILE");
        add_repeatable_option(app, "--param", parameters_,
                              "Set parameter $N, or the next one; may be repeated", "[N=]TEXT");
        add_repeatable_option(app, "--param-null", null_parameters_, "Set parameter $N to NULL",
                              "N");
        add_file_option(app, "--dsl", dsl_, "Run a query of TopGun's query DSL (JSON) instead");
        app.add_option("--dsl-map", dsl_map_, "The map that --dsl queries")->type_name("MAP");
        // CLI11 would not take several files after one --slt otherwise.
        app.add_option("--slt", slt_, "Run sqllogictest files and folders of them, and count")
            ->type_name("FILE")
            ->allow_extra_args(true);
    }

    void add_output_options(CLI::App& app) {
        add_choice_option<OutputMode>(app, "--output", mode_, output_modes(),
                                      "How rows are printed");
        auto* header =
            app.add_flag("--header", header_, "Print names of columns, as is the default");
        app.add_flag("--no-header", no_header_, "Print no names of columns")->excludes(header);
        null_option_ =
            app.add_option("--null", null_text_, "Print this for NULL")->type_name("TEXT");
        app.add_option("--table", table_, "The table that --output insert names")
            ->type_name("TABLE");
        explain_option_ = add_choice_option<sql::Explain>(app, "--explain", explain_,
                                                          {{"query", sql::Explain::query},
                                                           {"dsl", sql::Explain::query},
                                                           {"plan", sql::Explain::plan},
                                                           {"dag", sql::Explain::dag},
                                                           {"dot", sql::Explain::dot}},
                                                          "Print how statements would run instead");
        app.add_flag("--timer", timer_, "Say on standard error how long each statement took");
        app.add_flag("--echo", echo_, "Repeat each statement on standard error");
        app.add_flag("--no-pager", no_pager_, "Never show long results in a pager");
        app.add_option_function<std::string>(
               "--watch",
               [this](const std::string& text) {
                   auto millis = parse_seconds(text);
                   if (!millis) throw CLI::ValidationError("--watch", millis.error().text());
                   watch_ms_ = *millis;
               },
               "Run everything again every so many seconds")
            ->type_name("SECONDS");
        add_count_option(app, "--watch-count", watch_count_, "Stop after so many rounds");
    }

    void add_gate_options(CLI::App& app) {
        app.add_flag("--expect-empty", expect_empty_, "Exit with 1 when a query returns rows");
        app.add_option_function<std::string>(
               "--expect",
               [this](const std::string& text) {
                   auto rule = Expectation::parse(text);
                   if (!rule) throw CLI::ValidationError("--expect", rule.error().text());
                   expect_ = std::move(*rule);
               },
               "Exit with 1 unless the number of rows fits, as in 'n < 10'")
            ->type_name("RULE");
        add_repeatable_option(
            app, "--write", write_,
            "Write changes: ops (.tgl), a new snapshot (.tgs) or into a data directory; may be "
            "repeated",
            "SINK");
        add_format_option(app, "--to", to_format_,
                          "Format of what --write makes, when the name does not tell");
    }

    void add_session_options(CLI::App& app) {
        add_count_option(app, "--threads", threads_, "Threads to use (default: one for each core)");
        add_size_option(app, "--memory", memory_,
                        "Memory for sorts, joins and groups before they spill (default 1G)");
        add_duration_option(app, "--timeout", timeout_ms_, "End a statement that takes longer");
    }

    // -c and -f in the order in which they were given.
    std::vector<Step> steps() const {
        std::vector<Step> out;
        std::size_t command = 0, file = 0;
        for (const auto* option : app_->parse_order()) {
            if (option == command_option_ && command < commands_.size()) {
                out.push_back({false, commands_[command++]});
            }
            if (option == file_option_ && file < files_.size()) {
                out.push_back({true, files_[file++]});
            }
        }
        return out;
    }

    Status check_options() const {
        const bool reads_input = steps().empty() && dsl_.empty() && slt_.empty();
        std::size_t readers = reads_input || dsl_ == "-" ? 1 : 0;
        for (const auto& source : sources_) readers += parse_named_path(source).path == "-";
        for (const auto& file : files_) readers += file == "-";
        if (readers > 1) return Error(Errc::usage, "standard input can be read only once");
        if (!dsl_.empty() && !(commands_.empty() && files_.empty())) {
            return Error(Errc::usage, "--dsl excludes -c and -f");
        }
        if (!dsl_map_.empty() && dsl_.empty()) {
            return Error(Errc::usage, "--dsl-map belongs to --dsl");
        }
        if (!slt_.empty() && !(commands_.empty() && files_.empty() && dsl_.empty())) {
            return Error(Errc::usage, "--slt excludes -c, -f and --dsl");
        }
        if (watch_ms_ > 0 && reads_input) {
            return Error(Errc::usage, "--watch needs statements by -c or -f");
        }
        if (watch_count_ > 0 && watch_ms_ == 0) {
            return Error(Errc::usage, "--watch-count belongs to --watch");
        }
        if (expect_empty_ && expect_) {
            return Error(Errc::usage, "--expect-empty and --expect exclude each other");
        }
        for (const auto& target : write_) {
            auto format = format_of_target(parse_named_path(target), to_format_);
            if (!format) return std::move(format).error();
        }
        return {};
    }

    // A script may hold a .save; whether it did is seen at the end.
    bool may_save() const {
        return !write_.empty() || !files_.empty() || steps().empty() ||
               std::any_of(commands_.begin(), commands_.end(), [](const auto& text) {
                   return text.find(".save") != std::string::npos;
               });
    }

    sql::SessionOptions session_options(bool prompts) const {
        sql::SessionOptions options;
        options.threads = threads_;
        if (memory_ > 0) options.memory_limit = memory_;
        if (timeout_ms_ > 0) options.timeout = std::chrono::milliseconds(timeout_ms_);
        options.open_sources = true;
        options.writable = prompts || (dsl_.empty() && may_save());
        return options;
    }

    Settings settings(bool prompts) const {
        Settings settings;
        settings.mode = mode_;
        settings.header = !no_header_;
        if (null_option_->count() > 0) settings.null_text = null_text_;
        if (!table_.empty()) settings.insert_table = table_;
        settings.timer = timer_;
        settings.echo = echo_;
        settings.pager = !no_pager_;
        settings.bail = !prompts;
        settings.to_format = to_format_;
        if (explain_option_->count() > 0) settings.explain = explain_;
        return settings;
    }

    std::optional<Expectation> expectation() const {
        if (!expect_empty_) return expect_;
        auto rule = Expectation::parse("n = 0");
        return std::move(*rule);
    }

    Status set_parameters(Shell& shell) const {
        std::int32_t next = 1;
        for (const auto& text : parameters_) {
            auto parameter = parse_parameter(text);
            if (!parameter) return std::move(parameter).error().within("--param");
            const auto number = parameter->number > 0 ? parameter->number : next;
            shell.set_parameter(number, parameter->text);
            next = number + 1;
        }
        for (const auto& text : null_parameters_) {
            auto number = parse_parameter_number(text);
            if (!number) return std::move(number).error().within("--param-null");
            shell.set_parameter(*number, std::nullopt);
        }
        return {};
    }

    Status run_steps(Shell& shell) const {
        if (!dsl_.empty()) return run_dsl(shell);
        const auto todo = steps();
        if (todo.empty()) return shell.run_standard_input();
        for (std::uint64_t round = 1;; ++round) {
            for (const auto& step : todo) {
                if (!shell.goes_on()) return {};
                if (step.is_file)
                    TOPGUN_TRY(shell.run_file(step.text));
                else
                    shell.run({"", step.text});
            }
            if (watch_ms_ == 0 || round == watch_count_) return {};
            shell.io().out.flush();
            if (shell.io().out.failed()) return {};
            std::this_thread::sleep_for(std::chrono::milliseconds(watch_ms_));
        }
    }

    Status run_dsl(Shell& shell) const {
        auto text = read_file(dsl_);
        if (!text) return std::move(text).error();
        auto map = dsl_map_;
        const auto tables = shell.session().tables();
        if (map.empty() && tables.size() == 1) map = tables.front().name;
        if (map.empty()) return Error(Errc::usage, "--dsl needs the name of a map: --dsl-map MAP");
        shell.run_dsl(map, *text);
        return {};
    }

    // What was found, and whether changes have a place to go to. Nothing is written after a
    // failure: half of a repair is none.
    Result<ExitCode> finish(Shell& shell) const {
        auto code = shell.exit_code();
        if (expectation() && shell.checked() == 0 && code == ExitCode::ok) {
            shell.io().err.error("no statement returned rows: nothing was checked");
            code = ExitCode::incomplete;
        }
        const bool sound = code == ExitCode::ok || code == ExitCode::incomplete;
        if (!sound) return code;
        auto& session = shell.session();
        if (session.in_transaction()) {
            shell.io().err.error("the last transaction was not committed, and is lost");
            return worse_of(code, ExitCode::incomplete);
        }
        if (!write_.empty()) {
            std::vector<NamedPath> targets;
            for (const auto& target : write_) targets.push_back(parse_named_path(target));
            auto saved = save_all_changes(session, targets, to_format_, shell.attached());
            if (!saved) return std::move(saved).error();
            for (const auto& line : *saved) shell.io().err.note(line);
        } else if (const auto count = unsaved_count(session); count > 0 && !sources_.empty()) {
            shell.io().err.error(unsaved_text(session) + (count == 1 ? " was" : " were") +
                                 " not saved: give --write, or use .save");
            code = worse_of(code, ExitCode::incomplete);
        }
        return code;
    }

    Result<ExitCode> run_slt(const ReadOptions& reading, Streams io) const {
        auto worst = ExitCode::ok;
        const auto make = [&]() -> Result<std::unique_ptr<sql::Session>> {
            auto options = session_options(false);
            options.writable = true;
            auto session = sql::Session::create(options);
            if (!session) return std::move(session).error();
            Shell shell(io, **session, settings(false));
            for (const auto& source : sources_) TOPGUN_TRY(shell.open(source, reading));
            TOPGUN_TRY(set_parameters(shell));
            worst = worse_of(worst, shell.exit_code());
            return session;
        };
        auto code = run_slt_files(slt_, make, io);
        if (!code) return std::move(code).error();
        return worse_of(worst, *code);
    }

    CLI::App* app_ = nullptr;
    CLI::Option *command_option_ = nullptr, *file_option_ = nullptr, *null_option_ = nullptr,
                *explain_option_ = nullptr;
    std::vector<std::string> sources_, commands_, files_, parameters_, null_parameters_, slt_,
        write_;
    std::string dsl_, dsl_map_, null_text_, table_, to_format_;
    OutputMode mode_ = OutputMode::table;
    sql::Explain explain_ = sql::Explain::plan;
    bool header_ = false, no_header_ = false, timer_ = false, echo_ = false, no_pager_ = false,
         expect_empty_ = false;
    std::optional<Expectation> expect_;
    std::uint64_t watch_ms_ = 0, watch_count_ = 0, threads_ = 0, memory_ = 0, timeout_ms_ = 0;
    ReadingOptions reading_;
};

}  // namespace
}  // namespace topgun::cli

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::Sql>(argc, argv);
}
