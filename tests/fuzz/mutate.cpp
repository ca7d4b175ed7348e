// SPDX-License-Identifier: Apache-2.0
#include "mutate.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>

#include "topgun/base/bytes.hpp"

namespace topgun::fuzz {
namespace {

struct Range {
    std::size_t at = 0;
    std::size_t size = 0;
};

// Mostly short, because fields are.
Range some_range(std::size_t size, Random& random) {
    if (size == 0) return {};
    const auto at = random.below(size);
    const auto most = std::min<std::uint64_t>(size - at, random.below(4) == 0 ? 256 : 12);
    return {at, 1 + random.below(most)};
}

std::size_t some_place(std::size_t size, Random& random) {
    return random.below(size + 1);
}

// Where widths, signs and announced lengths go wrong.
std::uint64_t interesting(Random& random) {
    constexpr std::uint64_t kEdges[] = {0,
                                        1,
                                        0x7f,
                                        0x80,
                                        0xff,
                                        0x100,
                                        0x7fff,
                                        0x8000,
                                        0xffff,
                                        0x10000,
                                        0x7fffffff,
                                        0x80000000,
                                        0xffffffff,
                                        0x100000000,
                                        0x1fffffffffffff,
                                        0x20000000000000,
                                        0x7fffffffffffffff,
                                        0x8000000000000000,
                                        0xffffffffffffffff};
    return kEdges[random.below(std::size(kEdges))] + random.below(3) - 1;
}

// As text, or as one to eight bytes of either order, over what stands there or before it.
void put_number(std::string& input, Random& random) {
    const auto number = interesting(random);
    const std::size_t width = std::size_t{1} << random.below(4);
    Bytes bytes;
    switch (random.below(3)) {
        case 0:
            append_le(bytes, number);
            bytes.resize(width);
            break;
        case 1:
            append_be(bytes, number);
            bytes.erase(0, 8 - width);
            break;
        default: bytes = std::to_string(number); break;
    }
    const auto at = some_place(input.size(), random);
    const auto over = random.below(2) == 0 ? 0 : std::min(bytes.size(), input.size() - at);
    input.replace(at, over, bytes);
}

// Bytes that begin or end something in one of the formats.
void put_token(std::string& input, Random& random) {
    constexpr std::string_view kTokens[] = {"\xc0",
                                            "\xc1",
                                            "\xc2",
                                            "\x90",
                                            "\x80",
                                            "\xdc\xff\xff",
                                            "\xdd\xff\xff\xff\xff",
                                            "\xdf",
                                            "\xdb",
                                            "\xc6",
                                            "\xca",
                                            "\xcb",
                                            "\xcf",
                                            "\xd3",
                                            "\xd4",
                                            "\xc7",
                                            "{",
                                            "}",
                                            "[",
                                            "]",
                                            "\"",
                                            ",",
                                            ":",
                                            "\\u",
                                            "\\",
                                            "\n",
                                            "\r\n",
                                            "\xef\xbb\xbf",
                                            "\xed\xa0\x80\xed\xb0\x80",
                                            "null",
                                            "true",
                                            "-0",
                                            "1e309",
                                            "5.0",
                                            "{\"$",
                                            "(",
                                            ")",
                                            "*",
                                            "{0,9}",
                                            "|",
                                            "[^",
                                            "(?i)",
                                            "$",
                                            "\\b",
                                            "TGFR",
                                            "TGLO",
                                            "\xf4\x90\x80\x80",
                                            "\xc3\xa9",
                                            "\xf0\x9f\x98\x80",
                                            "nodeId",
                                            "timestamp",
                                            "record"};
    const auto token = kTokens[random.below(std::size(kTokens))];
    const auto at = some_place(input.size(), random);
    const auto over = random.below(2) == 0 ? 0 : std::min(token.size(), input.size() - at);
    input.replace(at, over, token);
}

void repeat(std::string& input, Random& random) {
    const auto range = some_range(input.size(), random);
    const auto piece = input.substr(range.at, range.size);
    const auto times = 1 + (random.below(8) == 0 ? random.below(64) : 0);
    std::string all;
    for (std::uint64_t i = 0; i < times; ++i) all += piece;
    input.insert(random.below(2) == 0 ? range.at : some_place(input.size(), random), all);
}

void change(std::string& input, const std::string& other, Random& random) {
    const auto at = input.empty() ? 0 : random.below(input.size());
    switch (random.below(10)) {
        case 0:
            if (!input.empty())
                input[at] = static_cast<char>(input[at] ^ static_cast<char>(1u << random.below(8)));
            break;
        case 1:
            if (!input.empty()) input[at] = static_cast<char>(random());
            break;
        case 2: put_number(input, random); break;
        case 3: put_token(input, random); break;
        case 4: {
            const auto range = some_range(input.size(), random);
            input.erase(range.at, range.size);
            break;
        }
        case 5: repeat(input, random); break;
        case 6: {
            const auto range = some_range(other.size(), random);
            const auto piece = other.substr(range.at, range.size);
            input.insert(some_place(input.size(), random), piece);
            break;
        }
        case 7: {
            const auto from = some_range(input.size(), random);
            const auto piece = input.substr(from.at, from.size);
            const auto to = some_range(input.size(), random);
            input.replace(to.at, to.size, piece);
            break;
        }
        case 8:
            if (random.below(4) == 0) input.resize(at);
            break;
        default:
            if (!input.empty()) input[at] = static_cast<char>(input[at] + random.between(-3, 3));
            break;
    }
}

}  // namespace

void mutate(std::string& input, const std::string& other, std::size_t longest, Random& random) {
    if (random.below(16) == 0) splice(input, other, random);
    const auto changes = 1 + random.below(random.below(4) == 0 ? 8 : 2);
    for (std::uint64_t i = 0; i < changes; ++i) change(input, other, random);
    if (input.size() > longest) input.resize(longest);
}

void splice(std::string& input, const std::string& other, Random& random) {
    input.resize(some_place(input.size(), random));
    input += other.substr(some_place(other.size(), random));
}

}  // namespace topgun::fuzz
