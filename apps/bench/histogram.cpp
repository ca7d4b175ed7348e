// SPDX-License-Identifier: Apache-2.0
#include "histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace topgun::cli {
namespace {

constexpr unsigned kBits = 7;  // a bucket spans one part in 2^kBits of its values
constexpr std::uint64_t kExact = std::uint64_t{2} << kBits;
constexpr std::size_t kBuckets = kExact + (64 - kBits - 1) * (kExact / 2);

std::size_t bucket_of(std::uint64_t value) noexcept {
    if (value < kExact) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
    // The leading one is part of what remains: kExact / 2 buckets for each shift.
    return static_cast<std::size_t>(kExact / 2 * shift + (value >> shift));
}

std::uint64_t first_of(std::size_t bucket) noexcept {
    if (bucket < kExact) return bucket;
    const auto shift = bucket / (kExact / 2) - 1;
    return (bucket - kExact / 2 * shift) << shift;
}

std::uint64_t last_of(std::size_t bucket) noexcept {
    return bucket + 1 == kBuckets ? ~std::uint64_t{0} : first_of(bucket + 1) - 1;
}

}  // namespace

Histogram::Histogram() : counts_(kBuckets) {}

void Histogram::add(std::uint64_t value) noexcept {
    ++counts_[bucket_of(value)];
    ++count_;
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
}

void Histogram::add(const Histogram& other) noexcept {
    for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
}

std::uint64_t Histogram::at(double share) const noexcept {
    if (empty()) return 0;
    const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
    const auto rank = std::clamp<std::uint64_t>(wanted, 1, count_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
        seen += counts_[i];
        if (seen >= rank) return std::clamp(last_of(i), min_, max_);
    }
    return max_;
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
    std::vector<Bucket> out;
    for (std::size_t i = 0; i < kBuckets; ++i) {
        if (counts_[i] != 0) out.push_back({first_of(i), last_of(i), counts_[i]});
    }
    return out;
}

}  // namespace topgun::cli
