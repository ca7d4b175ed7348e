// SPDX-License-Identifier: Apache-2.0
// The frame around every command: options, streams, errors and the exit status.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <new>
#include <string>

#include "common/command.hpp"
#include "common/describe.hpp"
#include "common/options.hpp"
#include "common/signals.hpp"
#include "common/suggest.hpp"

namespace topgun::cli {

Command::~Command() = default;

namespace {

struct CommonOptions {
    bool quiet = false;
    bool verbose = false;
    ColorChoice color = ColorChoice::automatic;
};

void add_common_options(CLI::App& app, const std::string& version, CommonOptions& options) {
    app.set_help_flag("-h,--help", "Show this help and exit")->group(kCommonGroup);
    app.set_version_flag("--version", version, "Show the version and exit")->group(kCommonGroup);
    auto* quiet = app.add_flag("-q,--quiet", options.quiet, "Only data, warnings and errors");
    auto* verbose = app.add_flag("-v,--verbose", options.verbose, "Also say what is being done");
    quiet->group(kCommonGroup)->excludes(verbose);
    verbose->group(kCommonGroup);
    add_choice_option<ColorChoice>(app, "--color", options.color,
                                   {{"auto", ColorChoice::automatic},
                                    {"always", ColorChoice::always},
                                    {"never", ColorChoice::never}},
                                   "Colour the text")
        ->group(kCommonGroup);
}

class Program {
public:
    explicit Program(Command& command)
        : command_(command),
          name_(std::string("topgun-cli ") + command.name()),
          out_(STDOUT_FILENO, "standard output"),
          err_(Output(STDERR_FILENO, "standard error"), name_, ::isatty(STDERR_FILENO) == 1),
          app_(command.summary(), name_) {
        // Common options may stand after the word of a subcommand, too.
        app_.fallthrough();
        add_common_options(
            app_, std::string("topgun-") + command.name() + " (topgun-cli) " + TOPGUN_VERSION,
            options_);
        command.add_options(app_);
    }

    int run(int argc, char** argv) {
        if (argc == 2 && answer_hidden(argv[1])) return finish(exit_status(ExitCode::ok));
        try {
            app_.parse(argc, argv);
        } catch (const CLI::CallForHelp&) {
            out_ << help();
            return finish(exit_status(ExitCode::ok));
        } catch (const CLI::CallForVersion& version) {
            out_ << version.what() << '\n';
            return finish(exit_status(ExitCode::ok));
        } catch (const CLI::ParseError& error) {
            const bool missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr &&
                                 app_.remaining(true).empty();
            return refuse(complaint(error, argc, argv), missing || argc == 1);
        }
        out_.set_color(color_wanted(options_.color, STDOUT_FILENO));
        err_.set_color(color_wanted(options_.color, STDERR_FILENO));
        if (options_.quiet) err_.set_verbosity(Verbosity::quiet);
        if (options_.verbose) err_.set_verbosity(Verbosity::verbose);
        return run_command();
    }

    Messages& err() noexcept { return err_; }

private:
    int run_command() {
        auto result = command_.run(Streams{out_, err_});
        if (result) return finish(exit_status(*result));
        const auto& error = result.error();
        // What was found before the failure is still worth having; the status tells that it is
        // not all.
        const auto code = finish(exit_status(error.code()));
        if (error.code() == Errc::usage) return refuse(error.text(), false);
        err_.error(error.text());
        if (error.code() == Errc::cancelled && cancel_signal() != 0) die_by_signal(cancel_signal());
        return code;
    }

    // A result that did not reach its reader is no success.
    int finish(int status) {
        auto written = out_.finish();
        if (written) return status;
        err_.error(written.error().text());
        return exit_status(ExitCode::refused);
    }

    int refuse(const std::string& what, bool with_usage) {
        err_.error(what);
        const auto place = chosen();
        if (with_usage) err_.plain(usage_line(place.program, place.info));
        err_.plain("Try '" + place.program + " --help'.\n");
        return exit_status(ExitCode::usage);
    }

    // For the build only, so not among the options.
    bool answer_hidden(std::string_view word) {
        if (word == "--dump-options") out_ << dump(describe(app_, command_.name()));
        if (word == "--summary") out_ << command_.summary() << '\n';
        return word == "--dump-options" || word == "--summary";
    }

    // The command, or the subcommand that was given.
    struct Place {
        std::string program;
        CommandInfo info;
    };
    Place chosen() const {
        const auto given = app_.get_subcommands();
        if (given.empty()) return {name_, describe(app_, command_.name())};
        const auto& word = given.front()->get_name();
        return {name_ + ' ' + word, describe(*given.front(), word)};
    }

    std::string help() const {
        const auto place = chosen();
        if (place.program == name_)
            return help_text(name_, place.info, nullptr, command_.examples());
        const auto outer = describe(app_, command_.name());
        return help_text(place.program, place.info, &outer, "");
    }

    // CLI11's messages, or better ones where a typing mistake is likely.
    std::string complaint(const CLI::ParseError& error, int argc, char** argv) const {
        const auto info = describe(app_, command_.name());
        // CLI11 hands back what it could not place, but not in the order of the command line.
        const auto rest = app_.remaining(true);
        const auto is_left = [&rest](const char* word) {
            return std::find(rest.begin(), rest.end(), word) != rest.end();
        };
        const auto* found = std::find_if(argv + 1, argv + argc, is_left);
        const std::string word = found == argv + argc ? "" : *found;
        if (word.size() > 1 && word.front() == '-') {
            const auto name = word.substr(0, word.find('='));
            return "unknown option '" + name + '\'' + meant(name, option_names(info));
        }
        const bool wants_word = !info.subcommands.empty() && app_.get_subcommands().empty();
        if (!word.empty() && wants_word) {
            std::vector<std::string> words;
            for (const auto& sub : info.subcommands) words.push_back(sub.name);
            return "unknown command '" + word + '\'' + meant(word, words);
        }
        if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !word.empty()) {
            return "unexpected argument '" + word + '\'';
        }
        if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
            return wants_word ? "a command is required" : missing(error.what());
        }
        return dynamic_cast<const CLI::ConversionError*>(&error) != nullptr ? unread(error.what())
                                                                            : lowered(error.what());
    }

    // "Could not convert: --counter = x" says neither what was wrong with x nor what was wanted.
    static std::string unread(const std::string& text) {
        const auto colon = text.find(": ");
        const auto equals = text.find(" = ");
        if (colon == std::string::npos || equals == std::string::npos || equals < colon) {
            return lowered(text);
        }
        return text.substr(colon + 2, equals - colon - 2) + ": not a number in range: '" +
               text.substr(equals + 3) + '\'';
    }

    // "left is required" speaks of an argument that --help shows in capitals.
    static std::string missing(std::string text) {
        if (text.starts_with('-')) return text;
        for (auto& c : text) {
            if (c == ' ') break;
            c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        }
        return text;
    }

    // CLI11's messages begin with a capital, ours follow a colon.
    static std::string lowered(std::string text) {
        const bool is_word =
            text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0;
        if (is_word) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
        return text;
    }

    static std::string meant(const std::string& word, const std::vector<std::string>& known) {
        const auto nearest = suggest(word, known);
        return nearest.empty() ? "" : "; did you mean '" + nearest + "'?";
    }

    static std::vector<std::string> option_names(const CommandInfo& info) {
        std::vector<std::string> names;
        const auto collect = [&names](const CommandInfo& from) {
            for (const auto& option : from.options) {
                for (const auto& name : option.names) {
                    if (name.starts_with("--")) names.push_back(name);
                }
            }
        };
        collect(info);
        for (const auto& sub : info.subcommands) collect(sub);
        return names;
    }

    Command& command_;
    std::string name_;
    Output out_;
    Messages err_;
    CommonOptions options_;
    CLI::App app_;
};

int report_crash(Command* command, const char* what, ExitCode code) noexcept {
    const auto write_text = [](std::string_view text) {
        // Nothing can be done about a failure to report a failure.
        if (::write(STDERR_FILENO, text.data(), text.size()) < 0) return;
    };
    write_text("topgun-cli");
    if (command != nullptr) {
        write_text(" ");
        write_text(command->name());
    }
    if (code == ExitCode::internal) write_text(": internal error, please report it");
    write_text(": ");
    write_text(what);
    write_text("\n");
    return exit_status(code);
}

}  // namespace

int run_program(std::unique_ptr<Command> (*make)(), int argc, char** argv) noexcept {
    std::unique_ptr<Command> command;
    try {
        prepare_process();
        command = make();
        return Program(*command).run(argc, argv);
    } catch (const std::bad_alloc&) {
        return report_crash(command.get(), "not enough memory", ExitCode::refused);
    } catch (const std::exception& error) {
        return report_crash(command.get(), error.what(), ExitCode::internal);
    } catch (...) {
        return report_crash(command.get(), "an exception of unknown type", ExitCode::internal);
    }
}

}  // namespace topgun::cli
