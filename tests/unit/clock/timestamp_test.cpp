// SPDX-License-Identifier: Apache-2.0
#include "topgun/clock/timestamp.hpp"

#include <algorithm>
#include <vector>

#include "topgun/base/utf.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace std::string_view_literals;

TEST_CASE("the canonical spelling of a timestamp is read and written", "[clock][timestamp]") {
    struct Row {
        std::string_view text;
        Stamp stamp;
    };
    const auto row = GENERATE(values<Row>({
        {"0:0:a", {0, 0, "a"}},
        {"1700000000000:42:node-abc-123", {1700000000000, 42, "node-abc-123"}},
        {"9007199254740991:4294967295:\321\203\320\267\320\265\320\273",
         {kMaxMillis, kMaxCounter, "\321\203\320\267\320\265\320\273"}},
        {"1:2: ", {1, 2, " "}},
        {"10:0:-", {10, 0, "-"}},
    }));
    CAPTURE(row.text);
    const auto stamp = test::must(parse_stamp(row.text));
    CHECK(stamp == row.stamp);
    CHECK(format_stamp(stamp) == row.text);
    const auto owned = test::must(parse_timestamp(row.text));
    CHECK(owned.view() == row.stamp);
    std::string out = "old";
    format_stamp(owned.view(), out);
    CHECK(out == row.text);
}

// Where TopGun's cores disagree with each other, or accept a second spelling, we refuse.
TEST_CASE("malformed timestamps are refused", "[clock][timestamp]") {
    const auto text = GENERATE(
        as<std::string>{}, "", ":", "::", "5", "5:0", "5:0:", ":0:n", "5::n", "::a",
        "1:2:", "1:2:a:b", "1:2:a:", "-1:2:a", "+1:2:a", "1:+2:a", "5:-1:n", "1.5:2:a", "1e3:0:a",
        "01:002:a", "05:0:n", "5:00:n", "x:0:n", "5:x:n", " 5:0:n", "5 :0:n", "5: 0:n", "5:0x1:n",
        "1:4294967296:a", "9007199254740992:0:a", "18446744073709551615:4294967295:a",
        "18446744073709551616:0:a", "99999999999999999999999:0:a", "5:99999999999999999999999:a",
        "NaN:0:a", "Infinity:0:a");
    CAPTURE(text);
    const auto parsed = parse_stamp(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code() == Errc::bad_input);
    CHECK(parsed.error().text().find("timestamp '" + text) == 0);
    CHECK_FALSE(parse_timestamp(text));
}

TEST_CASE("an error quotes only the beginning of a long timestamp", "[clock][timestamp]") {
    const auto parsed = parse_stamp(std::string(100'000, '9'));
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().text().size() < 200);
    CHECK(parsed.error().text().find(std::string(64, '9') + "...'") != std::string::npos);
}

TEST_CASE("time decides before the counter, the counter before the node", "[clock][timestamp]") {
    std::vector<Stamp> stamps = {
        {1, 9, "z"}, {2, 0, "a"},       {2, 1, ""},       {2, 1, "A"},        {2, 1, "Z"},
        {2, 1, "a"}, {2, 1, "node-10"}, {2, 1, "node-2"}, {2, 1, "\303\251"}, {10, 0, "a"}};
    CHECK(std::is_sorted(stamps.begin(), stamps.end()));
    CHECK(std::adjacent_find(stamps.begin(), stamps.end()) == stamps.end());
    for (const auto& a : stamps) {
        for (const auto& b : stamps) CHECK((a <=> b) == (Timestamp(a) <=> Timestamp(b)));
    }
}

TEST_CASE("nodes are ordered by bytes, where UTF-16 would differ", "[clock][timestamp]") {
    const Stamp wide{5, 0, "\360\237\230\200"};  // U+1F600
    const auto bmp = GENERATE(values<std::string_view>({"\357\275\236", "\357\277\275"}));
    const Stamp high{5, 0, bmp};
    CHECK(high < wide);
    CHECK(compare_utf16(high.node, wide.node) > 0);
    CHECK(Stamp{5, 0, "a\0"sv} > Stamp{5, 0, "a"});
}

TEST_CASE("the deciding field is the first that differs", "[clock][timestamp]") {
    const Stamp base{5, 5, "n"};
    CHECK(deciding_field(base, base) == StampField::none);
    CHECK(deciding_field(base, {6, 5, "n"}) == StampField::millis);
    CHECK(deciding_field(base, {6, 4, "a"}) == StampField::millis);
    CHECK(deciding_field(base, {5, 4, "z"}) == StampField::counter);
    CHECK(deciding_field(base, {5, 5, "m"}) == StampField::node);
    CHECK(stamp_field_name(StampField::none) == "equal");
    CHECK(stamp_field_name(StampField::millis) == "time");
    CHECK(stamp_field_name(StampField::counter) == "counter");
    CHECK(stamp_field_name(StampField::node) == "node");
}

TEST_CASE("milliseconds print as UTC", "[clock][utc]") {
    CHECK(format_utc(0) == "1970-01-01T00:00:00.000Z");
    CHECK(format_utc(1700000000000) == "2023-11-14T22:13:20.000Z");
    CHECK(format_utc(951782400001) == "2000-02-29T00:00:00.001Z");
    CHECK(format_utc(4102444799999) == "2099-12-31T23:59:59.999Z");
    CHECK(format_utc(253402300800000) == "10000-01-01T00:00:00.000Z");
    CHECK(format_utc(971890963199999) == "32767-12-31T23:59:59.999Z");
    CHECK(format_utc(971890963200000) == "971890963200000ms");
    CHECK(format_utc(kMaxMillis) == "9007199254740991ms");
    CHECK(format_utc(~std::uint64_t{0}) == "18446744073709551615ms");
}

TEST_CASE("UTC is read in its usual spellings", "[clock][utc]") {
    struct Row {
        std::string_view text;
        std::uint64_t millis;
    };
    const auto row = GENERATE(values<Row>({
        {"1970-01-01T00:00:00.000Z", 0},
        {"2023-11-14T22:13:20.000Z", 1700000000000},
        {"2023-11-14T22:13:20Z", 1700000000000},
        {"2023-11-14t22:13:20z", 1700000000000},
        {"2023-11-14 22:13:20", 1700000000000},
        {"2023-11-14T22:13", 1699999980000},
        {"2023-11-14", 1699920000000},
        {"2023-11-15T00:13:20+02:00", 1700000000000},
        {"2023-11-14T16:43:20-0530", 1700000000000},
        {"2023-11-14T22:13:20.5Z", 1700000000500},
        {"2023-11-14T22:13:20.0459999Z", 1700000000045},
        {"1970-01-01T02:00:00+02:00", 0},
        {"2000-02-29", 951782400000},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
    }));
    CAPTURE(row.text);
    CHECK(test::must(parse_utc(row.text)) == row.millis);
}

TEST_CASE("what is no time says where", "[clock][utc]") {
    struct Row {
        std::string_view text;
        std::string_view why;
    };
    const auto row = GENERATE(values<Row>({
        {"", "column 1: expected YYYY-MM-DD"},
        {"yesterday", "column 1: expected YYYY-MM-DD"},
        {"1700000000000", "column 5: expected YYYY-MM-DD"},
        {"23-11-14", "column 1: expected YYYY-MM-DD"},
        {"2023-1-14", "column 6: expected YYYY-MM-DD"},
        {"2023-02-29", "column 11: no such date"},
        {"2023-00-10", "column 11: no such date"},
        {"2023-13-01", "column 11: no such date"},
        {"2023-11-31", "column 11: no such date"},
        {"2023-11-14T", "column 12: expected HH:MM"},
        {"2023-11-14T2:13", "column 12: expected HH:MM"},
        {"2023-11-14T24:00", "column 17: no such time of day"},
        {"2023-11-14T23:60", "column 17: no such time of day"},
        {"2023-11-14T23:59:60Z", "column 20: no such time of day"},
        {"2023-11-14T22:13:", "column 18: expected seconds"},
        {"2023-11-14T22:13:20.Z", "column 21: expected a fraction of a second"},
        {"2023-11-14T22:13:20 Z", "column 20: expected Z or an offset such as +02:00"},
        {"2023-11-14T22:13:20+2", "column 21: expected hours of the offset"},
        {"2023-11-14T22:13:20+02", "column 23: expected minutes of the offset"},
        {"2023-11-14T22:13:20+24:00", "column 26: no such offset"},
        {"2023-11-14T22:13:20+02:60", "column 26: no such offset"},
        {"2023-11-14T22:13:20Zulu", "column 21: unexpected text after the time"},
        {"2023-11-14Z", "column 11: unexpected text after the time"},
        {"1969-12-31T23:59:59.999Z", "before 1970"},
        {"1970-01-01T00:00:00+00:01", "before 1970"},
    }));
    CAPTURE(row.text);
    const auto parsed = parse_utc(row.text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code() == Errc::bad_input);
    CHECK_THAT(parsed.error().text(), Catch::Contains(std::string(row.why)));
}

TEST_CASE("reading what was printed gives the same instant", "[clock][utc][property]") {
    const auto seed = test::seed(20260905);
    CAPTURE(seed);
    Random rng{seed};
    for (int i = 0; i < 20'000; ++i) {
        const auto millis = rng.below(253402300800000);
        CAPTURE(millis);
        REQUIRE(test::must(parse_utc(format_utc(millis))) == millis);
    }
}

TEST_CASE("only lower-case ids sort alike on every peer", "[clock][timestamp]") {
    CHECK(node_id_is_portable("node-1"));
    CHECK(node_id_is_portable("550e8400-e29b-41d4-a716-446655440000"));
    const auto id = GENERATE(as<std::string>{}, "Node-1", "node_1", "a b", "\303\251", "a.b");
    CHECK_FALSE(node_id_is_portable(id));
}
