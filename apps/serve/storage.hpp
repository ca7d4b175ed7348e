// SPDX-License-Identifier: Apache-2.0
// Where the endpoint keeps its maps, and what is said of a database behind it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/exit_code.hpp"
#include "logger.hpp"
#include "options.hpp"
#include "topgun/storage/server_storage.hpp"
#include "topgun/sync/http_api.hpp"

namespace topgun::cli {

/// Threads: the one that makes it, but gauges() and database() may be called from any.
class EndpointStorage {
public:
    /// Errors: those of the storages; usage for a place of an unknown kind.
    static Result<EndpointStorage> open(const ServeOptions& options, const std::string& node,
                                        Logger& logger);

    ServerStorage& operator*() const noexcept { return *storage_; }
    ServerStorage* operator->() const noexcept { return storage_.get(); }

    /// Logs when the database stays away, when it is back, and what it refuses. To be called some
    /// ten times a second.
    void tick();
    /// Numbers of the database; none without one.
    std::vector<sync::Gauge> gauges() const;
    /// JSON about it; empty without one. @param details  also what only operators should read.
    std::string database(bool details) const;
    /// Ends it. @return incomplete when the database lacks something, which is logged.
    Result<ExitCode> close(std::uint64_t within_ms);

private:
    EndpointStorage(std::unique_ptr<ServerStorage> storage, Logger& logger);
    static Result<EndpointStorage> open_backed(const ServeOptions& options,
                                               DataDirectoryOptions opening, Logger& logger);
    void tell_backed() const;

    std::unique_ptr<ServerStorage> storage_;
    const BackedStorage* backed_ = nullptr;  // the same, when a database is behind it
    Logger* logger_;
    bool away_ = false;
    std::uint64_t refused_ = 0;
};

}  // namespace topgun::cli
