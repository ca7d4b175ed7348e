// SPDX-License-Identifier: Apache-2.0
// Distances between vectors, several numbers at a time.
#pragma once

#include <cstddef>

#include "topgun/search/vector_index.hpp"

namespace topgun::search {

float dot_product(const float* a, const float* b, std::size_t size) noexcept;
float squared_distance(const float* a, const float* b, std::size_t size) noexcept;
float manhattan_distance(const float* a, const float* b, std::size_t size) noexcept;

/// Many vectors of one size side by side, and how far apart they are: smaller is nearer.
/// For cosine 1 - cosine, for euclidean the square, for dot the negated product.
struct VectorTable {
    Metric metric = Metric::cosine;
    std::size_t dimension = 0;
    std::vector<float> numbers;  // of all vectors, one after the other
    std::vector<float> lengths;  // of each, for cosine only

    const float* at(std::size_t slot) const { return numbers.data() + slot * dimension; }
    float length_at(std::size_t slot) const { return metric == Metric::cosine ? lengths[slot] : 0; }
    /// @param a_length, b_length  used for cosine only.
    float between(const float* a, float a_length, const float* b, float b_length) const noexcept;
    double score(float distance) const noexcept;
};

}  // namespace topgun::search
