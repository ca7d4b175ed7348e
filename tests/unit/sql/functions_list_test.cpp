// SPDX-License-Identifier: Apache-2.0
// The expected texts and errors are what PostgreSQL 15 answers, in its "C" locale.
#include "evaluate.hpp"
#include "topgun_test/support.hpp"

using topgun::test::check_values;

TEST_CASE("arrays are measured", "[sql][function]") {
    check_values({
        {"array_length(ARRAY[1,2,3], 1)", "3"},
        {"array_length(ARRAY[1,2,3], 2)", "NULL"},
        {"array_length('{{1,2,3},{4,5,6}}'::int4[], 2)", "3"},
        {"array_length('{}'::int4[], 1)", "NULL"},
        {"array_lower(ARRAY[1,2], 1)", "1"},
        {"array_upper(ARRAY[1,2], 1)", "2"},
        {"array_ndims('{{1},{2}}'::int4[])", "2"},
        {"array_ndims('{}'::int4[])", "NULL"},
        {"array_dims('{{1,2,3},{4,5,6}}'::int4[])", "[1:2][1:3]"},
        {"cardinality('{{1,2},{3,4}}'::int4[])", "4"},
        {"cardinality('{}'::int4[])", "0"},
    });
}

TEST_CASE("arrays grow, shrink and change", "[sql][function]") {
    check_values({
        {"array_append(ARRAY[1,2], 3)", "{1,2,3}"},
        {"array_append(NULL::int4[], 3)", "{3}"},
        {"array_append(ARRAY[1,2], NULL)", "{1,2,NULL}"},
        {"array_append(ARRAY[1,2], 3.5)", "{1,2,3.5}"},
        {"array_append('{{1},{2}}'::int4[], 3)",
         "error: argument must be empty or one-dimensional array"},
        {"array_prepend(0, ARRAY[1,2])", "{0,1,2}"},
        {"array_cat(ARRAY[1,2], ARRAY[3])", "{1,2,3}"},
        {"ARRAY[1,2] || ARRAY[3,4]", "{1,2,3,4}"},
        {"ARRAY[1,2] || 3", "{1,2,3}"},
        {"1 || ARRAY[2]", "{1,2}"},
        {"'a'::text || ARRAY['b']", "{a,b}"},
        {"ARRAY[1,2] || '{3}'", "{1,2,3}"},
        {"ARRAY[1,2] || NULL", "{1,2}"},
        {"ARRAY[1] || '{{2},{3}}'::int4[]", "{{1},{2},{3}}"},
        {"'{{1,2}}'::int4[] || ARRAY[3,4]", "{{1,2},{3,4}}"},
        {"'{{{1,2}}}'::int4[] || ARRAY[3,4]", "error: cannot concatenate incompatible arrays"},
        {"array_remove(ARRAY[1,2,1,NULL], 1)", "{2,NULL}"},
        {"array_remove(ARRAY[1,NULL], NULL)", "{1}"},
        {"array_remove(ARRAY[1.0,2.0], 1.00)", "{2.0}"},
        {"array_replace(ARRAY[1,2,1], 1, 9)", "{9,2,9}"},
        {"array_replace(ARRAY[1,NULL], NULL, 5)", "{1,5}"},
        {"trim_array(ARRAY[1,2,3], 2)", "{1}"},
        {"trim_array(ARRAY[1,2,3], 4)",
         "error: number of elements to trim must be between 0 and 3"},
        {"(ARRAY[1,2,3])[2]", "2"},
        {"(ARRAY[1,2,3])[0]", "NULL"},
        {"('{{1,2},{3,4}}'::int4[])[1]", "NULL"},
        {"(ARRAY[1,2,3,4])[2:3]", "{2,3}"},
        {"(ARRAY[1,2,3])[3:2]", "{}"},
        {"(ARRAY[1,2,3])[-5:2]", "{1,2}"},
        {"array_get('{{1,2},{3,4}}'::int4[], 2, 1)", "3"},
    });
}

TEST_CASE("arrays are searched", "[sql][function]") {
    check_values({
        {"array_position(ARRAY['a','b','c','b'], 'b')", "2"},
        {"array_position(ARRAY['a','b','c','b'], 'b', 3)", "4"},
        {"array_position(ARRAY[1,NULL], NULL)", "2"},
        {"array_position(ARRAY[1], 2)", "NULL"},
        {"array_positions(ARRAY[1,2,1], 1)", "{1,3}"},
        {"array_positions(ARRAY[1], 2)", "{}"},
        {"ARRAY[1,2,3] @> ARRAY[1,3]", "true"},
        {"ARRAY[1,2] @> ARRAY[NULL]::int4[]", "false"},
        {"ARRAY[1] <@ ARRAY[1,2]", "true"},
        {"ARRAY[1,2] && ARRAY[2,3]", "true"},
        {"ARRAY[1,2] && ARRAY[5]", "false"},
        {"ARRAY[1.0] @> ARRAY[1.00]", "true"},
    });
}

TEST_CASE("arrays are made of texts, and texts of arrays", "[sql][function]") {
    check_values({
        {"array_to_string(ARRAY[1,NULL,3], ',')", "1,3"},
        {"array_to_string(ARRAY[1,NULL,3], ',', '*')", "1,*,3"},
        {"array_to_string('{{1,2},{3,4}}'::int4[], '-')", "1-2-3-4"},
        {"array_to_string(ARRAY[true,false], ',')", "t,f"},
        {"array_to_string(ARRAY[1.5,2], NULL)", "NULL"},
        {"string_to_array('a,b,,c', ',')", R"({a,b,"",c})"},
        {"string_to_array('a,b', ',', 'b')", "{a,NULL}"},
        {"string_to_array('abc', NULL)", "{a,b,c}"},
        {"string_to_array('abc', '')", "{abc}"},
        {"string_to_array('', ',')", "{}"},
        {"string_to_array('a--b', '--')", "{a,b}"},
        {"string_to_array(NULL, ',')", "NULL"},
    });
}
