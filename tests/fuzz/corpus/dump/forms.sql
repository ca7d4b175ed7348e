SET client_encoding = 'UTF8';
CREATE DOMAIN d AS integer;
CREATE TYPE r AS (a integer, b text);
CREATE TABLE t (a integer NOT NULL, b text, c numeric(5,2), d d[], e jsonb, f timestamptz, PRIMARY KEY (a));
CREATE TABLE p PARTITION OF t FOR VALUES IN (1);
CREATE TABLE u OF r;
COPY t (a, b, c, d, e, f) FROM stdin;
1	x\ty\\z	1.50	{1,NULL}	{"a": [1, "b"]}	2024-02-29 12:30:00.5+02
\N	\N	\N	\N	\N	\N
\.
INSERT INTO p VALUES (1, 'it''s', 2.5, '{{1,2}}', 'null', NULL), (2, E'a\'b\n', 3, NULL, '[]', DEFAULT);
INSERT INTO u DEFAULT VALUES;
\connect x
CREATE FUNCTION f() RETURNS void LANGUAGE sql BEGIN ATOMIC SELECT $a$;$a$; END;
