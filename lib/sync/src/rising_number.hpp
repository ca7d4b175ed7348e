// SPDX-License-Identifier: Apache-2.0
// Numbers that must never be given out twice, over restarts neither.
#pragma once

#include <cstdint>
#include <string>

#include "topgun/base/error.hpp"

namespace topgun::sync {

class Hub;

/// Counts from 1. Numbers are reserved in blocks by a record of the endpoint's own, under the
/// reserved map `__topgun_numbers`; after a restart the first one follows the last block. So one
/// write serves many numbers, and numbers are left out at most once a restart.
class RisingNumber {
public:
    /// @param hub  outlives this, and has its maps. @param key  of the record.
    RisingNumber(Hub& hub, std::string key, std::uint64_t block);

    /// Numbers up to `floor` are not given out any more.
    void raise(std::uint64_t floor);

    /// The last number given out, or passed over; 0 at first.
    std::uint64_t last() const noexcept { return last_; }

    struct Issued {
        std::uint64_t number = 0;
        /// Nobody may learn the number before the storage's durable() has reached this.
        std::uint64_t sequence = 0;
    };
    /// Errors: those of storing; limit beyond 2^53 - 1, which no JavaScript peer could read.
    Result<Issued> next();

private:
    Hub& hub_;
    std::string key_;
    std::uint64_t block_;
    std::uint64_t last_ = 0;
    std::uint64_t reserved_ = 0;
    std::uint64_t sequence_ = 0;
};

}  // namespace topgun::sync
