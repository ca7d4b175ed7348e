// SPDX-License-Identifier: Apache-2.0
#include "common/text.hpp"

#include <catch2/catch.hpp>

#include "topgun/base/utf.hpp"
#include "topgun_test/support.hpp"

using namespace topgun::cli;

TEST_CASE("counts have separators", "[common][text]") {
    CHECK(human_count(0) == "0");
    CHECK(human_count(999) == "999");
    CHECK(human_count(1000) == "1,000");
    CHECK(human_count(1234567) == "1,234,567");
    CHECK(human_count(~std::uint64_t{0}) == "18,446,744,073,709,551,615");
    CHECK(counted(0, "record", "records") == "0 records");
    CHECK(counted(1, "record", "records") == "1 record");
    CHECK(counted(2000, "record", "records") == "2,000 records");
}

TEST_CASE("short counts have three digits", "[common][text]") {
    CHECK(short_count(0) == "0");
    CHECK(short_count(9'999) == "9,999");
    CHECK(short_count(10'000) == "10.0 k");
    CHECK(short_count(99'940) == "99.9 k");
    CHECK(short_count(99'960) == "100 k");
    CHECK(short_count(999'499) == "999 k");
    CHECK(short_count(999'500) == "1.00 M");
    CHECK(short_count(12'345'678) == "12.3 M");
    CHECK(short_count(~std::uint64_t{0}) == "18.4 E");
}

TEST_CASE("sizes change their unit where a reader expects it", "[common][text]") {
    CHECK(human_bytes(0) == "0 B");
    CHECK(human_bytes(1023) == "1023 B");
    CHECK(human_bytes(1024) == "1.0 KiB");
    CHECK(human_bytes(1536) == "1.5 KiB");
    CHECK(human_bytes((1 << 20) - 1) == "1.0 MiB");
    CHECK(human_bytes(1 << 20) == "1.0 MiB");
    CHECK(human_bytes(std::uint64_t{5} << 40) == "5.0 TiB");
    CHECK(human_bytes(~std::uint64_t{0}) == "16.0 EiB");
}

TEST_CASE("durations have two units at most", "[common][text]") {
    CHECK(human_duration(0) == "0 ms");
    CHECK(human_duration(999) == "999 ms");
    CHECK(human_duration(1000) == "1.0 s");
    CHECK(human_duration(12'399) == "12.3 s");
    CHECK(human_duration(59'999) == "59.9 s");
    CHECK(human_duration(65'000) == "1 min 05 s");
    CHECK(human_duration(3'600'000) == "1 h 00 min");
    CHECK(human_duration(90'000'000) == "1 d 1 h");
    CHECK(human_duration(~std::uint64_t{0}) == "213503982334 d 14 h");
}

TEST_CASE("text that could steer a terminal is shown, not sent", "[common][text]") {
    CHECK(printable("plain caf\xc3\xa9") == "plain caf\xc3\xa9");
    CHECK(printable("\x1b[31m") == "\\x1b[31m");
    CHECK(printable("a\nb\tc\rd") == "a\\nb\\tc\\x0dd");
    CHECK(printable(std::string_view("\0\x7f", 2)) == "\\x00\\x7f");
    CHECK(printable("\xc2\x9b") == "\\x9b");  // CSI in one character
    CHECK(printable("\xe2\x80\xae"
                    "abc") == "\\u{202e}abc");  // right-to-left override
    CHECK(printable("\xff") == "\xef\xbf\xbd");
    CHECK(printable("") == "");
}

TEST_CASE("no byte string makes printable() emit a control character", "[common][text][property]") {
    const auto seed = topgun::test::seed(20261101);
    CAPTURE(seed);
    topgun::Random random(seed);
    for (int round = 0; round < 2000; ++round) {
        std::string bytes;
        const auto length = random.below(20);
        for (std::uint64_t i = 0; i < length; ++i) bytes += static_cast<char>(random.below(256));
        const auto shown = printable(bytes);
        REQUIRE(topgun::find_invalid_utf8(shown) == shown.size());
        for (const char c : shown) REQUIRE((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
    }
}

TEST_CASE("text is cut to columns, not to bytes", "[common][text]") {
    CHECK(printable("abcdef", 6) == "abcdef");
    CHECK(printable("abcdefg", 6) == "abc...");
    CHECK(printable("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 6) ==
          "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e");
    CHECK(printable("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e!", 6) == "\xe6\x97\xa5...");
    CHECK(printable("abc", 2) == "..");
    CHECK(printable("abc", 0) == "");
    const auto columns = GENERATE(range(0, 12));
    CHECK(topgun::display_width(
              printable("\x1b\xe6\x97\xa5 e\xcc\x81 abc\n", static_cast<std::size_t>(columns))) <=
          static_cast<std::size_t>(columns));
}

TEST_CASE("wrap breaks at blanks and keeps long words whole", "[common][text]") {
    using Lines = std::vector<std::string>;
    CHECK(wrap("", 10).empty());
    CHECK(wrap("one two three", 7) == Lines{"one two", "three"});
    CHECK(wrap("one  two", 3) == Lines{"one", "two"});
    CHECK(wrap("a-very-long-word b", 5) == Lines{"a-very-long-word", "b"});
}
