// SPDX-License-Identifier: Apache-2.0
// How code deep inside of a run learns that the run has to end, without a token handed down to it.
#pragma once

#include <chrono>
#include <optional>

#include "topgun/dag/processor.hpp"

namespace topgun::dag {

/// While it lives, stop_requested() on this thread looks at its token. Scopes nest; run() has one
/// around all calls of processors.
class TOPGUN_API StopScope {
public:
    using Moment = std::chrono::steady_clock::time_point;

    /// @param token  outlives the scope.
    explicit StopScope(const CancelToken& token, std::optional<Moment> deadline = {}) noexcept;
    StopScope(const StopScope&) = delete;
    StopScope& operator=(const StopScope&) = delete;
    ~StopScope();

private:
    friend bool stop_requested() noexcept;
    const CancelToken& token_;
    std::optional<Moment> deadline_;
    const StopScope* const outer_;
};

/// True when what runs on this thread should end with Errc::cancelled, because its token is
/// cancelled or its deadline has passed. False outside of any scope. A matter of nanoseconds: call
/// it about every 10 microseconds.
TOPGUN_API bool stop_requested() noexcept;

}  // namespace topgun::dag
