// SPDX-License-Identifier: Apache-2.0
// From texts to vectors: the seam behind which models may stand.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"

namespace topgun::search {

/// Gives a text its place in a space where what means alike lies close together.
/// Threads: one at a time.
class TOPGUN_API Embedder {
public:
    virtual ~Embedder();
    virtual std::uint32_t dimension() const noexcept = 0;
    /// A vector of that dimension; empty for a text that has no meaning to it.
    virtual Result<std::vector<float>> embed(std::string_view text) = 0;
};

/// The provider of that name: "deterministic" counts words by their hashes, as TopGun's server does
/// under this name. It knows no meaning beyond equal words, needs no model, and gives the same
/// everywhere.
/// Errors: usage for another name, and a dimension of 0 or above VectorOptions::kDimensionMax.
TOPGUN_API Result<std::unique_ptr<Embedder>> make_embedder(std::string_view provider,
                                                           std::uint32_t dimension);

}  // namespace topgun::search
