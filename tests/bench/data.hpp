// SPDX-License-Identifier: Apache-2.0
// Records like those of an application: a map value of six fields, four nodes, keys "user-N".
#pragma once

#include <string>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/crdt/op.hpp"
#include "topgun/replica/replica.hpp"

namespace topgun::bench {

/// Ops that own their texts. The same count gives the same ops.
class Workload {
public:
    explicit Workload(std::size_t count);
    const std::vector<Op>& ops() const noexcept { return ops_; }
    /// The same writes, a moment later: each beats the original.
    std::vector<Op> later(std::uint64_t by_ms) const;
    /// Keys and values together.
    std::uint64_t bytes() const noexcept { return bytes_; }

private:
    std::vector<std::string> keys_;
    std::vector<Bytes> values_;
    std::vector<Op> ops_;
    std::uint64_t bytes_ = 0;
};

/// One workload per size, made once and kept.
const Workload& workload(std::size_t count);

/// A replica of a workload in which `differences` keys were written again.
std::unique_ptr<Replica> replica_of(std::size_t count, std::size_t differences);

/// Path of a snapshot file of that replica, written once into a folder that goes with the process.
const std::string& snapshot_of(std::size_t count, std::size_t differences);

/// Largest resident memory of this process so far, in bytes.
std::uint64_t peak_memory();

}  // namespace topgun::bench
