// SPDX-License-Identifier: Apache-2.0
// A command that misbehaves on request, so that tests can see what the frame makes of it.
#include <unistd.h>

#include <new>
#include <stdexcept>

#include "common/command.hpp"
#include "common/options.hpp"
#include "common/signals.hpp"
#include "topgun/base/file.hpp"

namespace topgun::cli {
namespace {

enum class Deed { nothing, flood, colors, hold, poll, bug, exception, memory, fail };

const std::vector<std::pair<std::string, Errc>> kCodes = {
    {"bad_input", Errc::bad_input},
    {"unsupported_version", Errc::unsupported_version},
    {"usage", Errc::usage},
    {"not_found", Errc::not_found},
    {"already_exists", Errc::already_exists},
    {"locked", Errc::locked},
    {"io", Errc::io},
    {"unreachable", Errc::unreachable},
    {"limit", Errc::limit},
    {"cancelled", Errc::cancelled}};

class Probe final : public Command {
public:
    const char* name() const noexcept override { return "probe"; }
    const char* summary() const noexcept override { return "Do one of several bad deeds"; }
    void add_options(CLI::App& app) override {
        add_choice_option<Deed>(app, "--deed", deed_,
                                {{"flood", Deed::flood},
                                 {"colors", Deed::colors},
                                 {"hold", Deed::hold},
                                 {"poll", Deed::poll},
                                 {"bug", Deed::bug},
                                 {"exception", Deed::exception},
                                 {"memory", Deed::memory},
                                 {"fail", Deed::fail}},
                                "What to do");
        add_choice_option<Errc>(app, "--code", code_, kCodes, "Kind of failure");
        add_repeatable_option(app, "-m,--map", maps_, "Given back as it was understood", "MAP");
        add_output_option(app, output_, "File that must never appear");
        add_moment_option(app, "--until", until_, "Given back as it was understood");
        app.add_option("words", words_, "Given back as they were understood");
    }

    Result<ExitCode> run(Streams io) override {
        switch (deed_) {
            case Deed::nothing: return echo(io);
            case Deed::flood: return flood(io);
            case Deed::colors: return colors(io);
            case Deed::hold: return hold(io);
            case Deed::poll: return poll(io);
            case Deed::bug:
                TOPGUN_ASSERT(deed_ == Deed::nothing, "a probe does nothing bad");
                break;
            case Deed::exception: throw std::runtime_error("thrown on request");
            case Deed::memory: throw std::bad_alloc();
            case Deed::fail:
                io.out << "found before\n";
                return Error(code_, "failed on request \x1b[31m").within("probe.tgs");
        }
        return ExitCode::ok;
    }

private:
    Result<ExitCode> echo(Streams io) {
        for (const auto& map : maps_) io.out << "map " << map << '\n';
        for (const auto& word : words_) io.out << "word " << word << '\n';
        if (until_) io.out << "until " << until_->millis << ' ' << until_->counter << '\n';
        io.err.note("a note");
        io.err.detail("a detail");
        io.err.warning("a warning");
        return ExitCode::ok;
    }

    static Result<ExitCode> flood(Streams io) {
        for (int i = 0; i < 1'000'000; ++i) io.out << "line " << i << '\n';
        return ExitCode::ok;
    }

    static Result<ExitCode> colors(Streams io) {
        io.out << io.out.styled(Style::good, "good") << '\n';
        return ExitCode::ok;
    }

    // Has an unfinished file open until a signal comes.
    Result<ExitCode> hold(Streams io) {
        auto chosen = ChosenOutput::open(output_, io);
        if (!chosen) return std::move(chosen).error();
        **chosen << "half of it";
        io.out << "ready\n";
        io.out.flush();
        for (;;) ::pause();
    }

    static Result<ExitCode> poll(Streams io) {
        const CancelScope scope;
        io.out << "ready\n";
        io.out.flush();
        while (!cancel_requested()) ::usleep(1000);
        io.out << "stopped in order\n";
        return Error(Errc::cancelled, "stopped; run it again to go on");
    }

    Deed deed_ = Deed::nothing;
    Errc code_ = Errc::bad_input;
    std::string output_;
    std::vector<std::string> maps_, words_;
    std::optional<Timestamp> until_;
};

}  // namespace
}  // namespace topgun::cli

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::Probe>(argc, argv);
}
