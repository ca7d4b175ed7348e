// SPDX-License-Identifier: Apache-2.0
#include "shell.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "common/line_reader.hpp"
#include "common/progress.hpp"
#include "common/text.hpp"
#include "interrupt.hpp"
#include "save.hpp"
#include "topgun/base/file.hpp"

namespace topgun::cli {
namespace {

using Clock = std::chrono::steady_clock;

std::string elapsed_text(Clock::duration elapsed) {
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count();
    const auto digits = std::to_string(micros % 1000);
    return std::to_string(micros / 1000) + '.' + std::string(3 - digits.size(), '0') + digits +
           " ms";
}

bool is_blank_or_comment(std::string_view line) {
    const auto start = line.find_first_not_of(" \t\r\n\f\v");
    return start == std::string_view::npos || line.substr(start, 2) == "--";
}

// printable() for each line: an error shows a statement with a caret below it.
std::string printable_lines(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        out += printable(text.substr(at, end - at)) + '\n';
        at = end + 1;
    }
    return out;
}

}  // namespace

ExitCode exit_code_of(const Error& error) noexcept {
    switch (error.code()) {
        case Errc::usage: return ExitCode::usage;
        case Errc::bad_input:
        case Errc::unsupported_version:
        case Errc::limit: return ExitCode::damaged;
        default: return ExitCode::refused;
    }
}

Shell::Shell(Streams io, sql::Session& session, Settings settings)
    : io_(io), session_(session), settings_(std::move(settings)), printer_(io, settings_) {}

Status Shell::open(const std::string& source, const ReadOptions& options) {
    reading_ = options;
    reading_.progress = {};
    auto named = parse_named_path(source);
    auto taken = attached_;
    for (const auto& table : session_.tables()) taken.push_back(table.schema);
    if (named.name.empty()) named.name = free_name(schema_name(named.path), taken);
    Progress progress(io_, "reading " + named.path, 0, Progress::Unit::bytes);
    auto watched = options;
    watched.progress = [&progress](std::uint64_t bytes) -> Status {
        progress.add(bytes);
        return {};
    };
    ReadReport report;
    TOPGUN_TRY(session_.attach(named.name, named.path, watched, &report));
    progress.finish();
    worsen(tell_damage(report, io_));
    paths_[named.name] = named.path;
    attached_.push_back(std::move(named.name));
    return {};
}

void Shell::set_parameter(std::int32_t number, std::optional<std::string> text) {
    session_.set_parameter(number, text);
    parameters_[number] = std::move(text);
}

void Shell::fail(const Error& error, const std::string& where) {
    tell(error, where, exit_code_of(error));
}

void Shell::fail_statement(const Error& error, const std::string& where) {
    const bool names = error.code() == Errc::not_found || error.code() == Errc::already_exists;
    tell(error, where, names ? ExitCode::damaged : exit_code_of(error));
}

void Shell::tell(const Error& error, const std::string& where, ExitCode code) {
    printer_.abandon();
    io_.out.flush();
    if (interactive_ && error.code() == Errc::cancelled) {
        io_.err.plain("cancelled\n");
        // Whoever stops a statement of a file means the file.
        if (depth_ > 0) bailed_ = stopped_ = true;
        return;
    }
    const auto place = where.empty() ? "" : printable(where) + ": ";
    const auto head = interactive_ ? std::string("error: ") : io_.err.program() + ": ";
    io_.err.plain(head + place + printable_lines(error.text()));
    failed_ = true;
    if (!interactive_) worsen(code);
    // A prompt stays; what it reads from a file ends like any other script.
    bailed_ = settings_.bail && (!interactive_ || depth_ > 0);
    if (bailed_) stopped_ = true;
}

bool Shell::may_leave() {
    const auto count = unsaved_count(session_);
    if (!interactive_ || count == 0 || warned_) return true;
    warned_ = true;
    io_.err.plain(unsaved_text(session_) + (count == 1 ? " is" : " are") + " not saved: .save " +
                  (session_.unsaved().size() > 1 ? "SCHEMA=PATH" : "PATH") +
                  " keeps them, leaving again drops them\n");
    return false;
}

void Shell::run(Script script) {
    for (std::size_t at = 0; at < script.text.size() && goes_on();) {
        const auto end = std::min(script.text.find('\n', at), script.text.size());
        feed(script, at, end);
        at = end + 1;
    }
    finish(script);
}

Status Shell::run_file(const std::string& path) {
    if (path == "-") return run_standard_input();
    auto text = read_file(path);
    if (!text) return std::move(text).error();
    run({path, std::move(*text)});
    return {};
}

Status Shell::run_standard_input() {
    LineReader reader;
    Script script{"standard input", {}};
    for (std::string line; goes_on();) {
        auto more = reader.next(line);
        if (!more) return std::move(more).error();
        if (!*more) break;
        const auto begin = script.text.size();
        script.text += line;
        script.text += '\n';
        feed(script, begin, begin + line.size());
    }
    finish(script);
    return {};
}

void Shell::feed(Script& script, std::size_t begin, std::size_t end) {
    if (take_command(script, begin, end)) return;
    const auto line = std::string_view(script.text).substr(begin, end - begin);
    if (!is_blank_or_comment(line)) script.pending = true;
    if (const auto slash = line.find('\\'); slash != std::string_view::npos) {
        const auto before =
            std::string_view(script.text).substr(script.begin, begin - script.begin);
        const auto at = find_trailing_command(before, line);
        if (at != std::string_view::npos) {
            const auto command = parse_dot_command(line.substr(at));
            std::fill_n(script.text.begin() + static_cast<std::ptrdiff_t>(begin + at),
                        end - begin - at, ' ');
            return run_command(*command, script, end);
        }
    }
    if (line.find(';') == std::string_view::npos) return;
    const auto text = std::string_view(script.text).substr(script.begin, end - script.begin);
    if (sql::statement_complete(text)) run_statements(script, end);
}

// A line that is a command is blanked out of the text: what stands around it keeps its place.
bool Shell::take_command(Script& script, std::size_t begin, std::size_t end) {
    const auto line = std::string_view(script.text).substr(begin, end - begin);
    if (!is_dot_command(line, !script.pending)) return false;
    if (script.pending) {
        // Within quotes or a comment a backslash is just text.
        const auto before = script.text.substr(script.begin, begin - script.begin);
        if (!sql::statement_complete(before) && !sql::statement_complete(before + ';')) {
            return false;
        }
    }
    auto command = parse_dot_command(line);
    std::fill_n(script.text.begin() + static_cast<std::ptrdiff_t>(begin), end - begin, ' ');
    if (command)
        run_command(*command, script, end);
    else
        fail(command.error(), script.name);
    return true;
}

void Shell::finish(Script& script) {
    if (script.pending && goes_on()) run_statements(script, script.text.size());
}

void Shell::run_statements(Script& script, std::size_t end) {
    const auto begin = script.begin;
    script.begin = end;
    script.pending = false;
    const auto text = std::string_view(script.text).substr(begin, end - begin);
    if (interactive_) last_statements_ = text;
    for (const auto& range : sql::split_statements(text)) {
        if (!goes_on()) return;
        failed_ = false;
        run_statement(script.text, {begin + range.begin, begin + range.end}, script.name);
        // Of several statements typed on one line the rest falls with the first, as with psql.
        if (failed_ && interactive_ && depth_ == 0) return;
    }
}

void Shell::run_statement(std::string_view text, sql::TextRange range, const std::string& where) {
    const auto statement = text.substr(range.begin, range.end - range.begin);
    if (settings_.echo) io_.err.plain(printable_lines(statement));
    if (settings_.explain) return show_explanation(text, range, where);
    const auto start = Clock::now();
    const auto summary = [&] {
        const StatementScope running;
        return session_.execute(text, range, printer_);
    }();
    if (!summary) {
        // Leaving the pager ends the statement, and is no failure.
        if (printer_.left()) return printer_.abandon();
        return fail_statement(summary.error(), where);
    }
    if (auto shown = printer_.finish(); !shown) return fail(shown.error());
    after_statement(*summary);
    if (settings_.timer) io_.err.plain("Time: " + elapsed_text(Clock::now() - start) + '\n');
    if (expectation_ && printer_.row_count()) check_expectation();
}

void Shell::show_explanation(std::string_view text, sql::TextRange range,
                             const std::string& where) {
    auto plan = session_.explain(text, range, *settings_.explain);
    if (!plan) return fail_statement(plan.error(), where);
    if (!plan->ends_with('\n')) *plan += '\n';
    printer_.text(*plan);
}

void Shell::after_statement(const sql::Summary& summary) {
    for (const auto& notice : summary.notices) io_.err.note(notice);
    if (summary.changed > 0) warned_ = false;
    if (summary.returns_rows) return;
    if (interactive_ && !io_.quiet())
        printer_.text(summary.tag + '\n');
    else
        io_.err.detail(summary.tag);
}

void Shell::check_expectation() {
    ++checked_;
    const auto rows = *printer_.row_count();
    if (expectation_->holds(rows)) return;
    io_.out.flush();
    io_.err.error("expected " + expectation_->text() + ", found " + counted(rows, "row", "rows"));
    worsen(ExitCode::differences);
}

void Shell::run_dsl(const std::string& map, const std::string& text) {
    const auto start = Clock::now();
    auto summary = session_.query(map, text, printer_);
    if (!summary) return fail_statement(summary.error(), {});
    if (auto shown = printer_.finish(); !shown) return fail(shown.error());
    after_statement(*summary);
    if (settings_.timer) io_.err.plain("Time: " + elapsed_text(Clock::now() - start) + '\n');
    if (expectation_ && printer_.row_count()) check_expectation();
}

}  // namespace topgun::cli
