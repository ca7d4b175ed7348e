// SPDX-License-Identifier: Apache-2.0
#include "packed.hpp"

#include <limits>

#include "topgun_test/support.hpp"

using namespace topgun;
using storage::PackedReader;

namespace {
constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
}

TEST_CASE("variable-length integers survive, in no more bytes than they need", "[storage]") {
    for (unsigned bits = 0; bits <= 64; ++bits) {
        for (const std::uint64_t near : {0u, 1u}) {
            const std::uint64_t value = (bits == 64 ? 0 : std::uint64_t{1} << bits) - near;
            Bytes out;
            storage::put_varint(out, value);
            PackedReader in(out);
            CHECK(in.varint() == value);
            CHECK(in.ok());
            CHECK(in.at_end());
        }
    }
    Bytes out;
    storage::put_varint(out, 127);
    CHECK(out.size() == 1);
    out.clear();
    storage::put_varint(out, kMax);
    CHECK(out.size() == 10);
}

TEST_CASE("columns of any width survive", "[storage][property]") {
    const auto seed = test::seed(3);
    CAPTURE(seed);
    Random rng(seed);
    for (unsigned width = 0; width <= 8; ++width) {
        for (const std::size_t count : {0u, 1u, 2u, 7u, 8u, 9u, 300u}) {
            std::vector<std::uint64_t> values;
            const auto low = rng.chance(0.5) ? 0 : rng() >> 8;
            const auto spread = width == 0 ? 0 : kMax >> (64 - 8 * width);
            for (std::size_t i = 0; i < count; ++i) {
                values.push_back(spread == 0 ? low : low + (rng() & spread) / 2);
            }
            Bytes out("x");
            storage::put_column(out, values);
            storage::put_text(out, "behind");
            PackedReader in(out);
            CHECK(in.byte() == 'x');
            std::vector<std::uint64_t> got;
            REQUIRE(in.column(count, got));
            CHECK(got == values);
            CHECK(in.text() == "behind");
            CHECK(in.at_end());
        }
    }
    const std::vector<std::uint64_t> extremes = {0, kMax, 1, kMax - 1};
    Bytes out;
    storage::put_column(out, extremes);
    PackedReader in(out);
    std::vector<std::uint64_t> got;
    REQUIRE(in.column(4, got));
    CHECK(got == extremes);
}

TEST_CASE("a packed reader stops at what is not there, and stays stopped", "[storage]") {
    const auto fails = [](BytesView bytes, auto&& read) {
        PackedReader in(bytes);
        read(in);
        return !in.ok() && in.at_end() && in.varint() == 0 && in.text().empty();
    };
    std::vector<std::uint64_t> values;
    CHECK(fails("", [](auto& in) { in.varint(); }));
    CHECK(fails("", [](auto& in) { in.byte(); }));
    CHECK(fails("\xff\xff", [](auto& in) { in.varint(); }));
    CHECK(fails(std::string(11, '\xff'), [](auto& in) { in.varint(); }));
    CHECK(
        fails("\x05"
              "abcd",
              [](auto& in) { in.text(); }));
    CHECK(fails("abc", [](auto& in) { in.bytes(kMax); }));
    CHECK(fails(std::string("\0\x09", 2),
                [&](auto& in) { in.column(0, values); }));  // nine bytes wide
    CHECK(fails(std::string("\0\x02"
                            "abc",
                            5),
                [&](auto& in) { in.column(2, values); }));  // one byte short
    CHECK(fails(std::string("\0\x08"
                            "abcdefgh",
                            10),
                [&](auto& in) { in.column(kMax / 4, values); }));
}
