// SPDX-License-Identifier: Apache-2.0
// The expected texts and errors are what PostgreSQL 15 answers, in its "C" locale.
#include "evaluate.hpp"
#include "topgun_test/support.hpp"

using topgun::test::check_values;

TEST_CASE("LIKE covers the whole text", "[sql][function]") {
    check_values({
        {"'hello' LIKE 'h%o'", "true"},
        {"'hello' LIKE 'h_llo'", "true"},
        {"'hello' LIKE 'hell'", "false"},
        {"'hello' LIKE '%ell%'", "true"},
        {"'hello' LIKE '%'", "true"},
        {"'' LIKE '%'", "true"},
        {"'' LIKE '_'", "false"},
        {"'héllo' LIKE 'h_l%'", "true"},
        {R"('a%b' LIKE 'a\%b')", "true"},
        {R"('axb' LIKE 'a\%b')", "false"},
        {"'abcabc' LIKE '%b_a%c'", "true"},
        {"'aab' LIKE '%a_b'", "true"},
        {"'HELLO' ILIKE 'h%O'", "true"},
        {"'hello' NOT LIKE 'x%'", "true"},
        {"'10%' LIKE '10!%' ESCAPE '!'", "true"},
        {"'10x' LIKE '10!%' ESCAPE '!'", "false"},
        {R"('a\b' LIKE 'a\b' ESCAPE '')", "true"},
        {R"('abc' LIKE 'a\')", "error: LIKE pattern must not end with escape character"},
        {"'abc' LIKE 'abc' ESCAPE 'xx'", "error: invalid escape string"},
        {"NULL LIKE 'a'", "NULL"},
        {"'abab' LIKE '%ab'", "true"},
        {"'ab' LIKE 'ab%ab'", "false"},
        {R"('_x' LIKE '\_x')", "true"},
        {"'a' !~~ 'b'", "true"},
        {"'A' ~~* 'a'", "true"},
    });
}

TEST_CASE("SIMILAR TO is SQL's own expression", "[sql][function]") {
    check_values({
        {"'abc' SIMILAR TO 'abc'", "true"},
        {"'abc' SIMILAR TO 'a'", "false"},
        {"'abc' SIMILAR TO '%(b|d)%'", "true"},
        {"'abc' SIMILAR TO '(b|c)%'", "false"},
        {"'a.c' SIMILAR TO 'a.c'", "true"},
        {"'abc' SIMILAR TO 'a.c'", "false"},
        {R"('a%' SIMILAR TO 'a\%')", "true"},
        {"'foo123' SIMILAR TO '[a-z]+[0-9]{3}'", "true"},
        {"'a-b' SIMILAR TO 'a#-b' ESCAPE '#'", "true"},
    });
}

TEST_CASE("regular expressions match anywhere", "[sql][function]") {
    check_values({
        {"'thomas' ~ 't.*ma'", "true"},
        {"'thomas' ~* 'T.*ma'", "true"},
        {"'thomas' !~ 't.*max'", "true"},
        {"'thomas' !~* 'T.*ma'", "false"},
        {"'abc' ~ '^a'", "true"},
        {R"(E'a\nb' ~ 'a.b')", "true"},
        {R"(E'a\nb' ~ '^b')", "false"},
        {R"(E'a\nb' ~ '(?n)^b')", "true"},
        {R"(E'a\nb' ~ '(?n)a.b')", "false"},
        {R"(E'a\nb' ~ '(?n)a[^x]b')", "false"},
        {R"('foo bar' ~ '\mbar\M')", "true"},
        {R"('foobar' ~ '\mbar')", "false"},
        {"'foo bar' ~ '[[:<:]]bar[[:>:]]'", "true"},
        {R"('foo bar' ~ 'o\yb')", "false"},
        {R"('abc' ~ '\Aabc\Z')", "true"},
        {R"('a\b' ~ 'a\\b')", "true"},
        {R"('A' ~ '\x41')", "true"},
        {R"('é' ~ '\u00e9')", "true"},
        {"'abc' ~ '(?i)B'", "true"},
        {"'a.c' ~ '***=a.c'", "true"},
        {"'abc' ~ '***=a.c'", "false"},
        {"'x]' ~ '[]x]{2}'", "true"},
        {"'abc' ~ 'a('", "error: invalid regular expression: parentheses () not balanced"},
        {"'abc' ~ '['", "error: invalid regular expression: brackets [] not balanced"},
        {"'abc' ~ '*a'", "error: invalid regular expression: quantifier operand invalid"},
        {"'abc' ~ 'a**'", "error: invalid regular expression: quantifier operand invalid"},
        {"'abc' ~ 'a{5,2}'", "error: invalid regular expression: invalid repetition count(s)"},
        {R"('abc' ~ '(a)\1')",
         "error: regular expressions with back-references are not supported: matching must take "
         "linear time"},
        {"'abc' ~ 'a(?=b)'",
         "error: regular expressions with look-around are not supported: matching must take linear "
         "time"},
    });
}

TEST_CASE("matches are the longest, unless a quantifier is lazy", "[sql][function]") {
    check_values({
        {"regexp_match('abc', 'a|ab')", "{ab}"},
        {"regexp_match('foobarbequebaz', '(bar)(beque)')", "{bar,beque}"},
        {"regexp_match('foobarbequebaz', 'ba.')", "{bar}"},
        {"regexp_match('foobarbequebaz', 'b(x)?')", "{NULL}"},
        {R"(regexp_match('abc123', '(.*)(\d+)'))", "{abc12,3}"},
        {R"(regexp_match('abc123', '(.*?)(\d+)$'))", "{abc,123}"},
        {"regexp_match('abc', 'x')", "NULL"},
        {"regexp_match('aBc', 'b', 'i')", "{B}"},
        {"regexp_match('abc', 'b', 'g')",
         R"(error: regexp_match() does not support the "global" option)"},
        {"regexp_match('abc', 'b', 'z')", R"(error: invalid regular expression option: "z")"},
        {"substring('foobar', 'o.b')", "oob"},
        {"substring('foobar', 'o(.)b')", "o"},
        {"substring('foobar', 'x')", "NULL"},
        {"substring('Thomas' from '...$')", "mas"},
    });
}

TEST_CASE("matches are replaced", "[sql][function]") {
    check_values({
        {"regexp_replace('foobarbaz', 'b..', 'X')", "fooXbaz"},
        {"regexp_replace('foobarbaz', 'b..', 'X', 'g')", "fooXX"},
        {R"(regexp_replace('foobarbaz', 'b(..)', 'X\1Y', 'g'))", "fooXarYXazY"},
        {R"(regexp_replace('abc', 'b', '[\&]'))", "a[b]c"},
        {R"(regexp_replace('abc', 'b', '\\'))", R"(a\c)"},
        {R"(regexp_replace('abc', 'b', '\x'))", R"(a\xc)"},
        {"regexp_replace('abc', 'x*', '-', 'g')", "-a-b-c-"},
        {"regexp_replace('baaac', 'a*', '-', 'g')", "-b--c-"},
        {"regexp_replace('A PostgreSQL function', 'a|e|i|o|u', 'X', 1, 0, 'i')",
         "X PXstgrXSQL fXnctXXn"},
        {"regexp_replace('A PostgreSQL function', 'a|e|i|o|u', 'X', 1, 3, 'i')",
         "A PostgrXSQL function"},
        {"regexp_replace('hello', 'l', 'L', 4)", "helLo"},
        {"regexp_replace('hello', 'l', 'L', 0)",
         R"(error: invalid value for parameter "start": 0)"},
        {"regexp_replace('héé', 'é', 'e', 'g')", "hee"},
        {"regexp_replace('abc', 'B', 'x', 'gi')", "axc"},
        {"regexp_replace('abc', 'b', 'x', '1')",
         R"(error: invalid regular expression option: "1")"},
    });
}

TEST_CASE("matches are counted and found", "[sql][function]") {
    check_values({
        {"regexp_count('ABCABCAXYaxy', 'A.')", "3"},
        {"regexp_count('ABCABCAXYaxy', 'A.', 1, 'i')", "4"},
        {"regexp_count('abc', '', 1)", "4"},
        {"regexp_count('abc', 'b', 0)", R"(error: invalid value for parameter "start": 0)"},
        {"regexp_instr('number of your street, town zip, FR', '[^,]+', 1, 2)", "23"},
        {"regexp_instr('ABCDEFGHI', '(c..)(...)', 1, 1, 0, 'i', 2)", "6"},
        {"regexp_instr('abcabc', 'c', 1, 2, 1)", "7"},
        {"regexp_instr('abc', 'x')", "0"},
        {"regexp_substr('number of your street, town zip, FR', '[^,]+', 1, 2)", " town zip"},
        {"regexp_substr('ABCDEFGHI', '(c..)(...)', 1, 1, 'i', 2)", "FGH"},
        {"regexp_substr('abc', 'x')", "NULL"},
        {"regexp_like('Hello World', 'world$', 'i')", "true"},
        {"regexp_like('Hello', 'x')", "false"},
    });
}

TEST_CASE("texts are split where expressions match", "[sql][function]") {
    check_values({
        {R"(regexp_split_to_array('hello world', '\s+'))", "{hello,world}"},
        {"regexp_split_to_array('abc', '')", "{a,b,c}"},
        {"regexp_split_to_array('a,b,,c', ',')", R"({a,b,"",c})"},
        {"regexp_split_to_array('', ',')", R"({""})"},
        {R"(regexp_split_to_table('the quick brown', '\s*'))",
         "t; h; e; q; u; i; c; k; b; r; o; w; n"},
        {"regexp_matches('foobarbequebazilbarfbonk', '(b[^b]+)(b[^b]+)', 'g')",
         "{bar,beque}; {bazil,barf}"},
        {"regexp_matches('foo', 'x')", ""},
        {"regexp_matches('abab', 'b', 'g')", "{b}; {b}"},
        {"string_to_table('a,b,,c', ',', '')", "a; b; NULL; c"},
        {"string_to_table('xyz', NULL)", "x; y; z"},
    });
}
