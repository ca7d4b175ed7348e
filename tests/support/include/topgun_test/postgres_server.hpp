// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL server of the tests' own: fresh, in a temporary folder, on a socket nobody else
// sees.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "topgun/base/error.hpp"

namespace topgun::test {

class PostgresServer {
public:
    /// Makes a cluster (texts compared by bytes, case by Unicode, UTF-8, time zone UTC) and starts
    /// it. As root it runs as the user postgres, for PostgreSQL refuses root. Errors: not_found
    /// with what to install; io.
    static Result<std::unique_ptr<PostgresServer>> start();
    ~PostgresServer();
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;

    /// Stops it at once, as a crash would.
    void stop();
    /// Starts it again with what it had.
    Status start_again() { return launch(); }

    /// A new, empty database. @return its name.
    Result<std::string> make_database();
    /// What libpq connects by, as keywords or as a URL.
    std::string target(const std::string& database) const;
    std::string url(const std::string& database) const;

    /// Kills one of its processes, as a fault of the server would: all connections are lost, and it
    /// recovers from its log. Waits until it answers again.
    void crash();

private:
    PostgresServer() = default;
    Status make_cluster();
    Status launch();
    Status wait_until_it_answers();
    std::string programs_;
    std::string folder_;
    pid_t server_ = -1;
    unsigned databases_ = 0;
};

}  // namespace topgun::test
