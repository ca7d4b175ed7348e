// SPDX-License-Identifier: Apache-2.0
// Lines as they arrive, so that a command can stand in the middle of a live pipe.
#pragma once

#include <cstddef>
#include <string>

#include "topgun/base/error.hpp"

namespace topgun::cli {

/// Reads standard input line by line. Move-free, one per process.
class LineReader {
public:
    static constexpr std::size_t kLineBytesMax = std::size_t{64} << 20;

    /// Replaces `line` by the next one, without its newline or carriage return.
    /// @return false at the end. Errors: io; limit for a line beyond kLineBytesMax.
    Result<bool> next(std::string& line);
    /// Number of the line that next() returned last, from 1.
    std::size_t line_number() const noexcept { return line_number_; }

private:
    Result<bool> refill();

    std::string buffer_;
    std::size_t at_ = 0;
    std::size_t line_number_ = 0;
    bool ended_ = false;
};

}  // namespace topgun::cli
