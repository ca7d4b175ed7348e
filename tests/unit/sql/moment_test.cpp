// SPDX-License-Identifier: Apache-2.0
// The expected texts are what PostgreSQL prints with TimeZone UTC.
#include "moment.hpp"

#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::sql;

namespace {

std::string timestamptz(std::string_view text) {
    const auto parsed = parse_timestamp(text, true);
    return parsed ? format_timestamptz(*parsed) : "error: " + parsed.error().text();
}
std::string interval(std::string_view text) {
    const auto parsed = parse_interval(text);
    return parsed ? format_interval(*parsed) : "error: " + parsed.error().text();
}

}  // namespace

TEST_CASE("every day of four centuries has a number of its own, in order", "[sql][moment]") {
    auto expected = days_of({1599, 12, 31});
    for (std::int64_t year = 1600; year < 2001; ++year) {
        for (unsigned month = 1; month <= 12; ++month) {
            for (unsigned day = 1; day <= days_in_month(year, month); ++day) {
                const auto days = days_of({year, month, day});
                REQUIRE(days == ++expected);
                const auto back = civil_of(days);
                REQUIRE(back.year == year);
                REQUIRE(back.month == month);
                REQUIRE(back.day == day);
            }
        }
    }
    CHECK(days_of({1970, 1, 1}) == 0);
    CHECK(days_of({2000, 3, 1}) == 11'017);
}

TEST_CASE("moments are read in the forms that people and programs write", "[sql][moment]") {
    CHECK(timestamptz("2024-02-29 12:30:05.25+02") == "2024-02-29 10:30:05.25+00");
    CHECK(timestamptz("2024-02-29T12:30:05Z") == "2024-02-29 12:30:05+00");
    CHECK(timestamptz("2024-02-29t12:30-03:30") == "2024-02-29 16:00:00+00");
    CHECK(timestamptz(" 2024-02-29 ") == "2024-02-29 00:00:00+00");
    CHECK(timestamptz("20240229") == "2024-02-29 00:00:00+00");
    CHECK(timestamptz("2024-1-5 1:02") == "2024-01-05 01:02:00+00");
    CHECK(timestamptz("epoch") == "1970-01-01 00:00:00+00");
    CHECK(timestamptz("0044-03-15 BC") == "0044-03-15 00:00:00+00 BC");
    CHECK(timestamptz("2024-12-31 24:00:00") == "2025-01-01 00:00:00+00");
    CHECK(timestamptz("1969-12-31 23:59:59.999999") == "1969-12-31 23:59:59.999999+00");
    CHECK(timestamptz("2024-01-01 00:00:00.9999996") == "2024-01-01 00:00:01+00");
    CHECK(format_timestamp(test::must(parse_timestamp("2024-01-02 03:04:05+07", false))) ==
          "2024-01-02 03:04:05");
    CHECK(format_date(test::must(parse_date("2024-02-29 10:00"))) == "2024-02-29");
    CHECK(format_time(test::must(parse_time("7:05"))) == "07:05:00");
}

TEST_CASE("what is no moment is refused as PostgreSQL refuses it", "[sql][moment]") {
    for (const auto* bad : {"", "abc", "2024", "2024-", "2024-01-", "2024-01-01 xyz",
                            "2024-01-01 10", "2024-01-01 10:00 nowhere"}) {
        CAPTURE(bad);
        CHECK(timestamptz(bad) ==
              "error: invalid input syntax for type timestamp with time zone: \"" +
                  std::string(bad) + "\"");
    }
    for (const auto* late : {"2023-02-29", "2024-13-01", "2024-00-01", "2024-01-32", "294247-01-01",
                             "4714-01-01 BC"}) {
        CAPTURE(late);
        CHECK(timestamptz(late) ==
              "error: date/time field value out of range: \"" + std::string(late) + "\"");
    }
    CHECK_FALSE(parse_time("25:00"));
    CHECK_FALSE(parse_time("10"));
}

TEST_CASE("intervals are read in words, as a clock, and in ISO 8601", "[sql][moment]") {
    CHECK(interval("1 year 2 mons 3 days 04:05:06.7") == "1 year 2 mons 3 days 04:05:06.7");
    CHECK(interval("P1Y2M3DT4H5M6S") == "1 year 2 mons 3 days 04:05:06");
    CHECK(interval("1.5 hours") == "01:30:00");
    CHECK(interval("1.5 months") == "1 mon 15 days");
    CHECK(interval("2 weeks ago") == "-14 days");
    CHECK(interval("-1 day +2:03") == "-1 days +02:03:00");
    CHECK(interval("90 minutes") == "01:30:00");
    CHECK(interval("30") == "00:00:30");
    CHECK(interval("100:00:00") == "100:00:00");
    CHECK(interval("-00:00:01.5") == "-00:00:01.5");
    CHECK(interval("0") == "00:00:00");
    CHECK(interval("13 months") == "1 year 1 mon");
    CHECK(interval("5 ms 3 us") == "00:00:00.005003");
    CHECK(interval("1 century 2 millennia") == "2100 years");
    for (const auto* bad : {"", "P", "PT", "1 parsec", "ago", "days", "1 day 2", "P1X", "P1H"}) {
        CAPTURE(bad);
        if (std::string_view(bad) == "1 day 2") {
            CHECK(interval(bad) == "1 day 00:00:02");
        } else {
            CHECK(interval(bad).starts_with("error: invalid input syntax for type interval"));
        }
    }
    CHECK(interval("3000000000 days") ==
          "error: interval field value out of range: \"3000000000 days\"");
    CHECK(interval("25:61:00") == "error: interval field value out of range: \"25:61:00\"");
}

TEST_CASE("months are added before days, and stop at the end of the month", "[sql][moment]") {
    const auto plus = [](std::string_view moment, std::string_view by) {
        const auto sum = add_interval(test::must(parse_timestamp(moment, false)),
                                      test::must(parse_interval(by)));
        return sum ? format_timestamp(*sum) : "error: " + sum.error().text();
    };
    CHECK(plus("2024-01-31", "1 month") == "2024-02-29 00:00:00");
    CHECK(plus("2024-03-31", "-1 month") == "2024-02-29 00:00:00");
    CHECK(plus("2024-01-31", "1 month 1 day") == "2024-03-01 00:00:00");
    CHECK(plus("2024-01-01", "-13 months") == "2022-12-01 00:00:00");
    CHECK(plus("2024-01-01 00:00:01", "-2 seconds") == "2023-12-31 23:59:59");
    CHECK(plus("294246-12-31", "1 year") == "error: timestamp out of range");
}

// Goal:   what is written is read as what it was.
TEST_CASE("moments and intervals survive their text", "[sql][moment][property]") {
    const auto seed = test::seed(12);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 5000; ++round) {
        const auto micros = rng.between(-60'000'000'000'000'000, 250'000'000'000'000'000);
        CAPTURE(micros);
        CHECK(test::must(parse_timestamp(format_timestamptz(micros), true)) == micros);
        CHECK(test::must(parse_timestamp(format_timestamp(micros), false)) == micros);
        const Interval interval{static_cast<std::int32_t>(rng.between(-5000, 5000)),
                                static_cast<std::int32_t>(rng.between(-5000, 5000)),
                                rng.between(-1'000'000'000'000, 1'000'000'000'000)};
        CHECK(test::must(parse_interval(format_interval(interval))) == interval);
    }
}
