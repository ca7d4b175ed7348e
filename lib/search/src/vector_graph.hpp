// SPDX-License-Identifier: Apache-2.0
// hnswlib behind a wall: its types, exceptions and output stay in one file.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "distance.hpp"

namespace topgun::search {

/// A small-world graph over slots of a table. It keeps no vectors of its own.
/// After a failure of the library (out of memory) it is broken: every call does nothing.
class VectorGraph {
public:
    /// @param table  outlives the graph; what it has been told of stays where it is.
    VectorGraph(const VectorTable& table, const VectorOptions& options);
    ~VectorGraph();

    /// False when the graph is broken.
    bool add(std::uint32_t slot);
    /// The slot is not found any more, but still passed through.
    void hide(std::uint32_t slot);
    /// The nearest slots, in no order; about `wanted` of them. Empty when it is broken.
    std::vector<std::pair<float, std::uint32_t>> find(const float* query, float length,
                                                      std::size_t wanted, std::size_t ef) const;
    std::size_t size() const noexcept { return size_; }
    bool broken() const noexcept { return broken_; }

private:
    struct Library;
    void make_room();

    std::unique_ptr<Library> library_;
    std::size_t size_ = 0;
    mutable bool broken_ = false;
};

}  // namespace topgun::search
