// SPDX-License-Identifier: Apache-2.0
// The readers of single values: moments, arrays, bytes.
#include "decode.hpp"
#include "moment_text.hpp"
#include "pgdump_support.hpp"
#include "statement_reader.hpp"
#include "topgun/value/json.hpp"

using namespace topgun;
using namespace topgun::pgdump;
using namespace topgun::test;

namespace {

std::string array_json(std::string_view text, TypeId element) {
    const auto value = decode_array(text, element);
    if (!value) return "error";
    std::string out;
    append_json(*value, out);
    return out;
}

}  // namespace

TEST_CASE("moments are read to the microsecond", "[pgdump]") {
    std::int64_t value = 0;
    CHECK(read_date("1970-01-01", value) == MomentFault::none);
    CHECK(value == 0);
    CHECK(read_date("0001-12-31 BC", value) == MomentFault::none);
    CHECK(value == -719'163);
    CHECK(read_timestamp("1969-12-31 23:59:59.999999", false, value) == MomentFault::none);
    CHECK(value == -1);
    CHECK(read_timestamp("1970-01-01 00:00:00.5-04:56:02", true, value) == MomentFault::none);
    CHECK(value == 17'762'500'000);
    CHECK(timestamptz_text(value) == "1970-01-01 04:56:02.5+00");
    CHECK(read_time("24:00:00", value) == MomentFault::none);
    CHECK(read_timestamp("294276-12-31 00:00:00", false, value) == MomentFault::range);
    CHECK(read_timestamp("-infinity", true, value) == MomentFault::infinite);
    for (const auto* text : {"", "2024", "2024-1-01", "2024-01-01x", "2024-01-01 BCE",
                             "-2024-01-01", "99999999-01-01", "2024/01/01"}) {
        CHECK(read_date(text, value) == MomentFault::malformed);
    }
    for (const auto* text :
         {"2024-01-01", "2024-01-01 25:00:00", "2024-01-01 00:60:00", "2024-01-01 00:00:00.",
          "2024-01-01 00:00:00.1234567", "2024-01-01 00:00:00", "2024-01-01 00:00:00+1"}) {
        CHECK(read_timestamp(text, true, value) == MomentFault::malformed);
    }
    Interval interval;
    CHECK(read_interval("-1 years -2 mons +3 days -04:05:06.000007", interval) ==
          MomentFault::none);
    CHECK(interval == Interval{-14, 3, -14'706'000'007});
    CHECK(read_interval("200000000 years", interval) == MomentFault::range);
    for (const auto* text : {"", "1", "1 fortnight", "1 day ", "x", "1 day 2", "04:05"}) {
        CHECK(read_interval(text, interval) == MomentFault::malformed);
    }
}

TEST_CASE("arrays are read with quotes, NULLs, dimensions and bounds", "[pgdump]") {
    CHECK(array_json("{}", TypeId::bigint) == "[]");
    CHECK(array_json("{1,NULL,-3}", TypeId::bigint) == "[1,null,-3]");
    CHECK(array_json("[0:1][2:3]={{1,2},{3,4}}", TypeId::bigint) == "[[1,2],[3,4]]");
    CHECK(array_json(R"({a,"b \"c\"","NULL",null,"\\"})", TypeId::text) ==
          R"(["a","b \"c\"","NULL","null","\\"])");
    CHECK(array_json("{1.50,2}", TypeId::numeric) == R"(["1.50","2"])");
    CHECK(array_json("{t,f}", TypeId::boolean) == "[true,false]");
    CHECK(array_json(R"({"2024-01-01 00:00:00+02"})", TypeId::timestamptz) ==
          R"(["2023-12-31 22:00:00+00"])");
    for (const auto* text : {"", "1", "{", "{1", "{1,}", "{,1}", "{1}x", "{a}", "{\"1}", "{\"1\\",
                             "{{{{{{{1}}}}}}}", "{1 2}"}) {
        CAPTURE(text);
        CHECK(array_json(text, TypeId::bigint) == "error");
    }
}

TEST_CASE("bytes are read in both forms", "[pgdump]") {
    const auto bytes = [](std::string_view text) -> std::string {
        std::string out(text.size(), '\0');
        std::size_t size = 0;
        if (!decode_bytea(text, out.data(), size)) return "error";
        return out.substr(0, size);
    };
    CHECK(bytes("\\x00fFa0") == std::string("\x00\xff\xa0", 3));
    CHECK(bytes("a\\\\b\\000\\377") == std::string("a\\b\x00\xff", 5));
    for (const auto* text : {"\\x0", "\\xg0", "\\", "\\400", "\\01", "a\\b"}) {
        CHECK(bytes(text) == "error");
    }
}

TEST_CASE("line ends are counted wherever they stand", "[pgdump]") {
    std::string text;
    std::uint64_t count = 0;
    for (int i = 0; i < 100; ++i) {
        CHECK(count_lines(text) == count);
        const bool end = i % 3 == 0 || i % 7 == 0;
        text += end ? '\n' : static_cast<char>(i % 2 == 0 ? '\x0b' : '\x8a');
        count += end ? 1 : 0;
    }
}
