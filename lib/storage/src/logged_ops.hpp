// SPDX-License-Identifier: Apache-2.0
// A batch of ops on its way into a data directory: what is logged, and the same to be merged.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/crdt/op.hpp"
#include "topgun/wire/op.hpp"

namespace topgun::storage {

/// The frames of a batch, and the ops that a reader will find in them (TG-DIR-003). Made without a
/// lock. Ops are borrowed: they live as long as what they were made from.
class LoggedOps {
public:
    explicit LoggedOps(std::span<const Op> ops);

    std::size_t size() const noexcept { return ops_.size(); }
    /// Why an op cannot be logged; null when it can.
    const Error* refusal(std::size_t at) const {
        return errors_.empty() || !errors_[at] ? nullptr : &*errors_[at];
    }
    /// The ops from `at` up to the next that is refused.
    std::span<const Op> run(std::size_t at) const;
    /// Frames of the ops from `first` up to `last`. @pre none of them is refused.
    BytesView frames(std::size_t first, std::size_t last) const {
        return BytesView(frames_).substr(starts_[first], starts_[last] - starts_[first]);
    }

private:
    void read_again();
    void refuse(std::size_t at, Error error);

    std::vector<Op> ops_;
    std::vector<std::optional<Error>> errors_;  // empty while there are none
    std::vector<std::size_t> starts_;           // of frames; one more than ops
    Bytes frames_;
    // Of the ops that are read again.
    Bytes payloads_;
    wire::OpBatch batch_;
};

}  // namespace topgun::storage
