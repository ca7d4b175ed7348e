SELECT upper(b), lpad(b, 8, 'ab'), format('%-6s|%I|%L', b, b, NULL), split_part(b, 'o', -1), regexp_replace(b, '(o|e)', '<\1>', 'g') FROM t;
SELECT b LIKE '%o_', b ~ '^t.*o$', b SIMILAR TO '(one|two)', translate(b, 'one', 'xy'), overlay(b PLACING 'zz' FROM 2 FOR 1), encode(b::bytea, 'base64') FROM t;
SELECT to_char(1234.5, '9G999D99'), to_char(timestamp '2024-02-29 13:14:15', 'YYYY-MM-DD HH12:MI AM'), to_date('29 Feb 2024', 'DD Mon YYYY');
SELECT regexp_split_to_table('a,b;c', '[,;]'), string_to_array('1,2,,3', ',', ''), chr(955), ascii(b) FROM t;
