// SPDX-License-Identifier: Apache-2.0
// Variable-length integers, and columns of integers as small offsets from their minimum.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "topgun/base/bytes.hpp"

namespace topgun::storage {

inline void put_varint(Bytes& out, std::uint64_t value) {
    while (value >= 0x80) {
        out.push_back(static_cast<char>(value | 0x80));
        value >>= 7;
    }
    out.push_back(static_cast<char>(value));
}

inline void put_text(Bytes& out, std::string_view text) {
    put_varint(out, text.size());
    out.append(text);
}

/// A column: the minimum as varint, a byte width (0 to 8), then that many bytes for each value.
void put_column(Bytes& out, const std::vector<std::uint64_t>& values);

/// Reads what the functions above wrote; after a failure every further read fails.
class PackedReader {
public:
    explicit PackedReader(BytesView bytes) noexcept : at_(bytes.data()), end_(at_ + bytes.size()) {}

    bool ok() const noexcept { return ok_; }
    bool at_end() const noexcept { return at_ == end_; }
    std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

    std::uint64_t varint() noexcept;
    std::uint8_t byte() noexcept;
    BytesView bytes(std::uint64_t count) noexcept;
    std::string_view text() noexcept { return bytes(varint()); }
    /// Fills `values` with `count` numbers. The caller has bounded `count`.
    bool column(std::size_t count, std::vector<std::uint64_t>& values);

private:
    bool fail() noexcept {
        ok_ = false;
        at_ = end_;
        return false;
    }
    const char* at_;
    const char* end_;
    bool ok_ = true;
};

}  // namespace topgun::storage
