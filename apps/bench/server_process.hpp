// SPDX-License-Identifier: Apache-2.0
// A topgun-serve of one's own: started beside this program, watched, ended.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/net/client.hpp"

namespace topgun::cli {

/// What the operating system says of a process.
struct ProcessUse {
    std::uint64_t resident_bytes = 0, peak_resident_bytes = 0;
    double cpu_seconds = 0;  ///< Since it began, of all its threads.
};
/// @return zeros for a process that is not there.
ProcessUse use_of(pid_t pid);

/// Ends with the object, by SIGKILL when nobody ended it before. Dies with this process, too.
class ServerProcess {
public:
    /// Starts topgun-serve, which stands beside this program, on any free port of the loopback
    /// address, and waits until it listens. Its warnings go to standard error.
    /// @param arguments  beyond --listen. @param program  another one than that; for tests.
    /// Errors: not_found, io; unreachable when it ends at once.
    static Result<ServerProcess> start(std::vector<std::string> arguments,
                                       const std::string& program = {});
    ServerProcess(ServerProcess&& other) noexcept;
    ServerProcess& operator=(ServerProcess&& other) noexcept;
    ~ServerProcess();

    net::Url url() const;
    pid_t pid() const noexcept { return pid_; }
    /// Sends a signal and waits for the end. @return the status as a shell shows it.
    int end(int signal);
    /// Sends a signal and does not wait.
    void signal(int signal) const;

private:
    ServerProcess(pid_t pid, std::uint16_t port) noexcept : pid_(pid), port_(port) {}
    pid_t pid_;
    std::uint16_t port_;
};

/// A folder that goes with everything in it when the object does.
class ScratchFolder {
public:
    /// @param below  a folder that is made when missing; empty: where temporary files go.
    /// Errors: io.
    static Result<ScratchFolder> create(const std::string& below);
    ScratchFolder(ScratchFolder&& other) noexcept;
    ScratchFolder& operator=(ScratchFolder&&) = delete;
    ~ScratchFolder();

    const std::string& path() const noexcept { return path_; }
    /// The folder stays.
    void keep() noexcept { keep_ = true; }
    /// It lies in memory, so that nothing in it is ever durable.
    bool in_memory() const;

private:
    explicit ScratchFolder(std::string path) : path_(std::move(path)) {}
    std::string path_;
    bool keep_ = false;
};

}  // namespace topgun::cli
