// SPDX-License-Identifier: Apache-2.0
// read(2) and a buffer: a short read hands on what is there instead of waiting for more.
#include "common/line_reader.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace topgun::cli {
namespace {
constexpr std::size_t kChunkBytes = std::size_t{1} << 16;
}

Result<bool> LineReader::refill() {
    buffer_.erase(0, at_);
    at_ = 0;
    if (buffer_.size() > kLineBytesMax) {
        return Error(Errc::limit, "standard input, line " + std::to_string(line_number_ + 1) +
                                      ": longer than " + std::to_string(kLineBytesMax) + " bytes");
    }
    const auto before = buffer_.size();
    buffer_.resize(before + kChunkBytes);
    ssize_t got = 0;
    do {
        got = ::read(STDIN_FILENO, buffer_.data() + before, kChunkBytes);
    } while (got < 0 && errno == EINTR);
    buffer_.resize(before + static_cast<std::size_t>(got < 0 ? 0 : got));
    if (got < 0) {
        return Error(Errc::io, std::string("standard input: cannot read: ") + std::strerror(errno));
    }
    return got > 0;
}

Result<bool> LineReader::next(std::string& line) {
    std::size_t searched = at_;
    auto end = buffer_.find('\n', searched);
    while (end == std::string::npos && !ended_) {
        searched = buffer_.size() - at_;  // refill() moves what is left to the front
        auto more = refill();
        if (!more) return std::move(more).error();
        ended_ = !*more;
        end = buffer_.find('\n', searched);
    }
    if (end == std::string::npos && at_ == buffer_.size()) return false;
    const bool is_last = end == std::string::npos;
    line.assign(buffer_, at_, (is_last ? buffer_.size() : end) - at_);
    at_ = is_last ? buffer_.size() : end + 1;
    if (line.ends_with('\r')) line.pop_back();
    ++line_number_;
    return true;
}

}  // namespace topgun::cli
