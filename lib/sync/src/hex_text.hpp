// SPDX-License-Identifier: Apache-2.0
// Bytes in the texts that the endpoint makes up.
#pragma once

#include <string>

#include "topgun/base/bytes.hpp"

namespace topgun::sync {

/// Lower-case digits, two a byte.
inline std::string hex_text(BytesView bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
    return out;
}

}  // namespace topgun::sync
