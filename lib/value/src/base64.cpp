// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648, section 4) for bytes inside JSON.
#include <algorithm>
#include <array>

#include "topgun/value/json.hpp"

namespace topgun {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kForeign = 0xff;

constexpr std::array<std::uint8_t, 256> kValues = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(kForeign);
    for (std::uint8_t i = 0; i < 64; ++i) values[static_cast<unsigned char>(kAlphabet[i])] = i;
    return values;
}();

std::uint32_t byte_at(BytesView bytes, std::size_t at) {
    return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0u;
}

Error bad_base64(std::size_t at, const char* why) {
    return Error(Errc::bad_input, "base64, character " + std::to_string(at + 1) + ": " + why);
}

}  // namespace

std::string base64_encode(BytesView bytes) {
    std::string out((bytes.size() + 2) / 3 * 4, '=');
    char* to = out.data();
    for (std::size_t at = 0; at < bytes.size(); at += 3, to += 4) {
        const auto group =
            byte_at(bytes, at) << 16 | byte_at(bytes, at + 1) << 8 | byte_at(bytes, at + 2);
        to[0] = kAlphabet[group >> 18];
        to[1] = kAlphabet[group >> 12 & 63];
        if (at + 1 < bytes.size()) to[2] = kAlphabet[group >> 6 & 63];
        if (at + 2 < bytes.size()) to[3] = kAlphabet[group & 63];
    }
    return out;
}

Result<Bytes> base64_decode(std::string_view text) {
    auto digits = text;
    for (int i = 0; i < 2 && digits.ends_with('='); ++i) digits.remove_suffix(1);
    Bytes out;
    out.reserve(digits.size() * 3 / 4);
    std::uint32_t group = 0;
    for (std::size_t at = 0; at < digits.size(); ++at) {
        const auto value = kValues[static_cast<unsigned char>(digits[at])];
        if (value == kForeign) return bad_base64(at, "not a base64 digit");
        group = group << 6 | value;
        // The first digit of four only fills up; each later one completes a byte.
        const auto spare = 6 - 2 * (at % 4);
        if (at % 4 != 0) out.push_back(static_cast<char>(group >> spare & 0xff));
    }
    if (text.size() % 4 != 0 || digits.size() % 4 == 1) {
        return bad_base64(text.size(), "the text ends inside a group of four");
    }
    // Unused bits must be zero, or two texts would stand for the same bytes.
    const auto unused = digits.size() % 4 == 2 ? 0x0fu : digits.size() % 4 == 3 ? 0x03u : 0u;
    if ((group & unused) != 0) return bad_base64(digits.size() - 1, "unused bits are not zero");
    return out;
}

std::string base64url_encode(BytesView bytes) {
    auto text = base64_encode(bytes);
    text.erase(text.find_last_not_of('=') + 1);
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return text;
}

Result<Bytes> base64url_decode(std::string_view text) {
    // Characters of the other alphabet would give the same bytes a second spelling.
    if (text.find_first_of("+/=") != std::string_view::npos) {
        return Error(Errc::bad_input, "not base64url");
    }
    std::string plain(text);
    std::replace(plain.begin(), plain.end(), '-', '+');
    std::replace(plain.begin(), plain.end(), '_', '/');
    plain.append((4 - plain.size() % 4) % 4, '=');
    return base64_decode(plain);
}

}  // namespace topgun
