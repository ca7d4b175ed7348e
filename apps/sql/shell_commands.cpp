// SPDX-License-Identifier: Apache-2.0
// What the dot commands do.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "catalog.hpp"
#include "common/options.hpp"
#include "common/temporary.hpp"
#include "common/text.hpp"
#include "interrupt.hpp"
#include "save.hpp"
#include "shell.hpp"
#include "topgun/base/file.hpp"
#include "topgun/source/remote.hpp"

namespace topgun::cli {
namespace {

// Scripts that read each other in a circle end here.
constexpr unsigned kDepthMax = 32;

Error missing(const DotCommand& command) {
    for (const auto& spec : dot_specs()) {
        if (spec.id != command.id) continue;
        return Error(Errc::usage, spec.names.front() + " needs an argument: " + spec.names.front() +
                                      ' ' + spec.arguments);
    }
    return Error(Errc::usage, "an argument is missing");
}

std::string first_word(const DotCommand& command) {
    return command.words.empty() ? std::string() : command.words.front();
}

// Without an argument a switch is turned round, as psql does.
Status change_switch(const DotCommand& command, bool& value) {
    if (command.words.empty()) {
        value = !value;
        return {};
    }
    auto wanted = parse_switch(command.words.front());
    if (!wanted) return std::move(wanted).error();
    value = *wanted;
    return {};
}

/// A file that goes away with the object.
class TemporaryFile {
public:
    static Result<TemporaryFile> create(const std::string& content) {
        auto folder = temporary_folder();
        if (!folder) return std::move(folder).error();
        auto pattern = *folder + "/topgun-XXXXXX.sql";
        const int file = ::mkstemps(pattern.data(), 4);
        if (file < 0) return Error(Errc::io, "cannot make a temporary file");
        ::close(file);
        TemporaryFile made(pattern);
        std::ofstream(pattern, std::ios::binary) << content;
        return made;
    }
    TemporaryFile(TemporaryFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    TemporaryFile& operator=(TemporaryFile&&) = delete;
    ~TemporaryFile() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove(path_, ignored);
    }
    const std::string& path() const noexcept { return path_; }

private:
    explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

// Sleeps in pieces. False when the user interrupted.
bool sleep_for(std::uint64_t millis) {
    constexpr std::uint64_t kPiece = 50;
    for (; millis > 0 && !interrupted(); millis -= std::min(millis, kPiece)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(std::min(millis, kPiece)));
    }
    return !interrupted();
}

}  // namespace

void Shell::run_command(const DotCommand& command, Script& script, std::size_t end) {
    auto done = answer(command, script, end);
    if (!done) fail(done.error(), script.name);
}

Status Shell::answer(const DotCommand& command, Script& script, std::size_t end) {
    switch (command.id) {
        case DotId::help: printer_.text(dot_help()); return {};
        case DotId::output: return printer_.set_output(first_word(command));
        case DotId::read:
            if (command.words.empty()) return missing(command);
            return read(command.words[0]);
        case DotId::open:
            if (command.words.empty()) return missing(command);
            return open(command.words[0], reading_);
        case DotId::close:
            if (command.words.empty()) return missing(command);
            TOPGUN_TRY(session_.detach(command.words[0]));
            std::erase(attached_, command.words[0]);
            return {};
        case DotId::save: {
            if (command.words.empty()) return missing(command);
            auto saved = save_changes(session_, parse_named_path(command.words[0]),
                                      settings_.to_format, attached_);
            if (!saved) return std::move(saved).error();
            io_.err.note(*saved);
            if (const auto left = unsaved_text(session_); !left.empty()) {
                io_.err.note("not saved yet: " + left);
            }
            return {};
        }
        case DotId::edit: return edit(script, end);
        case DotId::run:
        case DotId::run_expanded: return run_buffer(command, script, end);
        case DotId::watch: return watch(command, script, end);
        case DotId::print:
            printer_.text(script.text.substr(script.begin, end - script.begin) + '\n');
            return {};
        case DotId::reset:
            script.begin = end;
            script.pending = false;
            return {};
        case DotId::quit: stopped_ = may_leave(); return {};
        default: return answer_setting(command);
    }
}

Status Shell::answer_setting(const DotCommand& command) {
    switch (command.id) {
        case DotId::mode: return set_mode(command);
        case DotId::headers: return change_switch(command, settings_.header);
        case DotId::null_value:
            settings_.null_text.reset();
            if (!command.words.empty()) settings_.null_text = command.words[0];
            return {};
        case DotId::expanded: return set_expand(command);
        case DotId::pager: return change_switch(command, settings_.pager);
        case DotId::timer: return change_switch(command, settings_.timer);
        case DotId::timeout: return set_timeout(command);
        case DotId::echo: return change_switch(command, settings_.echo);
        case DotId::bail: return change_switch(command, settings_.bail);
        case DotId::explain: return set_explain(command);
        case DotId::set: return set_parameter_by(command);
        case DotId::params: printer_.text(parameter_text()); return {};
        default: return answer_catalog(command);
    }
}

Status Shell::answer_catalog(const DotCommand& command) {
    const auto word = first_word(command);
    if (command.id == DotId::functions) {
        std::string text;
        for (const auto& name : session_.functions()) {
            if (name.find(word) != std::string::npos) text += name + '\n';
        }
        printer_.text(text);
        return {};
    }
    if (command.id == DotId::connection) {
        printer_.text(connection_text());
        return {};
    }
    const auto tables = session_.tables();
    if (command.id == DotId::tables) printer_.text(table_names(tables, word));
    if (command.id == DotId::maps) printer_.text(table_list(tables));
    if (command.id == DotId::schemas) printer_.text(schema_list(tables, attached_));
    if (command.id != DotId::schema && command.id != DotId::describe) return {};
    const auto found = tables_named(tables, word);
    if (found.empty() && !word.empty()) {
        return Error(Errc::not_found, "no table '" + printable(word) + "'");
    }
    if (command.id == DotId::schema)
        printer_.text(create_statements(found));
    else
        printer_.text(word.empty() ? table_list(found) : column_list(found));
    return {};
}

Status Shell::set_mode(const DotCommand& command) {
    if (command.words.empty()) {
        printer_.text(std::string(mode_name(settings_.mode)) + '\n');
        return {};
    }
    std::string known;
    for (const auto& [word, mode] : output_modes()) {
        (known += known.empty() ? "" : ", ") += word;
        if (word != command.words[0]) continue;
        settings_.mode = mode;
        if (command.words.size() > 1) settings_.insert_table = command.words[1];
        return {};
    }
    return Error(Errc::usage, "unknown mode '" + command.words[0] + "'; there are " + known);
}

Status Shell::set_expand(const DotCommand& command) {
    if (first_word(command) == "auto") {
        settings_.expand = Expand::automatic;
        return {};
    }
    bool on = settings_.expand == Expand::on;
    TOPGUN_TRY(change_switch(command, on));
    settings_.expand = on ? Expand::on : Expand::off;
    return {};
}

Status Shell::set_explain(const DotCommand& command) {
    static const std::pair<std::string_view, sql::Explain> kWords[] = {
        {"plan", sql::Explain::plan},
        {"query", sql::Explain::query},
        {"dsl", sql::Explain::query},
        {"dag", sql::Explain::dag},
        {"dot", sql::Explain::dot}};
    const auto wanted = first_word(command);
    if (wanted == "off") {
        settings_.explain.reset();
        return {};
    }
    for (const auto& [word, what] : kWords) {
        if (!wanted.empty() && word != wanted) continue;
        settings_.explain = what;
        return {};
    }
    return Error(Errc::usage, "'" + wanted + "' is none of query, plan, dag, dot, off");
}

Status Shell::set_timeout(const DotCommand& command) {
    if (command.words.empty() || command.words[0] == "off") {
        session_.set_timeout(std::nullopt);
        return {};
    }
    auto millis = parse_duration(command.words[0]);
    if (!millis) return std::move(millis).error();
    session_.set_timeout(std::chrono::milliseconds(*millis));
    return {};
}

Status Shell::set_parameter_by(const DotCommand& command) {
    if (command.words.empty()) return missing(command);
    auto number = parse_parameter_number(command.words[0]);
    if (!number) return std::move(number).error();
    if (command.words.size() == 1)
        set_parameter(*number, std::nullopt);
    else
        set_parameter(*number, command.words[1]);
    return {};
}

std::string Shell::parameter_text() const {
    std::string text;
    for (const auto& [number, value] : parameters_) {
        text += '$' + std::to_string(number) + ' ' + (value ? printable(*value) : "NULL") + '\n';
    }
    return text;
}

std::string Shell::connection_text() const {
    std::string text;
    for (const auto& name : attached_) {
        text += "schema " + printable(name) + ": " + printable(shown_name(paths_.at(name))) + '\n';
    }
    if (text.empty()) text = "no source is attached\n";
    const auto& options = session_.options();
    text += "threads: " +
            (options.threads == 0 ? "one for each core" : std::to_string(options.threads));
    text += "\nmemory: " + human_bytes(options.memory_limit) + "\ntimeout: " +
            (options.timeout ? human_duration(static_cast<std::uint64_t>(options.timeout->count()))
                             : "none");
    const auto unsaved = unsaved_text(session_);
    return text + "\nnot saved: " + (unsaved.empty() ? "0 changes" : unsaved) + '\n';
}

Status Shell::read(const std::string& path) {
    if (depth_ >= kDepthMax) {
        return Error(Errc::limit, path + ": files read each other more than " +
                                      std::to_string(kDepthMax) + " levels deep");
    }
    ++depth_;
    auto done = run_file(path);
    --depth_;
    // At a prompt an error ends the file, not the session; .quit in a file ends both.
    if (interactive_ && depth_ == 0 && std::exchange(bailed_, false)) stopped_ = false;
    return done;
}

Status Shell::run_buffer(const DotCommand& command, Script& script, std::size_t end) {
    if (!script.pending) {
        if (last_statements_.empty()) return Error(Errc::usage, "no statement was typed yet");
        Script again{"", last_statements_, 0, true};
        return run_buffer(command, again, again.text.size());
    }
    const auto mode = settings_.mode;
    if (command.id == DotId::run_expanded) settings_.mode = OutputMode::expanded;
    const bool to_file = !command.words.empty();
    if (to_file) TOPGUN_TRY(printer_.set_output(command.words[0]));
    run_statements(script, end);
    settings_.mode = mode;
    return to_file ? printer_.close() : Status();
}

Status Shell::watch(const DotCommand& command, Script& script, std::size_t end) {
    std::uint64_t millis = 2000, count = 0;
    if (!command.words.empty()) {
        auto seconds = parse_seconds(command.words[0]);
        if (!seconds) return std::move(seconds).error();
        millis = *seconds;
    }
    if (command.words.size() > 1) {
        auto times = parse_count(command.words[1]);
        if (!times) return std::move(times).error();
        count = *times;
    }
    auto text =
        script.pending ? script.text.substr(script.begin, end - script.begin) : last_statements_;
    script.begin = end;
    script.pending = false;
    if (text.empty()) return Error(Errc::usage, "no statement was typed yet");
    clear_interrupt();
    for (std::uint64_t n = 1;; ++n) {
        failed_ = false;
        run({"", text, 0, true});
        if (failed_ || !goes_on() || interrupted() || n == count) break;
        if (!sleep_for(millis)) break;
    }
    clear_interrupt();
    return {};
}

Status Shell::edit(Script& script, std::size_t end) {
    if (!interactive_) return Error(Errc::usage, "\\e works at a prompt only");
    auto file = TemporaryFile::create(
        script.pending ? script.text.substr(script.begin, end - script.begin) : last_statements_);
    if (!file) return std::move(file).error();
    const char* editor = std::getenv("VISUAL");
    if (editor == nullptr) editor = std::getenv("EDITOR");
    std::string command = (editor != nullptr ? editor : "vi") + (" '" + file->path()) + '\'';
    TOPGUN_TRY(run_on_terminal(command));
    auto text = read_file(file->path());
    if (!text) return std::move(text).error();
    script.begin = end;
    script.pending = false;
    printer_.text(*text);
    run({"", std::move(*text)});
    return {};
}

}  // namespace topgun::cli
