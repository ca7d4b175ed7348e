// SPDX-License-Identifier: Apache-2.0
// The expected texts and errors are what PostgreSQL 15 answers, in its "C" locale.
#include "evaluate.hpp"
#include "topgun_test/support.hpp"

using topgun::test::check_values;

TEST_CASE("lists are read and written as PostgreSQL writes them", "[sql][function]") {
    check_values({
        {"'{1,2,NULL}'::bigint[]", "{1,2,NULL}"},
        {R"('{a,"b c",NULL,"null","",\\x,"\""}'::text[])",
         R"({a,"b c",NULL,"null","","\\x","\""})"},
        {"'{}'::text[]", "{}"},
        {R"('{ a b , "c" }'::text[])", R"({"a b",c})"},
        {"'{{1,2},{3,4}}'::bigint[]", "{{1,2},{3,4}}"},
        {"'{t,f,NULL}'::boolean[]", "{t,f,NULL}"},
        {"'{1.50,2}'::numeric[]", "{1.50,2}"},
        {"'{1.5,NaN,-Infinity}'::float8[]", "{1.5,NaN,-Infinity}"},
        {"'{2024-01-02}'::date[]", "{2024-01-02}"},
        {R"('{"2024-01-02 03:04:05"}'::timestamp[])", R"({"2024-01-02 03:04:05"})"},
        {R"('{"1 day 02:00:00"}'::interval[])", R"({"1 day 02:00:00"})"},
        {"'{a,{b}}'::text[]", R"(error: malformed array literal: "{a,{b}}")"},
        {R"('{a"b"}'::text[])", R"(error: malformed array literal: "{a"b"}")"},
        {"'{,}'::text[]", R"(error: malformed array literal: "{,}")"},
        {"'{a'::text[]", R"(error: malformed array literal: "{a")"},
        {"'{a} x'::text[]", R"(error: malformed array literal: "{a} x")"},
        {"'1,2'::bigint[]", R"(error: malformed array literal: "1,2")"},
        {"'{x}'::bigint[]", R"(error: invalid input syntax for type bigint: "x")"},
        {R"('{"{\"a\": [1, \"x, y:z\"]}"}'::jsonb[])", R"({"{\"a\": [1, \"x, y:z\"]}"})"},
        {"'{1,2}'::bigint[]::text[]", "{1,2}"},
        {"'{1.5,2.5}'::numeric[]::bigint[]", "{2,3}"},
        {"'{1,2}'::bigint[]::numeric[]", "{1,2}"},
        {"'{{1,2},{3,NULL}}'::bigint[]::float8[]", "{{1,2},{3,NULL}}"},
        {"ARRAY[1,2.5,NULL]", "{1,2.5,NULL}"},
        {"ARRAY['a','b']", "{a,b}"},
        {"ARRAY[true,false,NULL]", "{t,f,NULL}"},
        {"ARRAY[ARRAY[1,2],ARRAY[3,4]]", "{{1,2},{3,4}}"},
    });
}

TEST_CASE("lists and JSON compare in one order of all values", "[sql][function]") {
    check_values({
        {"ARRAY[1,2] = ARRAY[1,2]", "true"},
        {"ARRAY[1,2] < ARRAY[1,3]", "true"},
        {"ARRAY[1,2] < ARRAY[1]", "false"},
        {"ARRAY[1,2] >= ARRAY[1,2]", "true"},
        {"'{a,b}' = ARRAY['a','b']", "true"},
        {R"('{"a":1}'::jsonb = '{"a": 1}')", "true"},
        {"'[1,2]'::jsonb < '[1,3]'", "true"},
        {"'1'::jsonb <> '2'", "true"},
        {"'1'::jsonb = 1", "true"},
        {"'1.5'::jsonb = 1.5", "true"},
        {"2 > '1'::jsonb", "true"},
        {R"('"x"'::jsonb = 'x'::text)", "true"},
        {"'true'::jsonb = true", "true"},
        {R"('"x"'::jsonb = 1)", "false"},
    });
}

TEST_CASE("JSON is printed as PostgreSQL prints it", "[sql][function]") {
    check_values({
        {R"('{"b":[1,2,{"c":null}],"a":"x:y, \"z\""}'::jsonb)",
         R"({"a": "x:y, \"z\"", "b": [1, 2, {"c": null}]})"},
        {"'[]'::jsonb", "[]"},
        {"'{}'::jsonb", "{}"},
        {R"('"a\u00e9\n"'::jsonb)", R"("aé\n")"},
        {"'1.5'::jsonb", "1.5"},
        {"'-7'::jsonb", "-7"},
    });
}

TEST_CASE("casts go where PostgreSQL's do", "[sql][function]") {
    check_values({
        {"'1 day 25:30:00'::interval::time", "01:30:00"},
        {"'-1 hour'::interval::time", "23:00:00"},
        {"5::boolean", "true"},
        {"0::boolean", "false"},
        {"true::int4", "1"},
        {R"('a\\b\001\x'::bytea)", R"(error: invalid input syntax for type bytea: "a\\b\001\x")"},
        {R"('a\\b\001'::bytea)", R"(\x615c6201)"},
        {"'2024-01-02 03:04:05'::timestamp::date", "2024-01-02"},
        {"'2024-01-02'::date::timestamp", "2024-01-02 00:00:00"},
        {"'2024-01-02 03:04:05'::timestamptz::time", "03:04:05"},
        {R"('[1,"x",null]'::text::jsonb)", R"([1, "x", null])"},
        {"5::jsonb", "5"},
        {"ARRAY[1,2]::jsonb", "[1, 2]"},
        {"'5'::jsonb::int8", "5"},
        {R"('"5"'::jsonb::int8)", "error: cannot cast jsonb string to type bigint"},
        {"'1.5'::jsonb::numeric", "1.5"},
        {"NULL::date", "NULL"},
    });
}

TEST_CASE("functions that take any type find the type that arguments share", "[sql][function]") {
    check_values({
        {"generate_series(1,5)", "1; 2; 3; 4; 5"},
        {"generate_series(1,10,3)", "1; 4; 7; 10"},
        {"generate_series(5,1,-2)", "5; 3; 1"},
        {"generate_series(1,5,0)", "error: step size cannot equal zero"},
        {"generate_series(1,NULL)", ""},
        {"generate_series(9223372036854775806,9223372036854775807)",
         "9223372036854775806; 9223372036854775807"},
        {"generate_series(1.0,2.0,0.5)", "1.0; 1.5; 2.0"},
        {"generate_series('2024-01-31'::timestamp,'2024-04-30'::timestamp,'1 month')",
         "2024-01-31 00:00:00; 2024-02-29 00:00:00; 2024-03-29 00:00:00; 2024-04-29 00:00:00"},
        {"generate_series('2024-01-03'::timestamp,'2024-01-01'::timestamp,'-1 day')",
         "2024-01-03 00:00:00; 2024-01-02 00:00:00; 2024-01-01 00:00:00"},
        {"generate_series('2024-01-03'::timestamp,'2024-01-01'::timestamp,'0 day')",
         "error: step size cannot equal zero"},
        {"generate_subscripts(ARRAY['a','b','c'],1)", "1; 2; 3"},
        {"generate_subscripts(ARRAY['a','b','c'],1,true)", "3; 2; 1"},
        {"generate_subscripts('{{1,2,3},{4,5,6}}'::int4[],2)", "1; 2; 3"},
    });
}
