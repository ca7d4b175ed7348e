// SPDX-License-Identifier: Apache-2.0
// The first rows of an order out of a stream, in memory for those alone.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "plan.hpp"

namespace topgun::query {

/// Eight bytes that begin a position, so that most comparisons need no more: a smaller lead means
/// an earlier row; equal ones mean nothing.
std::uint64_t lead_of(const RowOrder& order, BytesView position) noexcept;

class Collector {
public:
    static constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

    struct Candidate {
        std::uint64_t lead = 0;  // of the position
        Bytes position;
        Bytes value;
    };

    /// @param after   rows up to this position are passed over; empty for none.
    /// @param wanted  how many to keep. @pre not 0.
    Collector(const RowOrder& order, std::optional<Bytes> after, std::uint64_t wanted,
              std::size_t memory_max)
        : order_(order), after_(std::move(after)), wanted_(wanted), memory_max_(memory_max) {}

    /// Errors: limit when the kept rows take more than memory_max.
    Status offer(const Record& record);
    /// The first rows in order. The collector is empty then.
    std::vector<Candidate> take();

private:
    bool before(const Candidate& a, const Candidate& b) const {
        if (a.lead != b.lead) return a.lead < b.lead;
        return order_.compare(a.position, b.position) < 0;
    }
    static std::size_t size_of(const Candidate& candidate) {
        return sizeof candidate + candidate.position.size() + candidate.value.size();
    }

    const RowOrder& order_;
    std::optional<Bytes> after_;
    std::uint64_t wanted_;
    std::size_t memory_max_;
    std::size_t memory_ = 0;
    std::vector<Candidate> kept_;  // a heap with the last one in front, once it is full
    Bytes position_;
};

}  // namespace topgun::query
