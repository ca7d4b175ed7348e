// SPDX-License-Identifier: Apache-2.0
#include "distance.hpp"

#include <cmath>
#include <cstring>

namespace topgun::search {
namespace {

// Four numbers as one. The compiler may not reorder sums of floats by itself; so it is said here
// which are independent, and the sum is the same on every machine.
using Four = float __attribute__((vector_size(16)));

Four load(const float* from) {
    Four out;
    std::memcpy(&out, from, sizeof out);
    return out;
}

float total(Four a, Four b, Four c, Four d) {
    const Four sum = (a + b) + (c + d);
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

Four absolute(Four value) {
    const Four negated = -value;
    return value < negated ? negated : value;
}

// Sums term(a, b) over both vectors, sixteen numbers a step.
template <typename Wide, typename Single>
float sum_over(const float* a, const float* b, std::size_t size, Wide&& wide, Single&& single) {
    Four sums[4] = {};
    std::size_t i = 0;
    for (; i + 16 <= size; i += 16) {
        for (std::size_t j = 0; j < 4; ++j) {
            sums[j] += wide(load(a + i + 4 * j), load(b + i + 4 * j));
        }
    }
    float rest = 0;
    for (; i < size; ++i) rest += single(a[i], b[i]);
    return total(sums[0], sums[1], sums[2], sums[3]) + rest;
}

}  // namespace

float dot_product(const float* a, const float* b, std::size_t size) noexcept {
    return sum_over(
        a, b, size, [](Four x, Four y) { return x * y; }, [](float x, float y) { return x * y; });
}

float squared_distance(const float* a, const float* b, std::size_t size) noexcept {
    return sum_over(
        a, b, size, [](Four x, Four y) { return (x - y) * (x - y); },
        [](float x, float y) { return (x - y) * (x - y); });
}

float manhattan_distance(const float* a, const float* b, std::size_t size) noexcept {
    return sum_over(
        a, b, size, [](Four x, Four y) { return absolute(x - y); },
        [](float x, float y) { return std::abs(x - y); });
}

float VectorTable::between(const float* a, float a_length, const float* b,
                           float b_length) const noexcept {
    switch (metric) {
        case Metric::euclidean: return squared_distance(a, b, dimension);
        case Metric::manhattan: return manhattan_distance(a, b, dimension);
        case Metric::dot: return -dot_product(a, b, dimension);
        case Metric::cosine: break;
    }
    if (a_length == 0 || b_length == 0) return 1;
    return 1 - dot_product(a, b, dimension) / (a_length * b_length);
}

double VectorTable::score(float distance) const noexcept {
    switch (metric) {
        case Metric::euclidean: return 1 / (1 + std::sqrt(static_cast<double>(distance)));
        case Metric::manhattan: return 1 / (1 + static_cast<double>(distance));
        case Metric::dot: return -static_cast<double>(distance);
        case Metric::cosine: break;
    }
    return 1 - static_cast<double>(distance);
}

}  // namespace topgun::search
