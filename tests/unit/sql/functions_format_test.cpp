// SPDX-License-Identifier: Apache-2.0
// The expected texts and errors are what PostgreSQL 15 answers, in its "C" locale.
#include "evaluate.hpp"
#include "topgun_test/support.hpp"

using topgun::test::check_values;

TEST_CASE("moments are written by templates", "[sql][function]") {
    check_values({
        {"to_char('2024-02-09 15:04:05.678901'::timestamp, 'YYYY-MM-DD HH24:MI:SS.US')",
         "2024-02-09 15:04:05.678901"},
        {"to_char('2024-02-09 15:04:05.678901'::timestamp, 'YYYY-MM-DD HH24:MI:SS.MS')",
         "2024-02-09 15:04:05.678"},
        {"to_char('2024-02-09 15:04:05.678901'::timestamp, 'HH12:MI:SS AM')", "03:04:05 PM"},
        {"to_char('2024-02-09 00:04:05'::timestamp, 'HH:MI a.m.')", "12:04 a.m."},
        {"to_char('2024-02-09'::date, 'Day, DD Month YYYY')", "Friday   , 09 February  2024"},
        {"to_char('2024-02-09'::date, 'FMDay, FMDD FMMonth YYYY')", "Friday, 9 February 2024"},
        {"to_char('2024-02-09'::date, 'DAY MON dy mon Dy')", "FRIDAY    FEB fri feb Fri"},
        {"to_char('2024-02-09'::date, 'YYY YY Y Y,YYY IYYY IYY')", "024 24 4 2,024 2024 024"},
        {"to_char('2024-02-09'::date, 'DDD D ID WW W IW CC J Q')", "040 6 5 06 2 06 21 2460350 1"},
        {R"(to_char('2024-02-09'::date, 'FMDDth "of" FMMonth'))", "9th of February"},
        {"to_char('2024-02-02'::date, 'FMDDTH')", "2ND"},
        {"to_char('2024-02-11'::date, 'DDth')", "11th"},
        {"to_char('0044-03-15 BC'::date, 'YYYY BC A.D.')", "0044 BC B.C."},
        {"to_char('2024-02-09 15:04:05'::timestamptz, 'HH24 TZ OF TZH:TZM')", "15 UTC +00 +00:00"},
        {"to_char('2024-02-09 15:04:05'::timestamp, 'SSSS FF3')", "54245 000"},
        {"to_char('2024-02-09 15:04:05'::timestamp, 'yyyy-mm-dd hh24:mi:ss')",
         "2024-02-09 15:04:05"},
        {"to_char('1 year 2 mons 3 days 04:05:06'::interval, 'YYYY-MM-DD HH24:MI:SS')",
         "0001-02-03 04:05:06"},
        {"to_char('30 hours'::interval, 'HH24:MI')", "30:00"},
        {"to_char('15h 2m 12s'::interval, 'HH24:MI:SS')", "15:02:12"},
    });
}

TEST_CASE("moments are read by templates", "[sql][function]") {
    check_values({
        {"to_timestamp('2024-02-09 15:04:05', 'YYYY-MM-DD HH24:MI:SS')", "2024-02-09 15:04:05+00"},
        {"to_timestamp('05 Dec 2000', 'DD Mon YYYY')", "2000-12-05 00:00:00+00"},
        {"to_timestamp('2024-02-09 03:04:05.25 PM', 'YYYY-MM-DD HH12:MI:SS.MS PM')",
         "2024-02-09 15:04:05.25+00"},
        {"to_timestamp('20240209', 'YYYYMMDD')", "2024-02-09 00:00:00+00"},
        {"to_timestamp('2024/02/09', 'YYYY-MM-DD')", "2024-02-09 00:00:00+00"},
        {"to_timestamp('2024-13-09', 'YYYY-MM-DD')",
         R"(error: date/time field value out of range: "2024-13-09")"},
        {"to_timestamp('x', 'YYYY')", R"(error: invalid value "x" for "YYYY")"},
        {"to_date('05 Dec 2000', 'DD Mon YYYY')", "2000-12-05"},
        {"to_date('2024-060', 'YYYY-DDD')", "2024-02-29"},
        {"to_date('9 february 2024', 'DD month YYYY')", "2024-02-09"},
        {"to_date('24-02-09', 'YY-MM-DD')", "2024-02-09"},
        {"to_date('2023-02-29', 'YYYY-MM-DD')",
         R"(error: date/time field value out of range: "2023-02-29")"},
    });
}

TEST_CASE("numbers are written by templates", "[sql][function]") {
    check_values({
        {"to_char(125, '999')", " 125"},
        {"to_char(-125, '999')", "-125"},
        {"to_char(125.8::float8, '999D9')", " 125.8"},
        {"to_char(-125.8, '999D99S')", "125.80-"},
        {"to_char(0.1, '0.9')", " 0.1"},
        {"to_char(-0.1, '99.99')", "  -.10"},
        {"to_char(-0.1, 'FM9.99')", "-.1"},
        {"to_char(0.1, 'FM90.99')", "0.1"},
        {"to_char(12, '9990999.9')", "    0012.0"},
        {"to_char(12, 'FM9990999.9')", "0012."},
        {"to_char(485, '9,999')", "   485"},
        {"to_char(1485, '9,999')", " 1,485"},
        {"to_char(1485, '9G999')", " 1,485"},
        {"to_char(148.5, '999.999')", " 148.500"},
        {"to_char(148.5, 'FM999.999')", "148.5"},
        {"to_char(148.5, 'FM999.990')", "148.500"},
        {"to_char(3148.5, '9G999D999')", " 3,148.500"},
        {"to_char(-485, '999S')", "485-"},
        {"to_char(-485, '999MI')", "485-"},
        {"to_char(485, '999MI')", "485 "},
        {"to_char(485, 'FM999MI')", "485"},
        {"to_char(-485, 'S999')", "-485"},
        {"to_char(485, 'SG999')", "+485"},
        {"to_char(-485, '999PR')", "<485>"},
        {"to_char(485, '999PR')", " 485 "},
        {"to_char(482, '999th')", " 482nd"},
        {R"(to_char(485.8, '"Pre:"999" Post:" .999'))", "Pre: 485 Post: .800"},
        {"to_char(12345, '999')", " ###"},
        {"to_char(0, '9')", " 0"},
        {"to_char(0, '9.9')", "  .0"},
        {"to_char(0, '0.0')", " 0.0"},
        {"to_char(0, 'FM999')", "0"},
        {"to_char(1234567.891, 'FM9,999,999.00')", "1,234,567.89"},
        {"to_char(42, '00000')", " 00042"},
        {"to_char(-42, '00000')", "-00042"},
        {"to_char(5, 'RN')", "error: to_char() does not support RN"},
        {"to_number('12,454.8-', '99G999D9S')", "-12454.8"},
        {"to_number('-34,338,492', '99G999G999')", "-34338492"},
        {"to_number('x', '999')", R"(error: invalid input syntax for type numeric: "x")"},
    });
}
