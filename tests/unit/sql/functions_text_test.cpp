// SPDX-License-Identifier: Apache-2.0
// The expected texts and errors are what PostgreSQL 15 answers, in its "C" locale.
#include "evaluate.hpp"
#include "topgun_test/support.hpp"

using topgun::test::check_values;

TEST_CASE("texts are measured in characters, and cut by them", "[sql][function]") {
    check_values({
        {"length('héllo')", "5"},
        {"char_length('')", "0"},
        {"octet_length('héllo')", "6"},
        {"bit_length('abc')", "24"},
        {R"(length('\x0102'::bytea))", "2"},
        {"substring('héllo', 2, 3)", "éll"},
        {"substr('hello', 0, 3)", "he"},
        {"substr('hello', -5)", "hello"},
        {"substr('hello', 4, 100)", "lo"},
        {"substring('hello', 2, -1)", "error: negative substring length not allowed"},
        {"substr('hello', 2, 2147483647)", "ello"},
        {"left('héllo', 2)", "hé"},
        {"left('héllo', -2)", "hél"},
        {"left('ab', -5)", ""},
        {"right('héllo', 3)", "llo"},
        {"right('héllo', -1)", "éllo"},
        {"right('ab', -9)", ""},
        {"split_part('a,b,c', ',', 2)", "b"},
        {"split_part('a,b,c', ',', -1)", "c"},
        {"split_part('a,b,c', ',', -3)", "a"},
        {"split_part('a,b,c', ',', 4)", ""},
        {"split_part('a,b', '', 1)", "a,b"},
        {"split_part('a,b', ',', 0)", "error: field position must not be zero"},
        {"strpos('héllo', 'l')", "3"},
        {"position('l' in 'hello')", "3"},
        {"strpos('abc', '')", "1"},
        {"starts_with('hello', 'he')", "true"},
        {"'hello' ^@ 'ho'", "false"},
        {R"(substring('\x010203'::bytea, 2, 1))", R"(\x02)"},
        {"overlay('Txxxxas', 'hom', 2, 4)", "Thomas"},
        {"overlay('abcdef', 'Z', 3)", "abZdef"},
        {"overlay('abcdef', 'Z', 0)", "error: negative substring length not allowed"},
        {"ltrim('  ab ')", "ab "},
        {"rtrim('abxxyx', 'xy')", "ab"},
        {"btrim('éaéé', 'é')", "a"},
        {"trim(both 'x' from 'xxax')", "a"},
        {"trim(leading from '  a')", "a"},
    });
}

TEST_CASE("texts are padded, replaced and put together", "[sql][function]") {
    check_values({
        {"lpad('hi', 5, 'xy')", "xyxhi"},
        {"lpad('hello', 2)", "he"},
        {"rpad('hi', 6, 'ñx')", "hiñxñx"},
        {"rpad('hi', -1)", ""},
        {"lpad('hi', 5, '')", "hi"},
        {"replace('abcabc', 'b', 'XX')", "aXXcaXXc"},
        {"replace('abc', '', 'x')", "abc"},
        {"translate('12345', '143', 'ax')", "a2x5"},
        {"repeat('ab', 3)", "ababab"},
        {"repeat('ab', -1)", ""},
        {"reverse('héllo')", "olléh"},
        {"'a' || 'b'", "ab"},
        {"'a' || 1", "a1"},
        {"1.50 || 'a'", "1.50a"},
        {"'a'::text || true", "atrue"},
        {"'a' || NULL", "NULL"},
        {"'x'::text || ARRAY['a']", "{x,a}"},
        {"concat('a', 1, NULL, true, 1.5, ARRAY[1,2])", "a1t1.5{1,2}"},
        {"concat_ws(',', 'a', NULL, 'b')", "a,b"},
        {"concat_ws(NULL, 'a', 'b')", "NULL"},
        {"num_nulls(1, NULL, NULL)", "2"},
        {"num_nonnulls(1, NULL, NULL)", "1"},
    });
}

TEST_CASE("words change their case, and are quoted", "[sql][function]") {
    check_values({
        {"lower('HELLO World')", "hello world"},
        {"upper('hello')", "HELLO"},
        {"initcap('hi THOMAS o''neil 3rd')", "Hi Thomas O'Neil 3rd"},
        {"upper('äß')", "Äß"},
        {"lower('ÄÖÜ ΑΒΓ ЖЯ İ')", "äöü αβγ жя i"},
        {"ascii('é')", "233"},
        {"ascii('')", "0"},
        {"chr(233)", "é"},
        {"chr(0)", "error: null character not permitted"},
        {"chr(-1)", "error: character number must be positive"},
        {"chr(55296)", "error: requested character not valid for encoding: 55296"},
        {"chr(1114112)", "error: requested character too large for encoding: 1114112"},
        {"quote_ident('a')", "a"},
        {R"(quote_ident('A b"c'))", R"("A b""c")"},
        {"quote_ident('select')", R"("select")"},
        {"quote_literal('it''s')", "'it''s'"},
        {R"(quote_literal('a\b'))", R"(E'a\\b')"},
        {"quote_literal(42)", "'42'"},
        {"quote_nullable(NULL)", "NULL"},
        {"quote_literal(NULL)", "NULL"},
        {"format('Hello %s, %1$s %%', 'World')", "Hello World, World %"},
        {"format('%I is %L', 'a b', 'x''y')", R"("a b" is 'x''y')"},
        {"format('|%10s|%-10s|%*s|', 'foo', 'bar', 5, 'x')", "|       foo|bar       |    x|"},
        {"format('%2$s %1$s', 'a', 'b')", "b a"},
        {"format('%s %s', 'a')", "error: too few arguments for format()"},
        {"format('%x', 1)", R"(error: unrecognized format() type specifier "x")"},
        {"format('%', 1)", "error: unterminated format() type specifier"},
        {"format('%0$s', 1)",
         "error: format specifies argument 0, but arguments are numbered from 1"},
        {"format('%L %s', NULL, NULL)", "NULL "},
        {"format('%I', NULL)", "error: null values cannot be formatted as an SQL identifier"},
        {"levenshtein('kitten', 'sitting')", "3"},
    });
}

TEST_CASE("bytes are written as texts and read again", "[sql][function]") {
    check_values({
        {R"(encode('\x00ff61'::bytea, 'hex'))", "00ff61"},
        {R"(encode('\x00ff615c'::bytea, 'escape'))", R"(\000\377a\\)"},
        {"encode('hello world'::bytea, 'base64')", "aGVsbG8gd29ybGQ="},
        {"decode('aGVsbG8=', 'base64')", R"(\x68656c6c6f)"},
        {"decode('616', 'hex')", "error: invalid hexadecimal data: odd number of digits"},
        {"decode('6x', 'hex')", R"(error: invalid hexadecimal digit: "x")"},
        {R"(decode('a\000b', 'escape'))", R"(\x610062)"},
        {"decode('61 62', 'hex')", R"(\x6162)"},
        {"encode('a', 'rot13')", R"(error: unrecognized encoding: "rot13")"},
        {"to_hex(255)", "ff"},
        {"to_hex(9223372036854775807)", "7fffffffffffffff"},
        {"md5('')", "d41d8cd98f00b204e9800998ecf8427e"},
        {"md5('The quick brown fox jumps over the lazy dog')", "9e107d9d372bb6826bd81d3542a419d6"},
        {"md5(repeat('a', 55))", "ef1772b6dff9a122358552954ad0df65"},
        {"md5(repeat('a', 56))", "3b0c8ac703f828b04c6c197006d17218"},
        {"md5(repeat('a', 64))", "014842d480b571495a4a0363793f7367"},
        {R"(get_byte('\x01ff'::bytea, 1))", "255"},
        {R"(get_byte('\x01'::bytea, 1))", "error: index 1 out of valid range, 0..0"},
        {R"('\x01'::bytea || '\x02'::bytea)", R"(\x0102)"},
    });
}

TEST_CASE("TopGun's keys and stamps can be asked about", "[sql][function]") {
    check_values({
        {"topgun_hash('hello')", "1335831723"},
        {"topgun_partition('hello')", "95"},
        {"hlc_millis('1700000000000:5:node-1')", "1700000000000"},
        {"hlc_counter('1700000000000:5:node-1')", "5"},
        {"hlc_node('1700000000000:5:node-1')", "node-1"},
        {"hlc_millis('5:x:n')", R"(error: "5:x:n" is no stamp of the form millis:counter:node)"},
    });
}
