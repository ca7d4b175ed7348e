// SPDX-License-Identifier: Apache-2.0
#include "crc32c.hpp"

#include <array>

#include "topgun/base/bytes.hpp"

namespace topgun::serverfiles {
namespace {

constexpr std::uint32_t kReflected = 0x82f63b78;

// kTables[n][b] is the effect of the byte b followed by n zero bytes.
constexpr auto kTables = [] {
    std::array<std::array<std::uint32_t, 256>, 8> tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ ((value & 1) != 0 ? kReflected : 0);
        tables[0][byte] = value;
    }
    for (std::size_t n = 1; n < 8; ++n) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const auto before = tables[n - 1][byte];
            tables[n][byte] = before >> 8 ^ tables[0][before & 0xff];
        }
    }
    return tables;
}();

}  // namespace

std::uint32_t crc32c(std::string_view bytes) noexcept {
    std::uint32_t crc = ~std::uint32_t{0};
    while (bytes.size() >= 8) {
        const auto word = load_le<std::uint64_t>(bytes.data()) ^ crc;
        crc = 0;
        for (std::size_t n = 0; n < 8; ++n) crc ^= kTables[7 - n][word >> (8 * n) & 0xff];
        bytes.remove_prefix(8);
    }
    for (const char c : bytes) {
        crc = crc >> 8 ^ kTables[0][(crc ^ static_cast<unsigned char>(c)) & 0xff];
    }
    return ~crc;
}

}  // namespace topgun::serverfiles
