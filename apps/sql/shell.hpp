// SPDX-License-Identifier: Apache-2.0
// Runs statements and dot commands one after the other, whether they come from options, files, a
// pipe or a prompt.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/exit_code.hpp"
#include "common/sources.hpp"
#include "dot_command.hpp"
#include "expectation.hpp"
#include "names.hpp"
#include "printer.hpp"

namespace topgun::cli {

/// Text that is run line by line. Its beginning stays, so that errors can name line and column.
struct Script {
    std::string name;  ///< For errors: a file's name, or "".
    std::string text;
    std::size_t begin = 0;  ///< Where the statement that is not complete yet begins.
    bool pending = false;   ///< Whether there is one.
};

class Shell {
public:
    /// @param session  outlives the shell.
    Shell(Streams io, sql::Session& session, Settings settings);

    Settings& settings() noexcept { return settings_; }
    Printer& printer() noexcept { return printer_; }
    sql::Session& session() noexcept { return session_; }
    Streams io() const noexcept { return io_; }

    /// Attaches "NAME=PATH" or "PATH"; its damage is told and counts as incomplete.
    Status open(const std::string& source, const ReadOptions& options);
    const std::vector<std::string>& attached() const noexcept { return attached_; }

    void set_parameter(std::int32_t number, std::optional<std::string> text);
    void expect(Expectation expectation) { expectation_ = std::move(expectation); }
    /// Row-returning statements that were checked against it.
    std::uint64_t checked() const noexcept { return checked_; }

    /// Runs a whole text. Statements that fail are told; with `bail` the first one ends it.
    void run(Script script);
    /// Runs a file; "-" is standard input. Errors: those of reading it.
    Status run_file(const std::string& path);
    /// Runs standard input as it comes. Errors: io.
    Status run_standard_input();
    /// Runs a query of TopGun's DSL on a map.
    void run_dsl(const std::string& map, const std::string& text);

    /// Takes in the next line, which stands in the text from `begin` on, without its end.
    void feed(Script& script, std::size_t begin, std::size_t end);
    /// Runs what is left of a text without a semicolon.
    void finish(Script& script);

    /// A person types: errors go without the program's name, what was done is said on screen.
    void set_interactive(bool on) noexcept { interactive_ = on; }
    /// Whether to read on: false after .quit, or an error that ends the run.
    bool goes_on() const noexcept { return !stopped_; }
    /// True when the user may leave; otherwise says what would be lost, and is true next time.
    bool may_leave();
    ExitCode exit_code() const noexcept { return code_; }
    void worsen(ExitCode code) noexcept { code_ = worse_of(code_, code); }

    /// Tells an error the way of this shell, and stops when it has to.
    void fail(const Error& error, const std::string& where = {});
    /// The same for a statement: what it names and does not find is a fault of its text.
    void fail_statement(const Error& error, const std::string& where);

private:
    void tell(const Error& error, const std::string& where, ExitCode code);
    void run_statements(Script& script, std::size_t end);
    void run_statement(std::string_view text, sql::TextRange range, const std::string& where);
    void show_explanation(std::string_view text, sql::TextRange range, const std::string& where);
    void after_statement(const sql::Summary& summary);
    void check_expectation();
    bool take_command(Script& script, std::size_t begin, std::size_t end);

    void run_command(const DotCommand& command, Script& script, std::size_t end);
    Status answer(const DotCommand& command, Script& script, std::size_t end);
    Status answer_setting(const DotCommand& command);
    Status answer_catalog(const DotCommand& command);
    Status set_mode(const DotCommand& command);
    Status set_expand(const DotCommand& command);
    Status set_explain(const DotCommand& command);
    Status set_timeout(const DotCommand& command);
    Status set_parameter_by(const DotCommand& command);
    Status read(const std::string& path);
    Status edit(Script& script, std::size_t end);
    Status run_buffer(const DotCommand& command, Script& script, std::size_t end);
    Status watch(const DotCommand& command, Script& script, std::size_t end);
    std::string connection_text() const;
    std::string parameter_text() const;

    Streams io_;
    sql::Session& session_;
    Settings settings_;
    Printer printer_;
    std::vector<std::string> attached_;
    std::map<std::string, std::string> paths_;  ///< Of attached schemas.
    ReadOptions reading_;
    std::map<std::int32_t, std::optional<std::string>> parameters_;
    std::optional<Expectation> expectation_;
    std::uint64_t checked_ = 0;
    std::string last_statements_;
    unsigned depth_ = 0;  ///< Of files that read files.
    bool interactive_ = false, stopped_ = false, failed_ = false, warned_ = false;
    bool bailed_ = false;  ///< Stopped by an error rather than by .quit.
    ExitCode code_ = ExitCode::ok;
};

/// The exit status of a failed statement.
ExitCode exit_code_of(const Error& error) noexcept;

}  // namespace topgun::cli
