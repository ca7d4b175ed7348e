// SPDX-License-Identifier: Apache-2.0
// What stands beside a SQLite file, and whether anything changed while it was read without locks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "topgun/base/error.hpp"

namespace topgun::sqlitefile {

/// A file and its side files at one moment.
class Surroundings {
public:
    /// Errors: io.
    static Result<Surroundings> of(const std::string& path);

    /// The log of a file in WAL mode has content.
    bool has_log() const noexcept { return log_ && std::get<0>(*log_) > 0; }
    /// A process keeps an index of the log, or kept one when it died.
    bool has_index() const noexcept { return index_; }
    /// A transaction that is under way, or was when its writer died, in a file without a log.
    bool has_journal() const noexcept { return journal_; }

    /// Errors: locked when file or log are not as they were.
    Status still_so(const std::string& path) const;

private:
    using Trace = std::tuple<std::int64_t, std::int64_t, std::int64_t>;  // size, time of change
    static std::optional<Trace> trace(const std::string& path);

    std::optional<Trace> file_, log_;
    bool index_ = false, journal_ = false;
};

}  // namespace topgun::sqlitefile
