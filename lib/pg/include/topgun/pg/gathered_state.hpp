// SPDX-License-Identifier: Apache-2.0
// The state that ops make, when there may be more of them than memory holds.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/replica/replica.hpp"
#include "topgun/replica/state.hpp"

namespace topgun::pg {

/// Ops merged as they come; what does not fit goes to snapshots in a temporary folder, which goes
/// with this. Threads: one owner.
class TOPGUN_API GatheredState {
public:
    /// @param folder  where the temporary one is made, when there is a need for it.
    /// @param memory_max  bytes, roughly.
    GatheredState(std::string folder, std::uint64_t memory_max);
    ~GatheredState();
    GatheredState(const GatheredState&) = delete;
    GatheredState& operator=(const GatheredState&) = delete;

    /// Errors: those of Replica::apply() and of writing files.
    Status take(const Op& op);
    /// All that was taken. It lives as long as this, and nothing is taken any more.
    /// Errors: those of reading the files.
    Result<const StateReader*> finish();
    /// Files that were written.
    std::size_t files() const noexcept { return files_.size(); }

private:
    Status spill();

    std::string parent_, folder_;
    std::uint64_t memory_max_;
    std::uint64_t bytes_unchecked_ = 0;
    std::unique_ptr<Replica> replica_;
    std::vector<std::string> files_;
    std::vector<std::unique_ptr<StateReader>> parts_;
    std::unique_ptr<StateReader> whole_;
};

}  // namespace topgun::pg
