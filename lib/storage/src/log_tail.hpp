// SPDX-License-Identifier: Apache-2.0
// Reading a data directory's logs while they grow, from any place on.
#pragma once

#include <string>

#include "topgun/storage/data_directory.hpp"
#include "topgun/wire/op.hpp"

namespace topgun::storage {

/// Reads no further than what is durable. Threads: one owner.
class LogTail {
public:
    explicit LogTail(std::string folder) : folder_(std::move(folder)) {}

    /// Reads some ops, as many as stand in about `kPiece` bytes, from `at` on, and moves `at`
    /// behind them; empty when it has reached `end`. Valid until the next call.
    /// Errors: those of files, not_found for a log that is gone; bad_input for damage.
    Result<std::span<const Op>> next(LogPlace& at, const LogPlace& end);

    static constexpr std::size_t kPiece = std::size_t{4} << 20;

private:
    Status read_piece(LogPlace& at, const LogPlace& end);

    std::string folder_;
    Bytes bytes_;
    wire::OpBatch batch_;
};

/// Bytes between two places. Errors: not_found when a log between them is gone, or ends before
/// `from`.
Result<std::uint64_t> bytes_between(const std::string& folder, const LogPlace& from,
                                    const LogPlace& to);

}  // namespace topgun::storage
