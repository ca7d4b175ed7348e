// SPDX-License-Identifier: Apache-2.0
#include "packed.hpp"

#include <algorithm>
#include <cstring>

namespace topgun::storage {

void put_column(Bytes& out, const std::vector<std::uint64_t>& values) {
    std::uint64_t low = 0, high = 0;
    if (!values.empty()) {
        const auto [least, most] = std::minmax_element(values.begin(), values.end());
        low = *least;
        high = *most;
    }
    std::size_t width = 0;
    while (width < 8 && ((high - low) >> (8 * width)) != 0) ++width;
    put_varint(out, low);
    out.push_back(static_cast<char>(width));
    if (width == 0) return;
    const auto start = out.size();
    // Eight bytes are stored at each place and overlap; the tail is cut off at the end.
    out.resize(start + values.size() * width + 8);
    char* to = out.data() + start;
    for (const auto value : values) {
        store_le(to, value - low);
        to += width;
    }
    out.resize(start + values.size() * width);
}

std::uint64_t PackedReader::varint() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (at_ == end_) {
            fail();
            return 0;
        }
        const auto byte = static_cast<unsigned char>(*at_++);
        value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
    fail();
    return 0;
}

std::uint8_t PackedReader::byte() noexcept {
    if (at_ == end_) {
        fail();
        return 0;
    }
    return static_cast<std::uint8_t>(*at_++);
}

BytesView PackedReader::bytes(std::uint64_t count) noexcept {
    if (count > left()) {
        fail();
        return {};
    }
    const BytesView out(at_, static_cast<std::size_t>(count));
    at_ += count;
    return out;
}

bool PackedReader::column(std::size_t count, std::vector<std::uint64_t>& values) {
    const auto low = varint();
    const std::size_t width = byte();
    if (!ok_ || width > 8 || (width != 0 && count > left() / width)) return fail();
    values.resize(count);
    if (width == 0) {
        std::fill(values.begin(), values.end(), low);
        return true;
    }
    const std::uint64_t mask =
        width == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * width)) - 1;
    for (std::size_t i = 0; i < count; ++i, at_ += width) {
        std::uint64_t word = 0;
        if (left() >= 8)
            word = load_le<std::uint64_t>(at_) & mask;
        else
            for (std::size_t b = 0; b < width; ++b) {
                word |= static_cast<std::uint64_t>(static_cast<unsigned char>(at_[b])) << (8 * b);
            }
        values[i] = low + word;
    }
    return true;
}

}  // namespace topgun::storage
