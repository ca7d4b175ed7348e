// SPDX-License-Identifier: Apache-2.0
#include "server_process.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "common/temporary.hpp"

namespace topgun::cli {
namespace {

namespace fs = std::filesystem;

Result<std::string> serve_program(const std::string& chosen) {
    if (!chosen.empty()) return chosen;
    std::error_code failed;
    const auto self = fs::read_symlink("/proc/self/exe", failed);
    const auto path = (self.parent_path() / "topgun-serve").string();
    if (failed || ::access(path.c_str(), X_OK) != 0) {
        return Error(Errc::not_found, "topgun-serve is not installed beside this program");
    }
    return path;
}

// The server must be what the options say, whatever the shell was set up for.
void forget_environment() {
    for (const char* name :
         {"JWT_SECRET", "PORT", "STORAGE_BACKEND", "DATABASE_URL", "TOPGUN_NO_AUTH",
          "TOPGUN_BIND_ADDR", "TOPGUN_WAL_FSYNC_POLICY", "TOPGUN_ALLOW_NO_AUTH_PUBLIC_BIND"}) {
        ::unsetenv(name);
    }
}

[[noreturn]] void become(const std::vector<char*>& words, int out) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(out, STDOUT_FILENO);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(nothing, STDIN_FILENO);
    // Ctrl-C is for the generator, which ends the server itself.
    ::setpgid(0, 0);
    forget_environment();
    ::execv(words[0], words.data());
    ::_exit(127);
}

// The port that the server announces; 0 when it ends without.
unsigned read_port(int descriptor) {
    std::string line;
    char next = 0;
    while (line.size() < 64 && ::read(descriptor, &next, 1) == 1 && next != '\n') line += next;
    unsigned port = 0;
    return std::sscanf(line.c_str(), "PORT=%u", &port) == 1 && port < 65'536 ? port : 0;
}

int wait_for(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

ProcessUse use_of(pid_t pid) {
    ProcessUse out;
    const auto folder = "/proc/" + std::to_string(pid);
    std::ifstream status(folder + "/status");
    for (std::string line; std::getline(status, line);) {
        unsigned long kib = 0;
        if (std::sscanf(line.c_str(), "VmRSS: %lu kB", &kib) == 1) out.resident_bytes = kib << 10;
        if (std::sscanf(line.c_str(), "VmHWM: %lu kB", &kib) == 1) {
            out.peak_resident_bytes = kib << 10;
        }
    }
    std::ifstream stat(folder + "/stat");
    std::string text;
    std::getline(stat, text);
    // The second field is a name, which may hold blanks and brackets of its own.
    const auto bracket = text.rfind(')');
    if (bracket == std::string::npos) return out;
    unsigned long user = 0, system = 0;
    if (std::sscanf(text.c_str() + bracket + 1,
                    " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) == 2) {
        out.cpu_seconds =
            static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    }
    return out;
}

Result<ServerProcess> ServerProcess::start(std::vector<std::string> arguments,
                                           const std::string& chosen) {
    auto program = serve_program(chosen);
    if (!program) return std::move(program).error();
    arguments.insert(arguments.begin(), {*program, "--quiet", "--listen", "127.0.0.1:0"});
    std::vector<char*> words;
    for (auto& word : arguments) words.push_back(word.data());
    words.push_back(nullptr);
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Error(Errc::io, std::strerror(errno));
    const auto pid = ::fork();
    if (pid == 0) become(words, ends[1]);
    ::close(ends[1]);
    const auto port = pid < 0 ? 0 : read_port(ends[0]);
    ::close(ends[0]);
    if (pid < 0) return Error(Errc::io, "cannot start topgun-serve");
    if (port == 0) {
        ::kill(pid, SIGKILL);
        (void)wait_for(pid);
        return Error(Errc::unreachable, "topgun-serve ended before it listened");
    }
    return ServerProcess(pid, static_cast<std::uint16_t>(port));
}

ServerProcess::ServerProcess(ServerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), port_(other.port_) {}

ServerProcess& ServerProcess::operator=(ServerProcess&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(port_, other.port_);
    return *this;
}

ServerProcess::~ServerProcess() {
    if (pid_ > 0) (void)end(SIGKILL);
}

net::Url ServerProcess::url() const {
    net::Url out;
    out.host = "127.0.0.1";
    out.port = port_;
    return out;
}

void ServerProcess::signal(int signal) const {
    if (pid_ > 0) ::kill(pid_, signal);
}

int ServerProcess::end(int signal) {
    this->signal(signal);
    return wait_for(std::exchange(pid_, -1));
}

Result<ScratchFolder> ScratchFolder::create(const std::string& below) {
    auto usual = below.empty() ? temporary_folder() : Result<std::string>(below);
    if (!usual) return std::move(usual).error();
    const fs::path parent(*usual);
    std::error_code failed;
    fs::create_directories(parent, failed);
    if (failed) return Error(Errc::io, below + ": " + failed.message());
    auto path = (parent / "topgun-bench-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) {
        return Error(Errc::io, parent.string() + ": " + std::strerror(errno));
    }
    return ScratchFolder(std::move(path));
}

ScratchFolder::ScratchFolder(ScratchFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})), keep_(other.keep_) {}

ScratchFolder::~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty() && !keep_) fs::remove_all(path_, ignored);
}

bool ScratchFolder::in_memory() const {
    struct statfs facts {};
    return ::statfs(path_.c_str(), &facts) == 0 &&
           (facts.f_type == TMPFS_MAGIC || facts.f_type == RAMFS_MAGIC);
}

}  // namespace topgun::cli
