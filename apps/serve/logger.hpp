// SPDX-License-Identifier: Apache-2.0
// The endpoint's log on standard error: lines for people, or JSON objects for machines.
#pragma once

#include "common/streams.hpp"
#include "topgun/net/server.hpp"

namespace topgun::cli {

/// Threads: log() from any.
class Logger {
public:
    /// @param io  outlives the logger.
    Logger(Streams io, bool json) : io_(io), json_(json) {}
    void log(const net::LogEvent& event);
    void info(std::string_view message,
              std::vector<std::pair<std::string_view, std::string>> fields = {}) {
        log({net::LogLevel::info, message, std::move(fields)});
    }
    void warning(std::string_view message,
                 std::vector<std::pair<std::string_view, std::string>> fields = {}) {
        log({net::LogLevel::warning, message, std::move(fields)});
    }
    void error(std::string_view message,
               std::vector<std::pair<std::string_view, std::string>> fields = {}) {
        log({net::LogLevel::error, message, std::move(fields)});
    }

private:
    Streams io_;
    bool json_;
};

}  // namespace topgun::cli
