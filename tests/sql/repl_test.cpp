// SPDX-License-Identifier: Apache-2.0
// The prompt on a real pseudo-terminal: editing, history, completion, Ctrl-C and Ctrl-D.
#include "repl.hpp"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "fake_session.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::cli;
using namespace topgun::test;

namespace {

/// A prompt over a fake session, in a process of its own behind a pseudo-terminal.
class Terminal {
public:
    explicit Terminal(const ScratchDir& scratch, const char* pager = "cat") {
        struct winsize size {};
        size.ws_col = 80;
        size.ws_row = 12;
        child_ = ::forkpty(&screen_, nullptr, nullptr, &size);
        REQUIRE(child_ >= 0);
        if (child_ == 0) run_child(scratch, pager);
    }
    ~Terminal() {
        ::kill(child_, SIGKILL);
        if (!ended_) ::waitpid(child_, nullptr, 0);
        ::close(screen_);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    void send(const std::string& text) const {
        REQUIRE(::write(screen_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }

    /// Waits until `text` appears after what was seen before.
    bool shows(const std::string& text) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        for (;;) {
            const auto found = seen_.find(text, from_);
            if (found != std::string::npos) {
                from_ = found + text.size();
                return true;
            }
            if (std::chrono::steady_clock::now() > deadline || !more()) {
                UNSCOPED_INFO("waited for: " << text << "\nscreen: " << seen_.substr(from_));
                return false;
            }
        }
    }

    /// The exit status once the prompt has ended; -1 when it does not end.
    int status() {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        for (;;) {
            if (!more()) break;
            if (std::chrono::steady_clock::now() > deadline) return -1;
        }
        int status = 0;
        ::waitpid(child_, &status, 0);
        ended_ = true;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

private:
    [[noreturn]] static void run_child(const ScratchDir& scratch, const char* pager) {
        ::setenv("XDG_STATE_HOME", scratch.path().c_str(), 1);
        ::setenv("HOME", scratch.path().c_str(), 1);
        ::setenv("TERM", "xterm", 1);
        ::setenv("PAGER", pager, 1);
        ::unsetenv("COLUMNS");
        ::unsetenv("LINES");
        FakeSession session;
        session.tables_made = {table_info("a", "users", {"id", "name"})};
        Output out(STDOUT_FILENO, "standard output");
        Messages err(Output(STDERR_FILENO, "standard error"), "topgun-cli sql", true);
        Settings settings;
        settings.bail = false;
        Shell shell(Streams{out, err}, session, settings);
        (void)shell.open("a=a.tgs", {});
        const auto done = run_prompt(shell);
        (void)out.finish();
        ::_exit(done ? 0 : 1);
    }

    bool more() {
        pollfd waiting{screen_, POLLIN, 0};
        if (::poll(&waiting, 1, 1000) == 0) return true;
        char bytes[4096];
        const auto count = ::read(screen_, bytes, sizeof bytes);
        if (count <= 0) return false;
        seen_.append(bytes, static_cast<std::size_t>(count));
        return true;
    }

    int screen_ = -1;
    pid_t child_ = -1;
    bool ended_ = false;
    std::string seen_;
    std::size_t from_ = 0;
};

}  // namespace

TEST_CASE("statements of several lines run when they are complete", "[sql][repl]") {
    const ScratchDir scratch;
    Terminal terminal(scratch);
    CHECK(terminal.shows("a=> "));
    terminal.send("SELECT\r");
    CHECK(terminal.shows("a-> "));
    terminal.send("2;\r");
    CHECK(terminal.shows("(2 rows)"));
    terminal.send("begin;\r");
    CHECK(terminal.shows("a*> "));
    terminal.send("commit;\r.quit\r");
    CHECK(terminal.status() == 0);
    CHECK(slurp(scratch.file("topgun/sql_history")) == "SELECT 2;\nbegin;\ncommit;\n.quit\n");
}

TEST_CASE("errors keep the prompt", "[sql][repl]") {
    const ScratchDir scratch;
    Terminal terminal(scratch);
    CHECK(terminal.shows("a=> "));
    terminal.send("fail;\r");
    CHECK(terminal.shows("error: line 1, column 1: it fails"));
    CHECK(terminal.shows("a=> "));
    terminal.send("SELECT 1;\r");
    CHECK(terminal.shows("(1 row)"));
    CHECK(terminal.shows("a=> "));
    terminal.send("\x04");
    CHECK(terminal.status() == 0);
}

TEST_CASE("keys typed before the prompt is back are keys", "[sql][repl]") {
    const ScratchDir scratch;
    // Each round hits another moment between the statement and the next prompt.
    for (const int microseconds : {0, 20, 100, 300, 1000, 4000}) {
        CAPTURE(microseconds);
        Terminal terminal(scratch);
        CHECK(terminal.shows("a=> "));
        terminal.send("SELECT 2;\r");
        CHECK(terminal.shows("(2 rows)"));
        ::usleep(static_cast<useconds_t>(microseconds));
        terminal.send("SELECT\x03");
        CHECK(terminal.shows("a=> "));
        terminal.send("slow\x15SELECT 1;\r");
        CHECK(terminal.shows("(1 row)"));
        terminal.send("\x04");
        CHECK(terminal.status() == 0);
    }
}

TEST_CASE("Ctrl-C clears the line and leaves the session", "[sql][repl]") {
    const ScratchDir scratch;
    Terminal terminal(scratch);
    CHECK(terminal.shows("a=> "));
    terminal.send("SELECT\r");
    CHECK(terminal.shows("a-> "));
    terminal.send("oops\x03");
    CHECK(terminal.shows("a=> "));
    terminal.send("SELECT 1;\r");
    CHECK(terminal.shows("(1 row)"));
    terminal.send("\\q\r");
    CHECK(terminal.status() == 0);
}

TEST_CASE("unsaved changes are told before the user leaves", "[sql][repl]") {
    const ScratchDir scratch;
    Terminal terminal(scratch);
    CHECK(terminal.shows("a=> "));
    terminal.send("change 2;\r.quit\r");
    CHECK(terminal.shows("2 changes are not saved"));
    CHECK(terminal.shows("a=> "));
    terminal.send(".quit\r");
    CHECK(terminal.status() == 0);
}

TEST_CASE("Tab completes words and lists what there is", "[sql][repl]") {
    const ScratchDir scratch;
    Terminal terminal(scratch);
    CHECK(terminal.shows("a=> "));
    terminal.send("SELECT * FROM us\t");
    // The screen shows what was added.
    CHECK(terminal.shows("ers "));
    terminal.send("\x15.ti\t\t");
    CHECK(terminal.shows(".timeout"));
    CHECK(terminal.shows(".timer"));
    terminal.send("\x15\\q\r");
    CHECK(terminal.status() == 0);
}

TEST_CASE("what was typed comes back from the last session", "[sql][repl]") {
    const ScratchDir scratch;
    {
        Terminal first(scratch);
        CHECK(first.shows("a=> "));
        first.send("SELECT 3;\r\\q\r");
        CHECK(first.status() == 0);
    }
    Terminal second(scratch);
    CHECK(second.shows("a=> "));
    second.send("\x1b[A\x1b[A");
    CHECK(second.shows("SELECT 3;"));
    second.send("\r");
    CHECK(second.shows("(3 rows)"));
    second.send("\\q\r");
    CHECK(second.status() == 0);
}

TEST_CASE("results taller than the screen go through the pager", "[sql][repl]") {
    const ScratchDir scratch;
    Terminal terminal(scratch, "sed s/^/paged:/");
    CHECK(terminal.shows("a=> "));
    terminal.send("SELECT 3;\r");
    CHECK(terminal.shows(" 3\r\n"));
    terminal.send("SELECT 30;\r");
    CHECK(terminal.shows("paged: 30"));
    CHECK(terminal.shows("paged:(30 rows)"));
    terminal.send(".pager off\rSELECT 30;\r");
    CHECK(terminal.shows("\n 30"));
    terminal.send("\\q\r");
    CHECK(terminal.status() == 0);
}
