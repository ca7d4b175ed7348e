// SPDX-License-Identifier: Apache-2.0
// The expected texts and errors are what PostgreSQL 15 answers, in its "C" locale.
#include "evaluate.hpp"
#include "topgun_test/support.hpp"

using topgun::test::check_values;

TEST_CASE("fields and elements are found in JSON", "[sql][function]") {
    check_values({
        {R"('{"a":{"b":1},"c":[1,2,"x"],"n":null}'::jsonb -> 'a')", R"({"b": 1})"},
        {R"('{"a":{"b":1}}'::jsonb -> 'x')", "NULL"},
        {R"('{"a":"text","b":1.5}'::jsonb ->> 'a')", "text"},
        {R"('{"a":"text","b":1.5}'::jsonb ->> 'b')", "1.5"},
        {R"('{"a":[1,{"b":2}]}'::jsonb ->> 'a')", R"([1, {"b": 2}])"},
        {R"('{"n":null}'::jsonb -> 'n')", "null"},
        {R"('{"n":null}'::jsonb ->> 'n')", "NULL"},
        {"'[1,2,3]'::jsonb -> 0", "1"},
        {"'[1,2,3]'::jsonb -> -1", "3"},
        {"'[1,2,3]'::jsonb -> 3", "NULL"},
        {"'[1,2,3]'::jsonb ->> -3", "1"},
        {R"('{"a":1}'::jsonb -> 0)", "NULL"},
        {"'[1]'::jsonb -> 'a'", "NULL"},
        {R"('"s"'::jsonb -> 'a')", "NULL"},
        {R"('{"a":[1,{"b":"x"}]}'::jsonb #> '{a,1,b}')", R"("x")"},
        {R"('{"a":[1,{"b":"x"}]}'::jsonb #>> '{a,1,b}')", "x"},
        {R"('{"a":[1,{"b":"x"}]}'::jsonb #>> '{a,-1}')", R"({"b": "x"})"},
        {R"('{"a":1}'::jsonb #> '{}')", R"({"a": 1})"},
        {R"('{"a":1}'::jsonb #> '{b,c}')", "NULL"},
        {R"('{"a":1}'::jsonb #> ARRAY[NULL])", "NULL"},
        {R"(jsonb_extract_path('{"a":{"b":[5,6]}}', 'a', 'b', '1'))", "6"},
        {R"(jsonb_extract_path_text('{"a":{"b":"q"}}', 'a', 'b'))", "q"},
        {R"(json_extract_path_text('{"a":{"b":"q"}}', 'a', 'b'))", "q"},
        {"jsonb_typeof('1.5')", "number"},
        {"jsonb_typeof('null')", "null"},
        {"jsonb_typeof('[]')", "array"},
        {"jsonb_typeof('{}')", "object"},
        {R"(jsonb_typeof('"x"'))", "string"},
        {"jsonb_typeof('true')", "boolean"},
        {"jsonb_array_length('[1,2]')", "2"},
        {"jsonb_array_length('{}')", "error: cannot get array length of a non-array"},
        {"jsonb_array_length('1')", "error: cannot get array length of a scalar"},
    });
}

TEST_CASE("JSON contains JSON", "[sql][function]") {
    check_values({
        {R"('{"a":1,"b":2}'::jsonb @> '{"b":2}')", "true"},
        {R"('{"a":{"b":[1,2,{"c":3}]}}'::jsonb @> '{"a":{"b":[{"c":3},1]}}')", "true"},
        {"'[1,2,[3,4]]'::jsonb @> '[[3]]'", "true"},
        {"'[1,2]'::jsonb @> '1'", "true"},
        {"'[[1]]'::jsonb @> '1'", "false"},
        {"'[1,2]'::jsonb @> '[2,2,1]'", "true"},
        {R"('{"a":[1]}'::jsonb @> '{"a":1}')", "false"},
        {"'1'::jsonb @> '1'", "true"},
        {"'1'::jsonb @> '[1]'", "false"},
        {R"('{"b":2}'::jsonb <@ '{"a":1,"b":2}')", "true"},
        {R"('{"a":1}'::jsonb ? 'a')", "true"},
        {R"('["a","b"]'::jsonb ? 'b')", "true"},
        {"'[1]'::jsonb ? '1'", "false"},
        {R"('"a"'::jsonb ? 'a')", "true"},
        {R"('{"a":1}'::jsonb ?| ARRAY['x','a'])", "true"},
        {R"('{"a":1}'::jsonb ?& ARRAY['x','a'])", "false"},
        {R"('{"a":1,"b":2}'::jsonb ?& '{a,b}')", "true"},
    });
}

TEST_CASE("JSON is joined and cut", "[sql][function]") {
    check_values({
        {R"('{"a":1}'::jsonb || '{"a":2,"b":3}')", R"({"a": 2, "b": 3})"},
        {"'[1]'::jsonb || '[2]'", "[1, 2]"},
        {"'[1]'::jsonb || '2'", "[1, 2]"},
        {R"('{"a":1}'::jsonb || '[2]')", R"([{"a": 1}, 2])"},
        {"'1'::jsonb || '2'", "[1, 2]"},
        {R"('{"a":1,"b":2}'::jsonb - 'a')", R"({"b": 2})"},
        {R"('["a","b","a"]'::jsonb - 'a')", R"(["b"])"},
        {"'[1,2,3]'::jsonb - 1", "[1, 3]"},
        {"'[1,2,3]'::jsonb - -1", "[1, 2]"},
        {"'[1,2,3]'::jsonb - 9", "[1, 2, 3]"},
        {R"('{"a":1}'::jsonb - 1)", "error: cannot delete from object using integer index"},
        {"'1'::jsonb - 'a'", "error: cannot delete from scalar"},
        {R"('{"a":1,"b":2,"c":3}'::jsonb - ARRAY['a','c'])", R"({"b": 2})"},
        {R"('{"a":[1,{"b":2,"c":3}]}'::jsonb #- '{a,1,b}')", R"({"a": [1, {"c": 3}]})"},
        {"'[1,2]'::jsonb #- '{-1}'", "[1]"},
        {R"('{"a":1}'::jsonb #- '{x,y}')", R"({"a": 1})"},
        {"'1'::jsonb #- '{a}'", "error: cannot delete path in scalar"},
    });
}

TEST_CASE("JSON is changed at a path", "[sql][function]") {
    check_values({
        {R"(jsonb_set('{"a":1}', '{a}', '2'))", R"({"a": 2})"},
        {R"(jsonb_set('{"a":1}', '{b}', '2'))", R"({"a": 1, "b": 2})"},
        {R"(jsonb_set('{"a":1}', '{b}', '2', false))", R"({"a": 1})"},
        {R"(jsonb_set('{"a":[1,2]}', '{a,0}', '"x"'))", R"({"a": ["x", 2]})"},
        {R"(jsonb_set('{"a":[1,2]}', '{a,9}', '"x"'))", R"({"a": [1, 2, "x"]})"},
        {R"(jsonb_set('{"a":[1,2]}', '{a,-9}', '"x"'))", R"({"a": ["x", 1, 2]})"},
        {R"(jsonb_set('{"a":[1,2]}', '{a,x}', '1'))",
         R"(error: path element at position 2 is not an integer: "x")"},
        {R"(jsonb_set('{"a":1}', '{b,c}', '2'))", R"({"a": 1})"},
        {"jsonb_set('1', '{a}', '2')", "error: cannot set path in scalar"},
        {R"(jsonb_insert('{"a":[0,1,2]}', '{a,1}', '"new"'))", R"({"a": [0, "new", 1, 2]})"},
        {R"(jsonb_insert('{"a":[0,1,2]}', '{a,1}', '"new"', true))", R"({"a": [0, 1, "new", 2]})"},
        {R"(jsonb_insert('{"a":[0,1,2]}', '{a,-1}', '9', true))", R"({"a": [0, 1, 2, 9]})"},
        {R"(jsonb_insert('{"a":1}', '{b}', '2'))", R"({"a": 1, "b": 2})"},
        {R"(jsonb_insert('{"a":1}', '{a}', '2'))", "error: cannot replace existing key"},
        {R"(jsonb_strip_nulls('{"a":1,"b":null,"c":[null,{"d":null}]}'))",
         R"({"a": 1, "c": [null, {}]})"},
        {R"(jsonb_pretty('{"a":[1,{"b":[]}],"c":{}, "d":"x,:{"}'))",
         "{\n    \"a\": [\n        1,\n        {\n            \"b\": [\n            ]\n        }\n "
         "   ],\n    \"c\": {\n    },\n    \"d\": \"x,:{\"\n}"},
        {"jsonb_pretty('[]')", "[\n]"},
    });
}

TEST_CASE("JSON is made of values", "[sql][function]") {
    check_values({
        {"to_jsonb('x'::text)", R"("x")"},
        {"to_jsonb(5)", "5"},
        {"to_jsonb(1.5)", "1.5"},
        {"to_jsonb(true)", "true"},
        {"to_jsonb(ARRAY[1,NULL,3])", "[1, null, 3]"},
        {R"(to_jsonb(ARRAY['a','b"c']))", R"(["a", "b\"c"])"},
        {"to_jsonb(ARRAY[1.5,2.5])", "[1.5, 2.5]"},
        {"to_jsonb('{{1,2},{3,4}}'::int4[])", "[[1, 2], [3, 4]]"},
        {"to_jsonb('2024-01-02 03:04:05'::timestamp)", R"("2024-01-02T03:04:05")"},
        {"to_jsonb('2024-01-02 03:04:05+02'::timestamptz)", R"("2024-01-02T01:04:05+00:00")"},
        {"to_jsonb('2024-01-02'::date)", R"("2024-01-02")"},
        {"to_jsonb('1 day'::interval)", R"("1 day")"},
        {"to_jsonb(NULL::text)", "NULL"},
        {R"(jsonb_build_array(1, 'a', NULL, true, '{"x":1}'::jsonb))",
         R"([1, "a", null, true, {"x": 1}])"},
        {"jsonb_build_object('a', 1, 'b', ARRAY[1,2], 'c', NULL)",
         R"({"a": 1, "b": [1, 2], "c": null})"},
        {"jsonb_build_object('a')", "error: argument list must have even number of elements"},
        {"jsonb_build_object(NULL, 1)", "error: argument 1: key must not be null"},
        {"jsonb_build_object()", "{}"},
        {"jsonb_object('{a,1,b,2}')", R"({"a": "1", "b": "2"})"},
        {"jsonb_object('{{a,1},{b,NULL}}')", R"({"a": "1", "b": null})"},
        {"jsonb_object('{a,b}', '{1,2}')", R"({"a": "1", "b": "2"})"},
        {"jsonb_object('{a}')", "error: array must have even number of elements"},
        {"jsonb_object('{a,b}', '{1}')", "error: mismatched array dimensions"},
    });
}

TEST_CASE("lists and JSON become rows", "[sql][function]") {
    check_values({
        {"unnest(ARRAY[1,2,NULL,4])", "1; 2; NULL; 4"},
        {"unnest('{{1,2},{3,4}}'::int4[])", "1; 2; 3; 4"},
        {"unnest(ARRAY['a','b'])", "a; b"},
        {"unnest('{}'::int4[])", ""},
        {R"(unnest('[1,"a",null]'::jsonb))", R"(1; "a"; null)"},
        {R"(jsonb_array_elements('[1,{"a":2},null,"x"]'))", R"(1; {"a": 2}; null; "x")"},
        {R"(jsonb_array_elements_text('[1,{"a":2},null,"x"]'))", R"(1; {"a": 2}; NULL; x)"},
        {"jsonb_array_elements('{}')", "error: cannot extract elements from an object"},
        {"jsonb_array_elements('1')", "error: cannot extract elements from a scalar"},
        {R"(jsonb_each('{"a":1,"b":[2],"c":null,"d":"x"}'))", R"(a|1; b|[2]; c|null; d|"x")"},
        {R"(jsonb_each_text('{"a":1,"b":[2],"c":null,"d":"x"}'))", "a|1; b|[2]; c|NULL; d|x"},
        {"jsonb_each('[1]')", "error: cannot call jsonb_each on a non-object"},
        {R"(jsonb_object_keys('{"a":1,"b":2}'))", "a; b"},
        {"jsonb_object_keys('[1]')", "error: cannot call jsonb_object_keys on an array"},
        {"jsonb_object_keys('1')", "error: cannot call jsonb_object_keys on a scalar"},
    });
}
