// SPDX-License-Identifier: Apache-2.0
// The seam through which chance enters the endpoint, so that simulations can own it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "topgun/base/export.hpp"
#include "topgun/base/random.hpp"

namespace topgun::sync {

using EntropyBytes = std::array<unsigned char, 16>;

/// Unpredictable bytes, for device identities and their key.
class TOPGUN_API Entropy {
public:
    virtual ~Entropy();
    /// Threads: the caller's own; an endpoint asks on its one thread only.
    virtual EntropyBytes draw() = 0;
};

/// The operating system's generator. One shared instance; lives as long as the process.
TOPGUN_API Entropy& system_entropy();

/// Predictable: for tests and simulations only.
class TOPGUN_API SeededEntropy final : public Entropy {
public:
    explicit SeededEntropy(std::uint64_t seed) noexcept : random_(seed) {}
    EntropyBytes draw() override;

private:
    Random random_;
};

}  // namespace topgun::sync
