// SPDX-License-Identifier: Apache-2.0
// Checksums of redb files made right again, from the leaves up to the commits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "topgun/base/bytes.hpp"

namespace topgun::fuzz {

/// Corrects the checksums of both commits and of every page of their users' tables, as far as pages
/// can be followed.
void seal_redb(Bytes& file);

/// What LLVMFuzzerCustomMutator() does for these files: some changes are left unsealed.
std::size_t mutate_redb(std::uint8_t* data, std::size_t size, std::size_t size_max, unsigned seed);

}  // namespace topgun::fuzz
