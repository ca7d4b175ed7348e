// SPDX-License-Identifier: Apache-2.0
// Byte strings, and integers in a fixed byte order at unaligned places.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace topgun {

/// Owned bytes. A std::string, so that text, keys and encoded values share one small-string type.
using Bytes = std::string;
/// Borrowed bytes: valid only as long as their owner.
using BytesView = std::string_view;

static_assert(std::endian::native == std::endian::little ||
              std::endian::native == std::endian::big);

namespace detail {
template <typename T>
constexpr T swap_bytes(T value) noexcept {
    if constexpr (sizeof(T) == 1)
        return value;
    else if constexpr (sizeof(T) == 2)
        return static_cast<T>(__builtin_bswap16(value));
    else if constexpr (sizeof(T) == 4)
        return static_cast<T>(__builtin_bswap32(value));
    else
        return static_cast<T>(__builtin_bswap64(value));
}
}  // namespace detail

/// Reads an unsigned integer stored least significant byte first. @pre sizeof(T) bytes at `from`.
template <typename T>
inline T load_le(const char* from) noexcept {
    T value;
    std::memcpy(&value, from, sizeof value);
    return std::endian::native == std::endian::little ? value : detail::swap_bytes(value);
}

/// Reads an unsigned integer stored most significant byte first. @pre sizeof(T) bytes at `from`.
template <typename T>
inline T load_be(const char* from) noexcept {
    T value;
    std::memcpy(&value, from, sizeof value);
    return std::endian::native == std::endian::big ? value : detail::swap_bytes(value);
}

template <typename T>
inline void store_le(char* to, T value) noexcept {
    if constexpr (std::endian::native != std::endian::little) value = detail::swap_bytes(value);
    std::memcpy(to, &value, sizeof value);
}

template <typename T>
inline void store_be(char* to, T value) noexcept {
    if constexpr (std::endian::native != std::endian::big) value = detail::swap_bytes(value);
    std::memcpy(to, &value, sizeof value);
}

template <typename T>
inline void append_le(Bytes& out, T value) {
    char buffer[sizeof(T)];
    store_le(buffer, value);
    out.append(buffer, sizeof buffer);
}

template <typename T>
inline void append_be(Bytes& out, T value) {
    char buffer[sizeof(T)];
    store_be(buffer, value);
    out.append(buffer, sizeof buffer);
}

}  // namespace topgun
