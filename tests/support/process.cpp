// SPDX-License-Identifier: Apache-2.0
// fork, exec and poll: input is fed and both outputs are read at once, so that nothing can jam.
#include "topgun_test/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace topgun::test {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
    int read_end = -1, write_end = -1;
    Pipe() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) == 0) {
            read_end = ends[0];
            write_end = ends[1];
        }
    }
    ~Pipe() {
        close_end(read_end);
        close_end(write_end);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    static void close_end(int& end) {
        if (end >= 0) ::close(end);
        end = -1;
    }
};

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> out;
    for (auto& word : words) out.push_back(word.data());
    out.push_back(nullptr);
    return out;
}

// Only async-signal-safe calls between fork and exec.
[[noreturn]] void become(char** arguments, char** environment, const char* folder, int in, int out,
                         int err, const char* output_path) {
    if (*output_path != '\0') out = ::open(output_path, O_WRONLY | O_CLOEXEC);
    const bool ready = ::dup2(in, 0) == 0 && ::dup2(out, 1) == 1 && ::dup2(err, 2) == 2 &&
                       (*folder == '\0' || ::chdir(folder) == 0);
    if (ready) ::execve(arguments[0], arguments, environment);
    const char* why = std::strerror(errno);
    if (::write(2, why, std::strlen(why)) < 0) ::_exit(126);
    ::_exit(127);
}

// Feeds and reads until both outputs end.
class Exchange {
public:
    Exchange(Pipe& in, Pipe& out, Pipe& err, const ProcessOptions& options, pid_t child)
        : in_(in), out_(out), err_(err), options_(options), child_(child) {}

    void run(ProcessResult& result) {
        const auto deadline = Clock::now() + options_.time_limit;
        while (out_.read_end >= 0 || err_.read_end >= 0) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
            std::array<pollfd, 3> polled{{{in_.write_end, POLLOUT, 0},
                                          {out_.read_end, POLLIN, 0},
                                          {err_.read_end, POLLIN, 0}}};
            if (left.count() <= 0) {
                result.timed_out = true;
                ::kill(child_, SIGKILL);
                return;
            }
            if (::poll(polled.data(), polled.size(), static_cast<int>(left.count())) <= 0) continue;
            if (polled[0].revents != 0) feed();
            if (polled[1].revents != 0) read_from(out_.read_end, result.out);
            if (polled[2].revents != 0) read_from(err_.read_end, result.err);
            if (result.out.size() >= options_.output_limit) Pipe::close_end(out_.read_end);
            send_signal(result);
        }
    }

private:
    void feed() {
        const auto& input = options_.input;
        const auto written = ::write(in_.write_end, input.data() + fed_, input.size() - fed_);
        if (written > 0) fed_ += static_cast<std::size_t>(written);
        if (written < 0 || fed_ == input.size()) Pipe::close_end(in_.write_end);
    }

    static void read_from(int& end, std::string& text) {
        std::array<char, 65536> buffer;
        const auto got = ::read(end, buffer.data(), buffer.size());
        if (got > 0) {
            text.append(buffer.data(), static_cast<std::size_t>(got));
        } else {
            Pipe::close_end(end);
        }
    }

    void send_signal(const ProcessResult& result) {
        if (signalled_ || options_.signal == 0 || result.out.find('\n') == std::string::npos)
            return;
        signalled_ = true;
        ::kill(child_, options_.signal);
    }

    Pipe &in_, &out_, &err_;
    const ProcessOptions& options_;
    pid_t child_;
    std::size_t fed_ = 0;
    bool signalled_ = false;
};

}  // namespace

std::map<std::string, std::string> clean_environment() {
    std::map<std::string, std::string> environment = {
        {"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}, {"TERM", "dumb"}};
    for (const char* name : {"PATH", "HOME", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS",
                             "TSAN_OPTIONS", "LSAN_OPTIONS"}) {
        const char* value = std::getenv(name);
        if (value != nullptr) environment[name] = value;
    }
    return environment;
}

ProcessResult run_process(const std::filesystem::path& program, const ProcessOptions& options) {
    // A program that stops reading must not end the test.
    ::signal(SIGPIPE, SIG_IGN);
    std::vector<std::string> words = {program.string()};
    words.insert(words.end(), options.arguments.begin(), options.arguments.end());
    auto variables = clean_environment();
    for (const auto& [name, value] : options.environment) variables[name] = value;
    std::vector<std::string> lines;
    for (const auto& [name, value] : variables) lines.push_back(name + '=' + value);
    auto arguments = pointers(words);
    auto environment = pointers(lines);
    const auto folder = options.folder.string();
    Pipe in, out, err;
    ::fcntl(in.write_end, F_SETFL, O_NONBLOCK);

    ProcessResult result;
    const pid_t child = ::fork();
    if (child < 0) {
        result.status = 127;
        result.err = "cannot fork";
        return result;
    }
    if (child == 0) {
        ::signal(SIGPIPE, SIG_DFL);
        become(arguments.data(), environment.data(), folder.c_str(), in.read_end, out.write_end,
               err.write_end, options.output_path.c_str());
    }
    Pipe::close_end(in.read_end);
    Pipe::close_end(out.write_end);
    Pipe::close_end(err.write_end);
    Exchange(in, out, err, options, child).run(result);
    int status = 0;
    ::waitpid(child, &status, 0);
    result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return result;
}

}  // namespace topgun::test
