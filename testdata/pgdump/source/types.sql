-- The tables behind types-*.sql and types.dump, for PostgreSQL 15.
SET TimeZone = 'America/New_York';
CREATE TYPE mood AS ENUM ('sad', 'ok', 'very happy');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN email AS text;
CREATE TYPE point3 AS (x integer, y double precision, "Z z" text);
CREATE SCHEMA "Odd ""schema""";

CREATE TABLE everything (
    id bigint PRIMARY KEY,
    small smallint, whole integer, ratio real, precise double precision, amount numeric(12,2),
    big numeric, flag boolean, words text, short varchar(20), padded char(5), ident name, uid uuid,
    feeling mood, address inet, document xml, raw bytea,
    day date, clock time, zoned_clock timetz, moment timestamp, instant timestamptz(3), span interval,
    js json, jsb jsonb, counts integer[], names text[], flags boolean[], amounts numeric[],
    instants timestamptz[], reals float8[], docs jsonb[], age positive, mail email, ages positive[],
    bits bit varying(8), money_value money, shape point, boxes box[], place point3, many mood[]
);
INSERT INTO everything VALUES (1, -32768, 2147483647, 1.5, 0.1, 12.50, 12345678901234567890.123456789,
    true, 'plain', 'short', 'ab', 'n', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'very happy',
    '192.168.0.1/24', '<a>b</a>', '\x00ff5c27', '2024-02-29', '04:05:06.789', '04:05:06+02',
    '2024-02-29 12:30:00.5', '2024-02-29 12:30:00.5+00', '1 year 2 mons -3 days 04:05:06.7',
    '{"b": 1,  "a": [1.50, null]}', '{"b": 1, "a": [1.50, null], "$bin": "x"}', '{1,NULL,-3}',
    ARRAY['a', 'b c', 'NULL', NULL, '', 'q"uote', 'back\slash', E'tab\there', 'com,ma', '{x}', 'é'],
    '{t,f,NULL}', '{1.10,-2}', ARRAY['2024-02-29 12:30:00+00'::timestamptz], '{1.5,NaN,-Infinity}',
    ARRAY['{"a": 1}'::jsonb, '"x"', 'null'], 5, 'a@b', '{1,2}', B'0101', 12.34, '(1,2)',
    ARRAY['(2,2),(1,1)'::box, '(4,4),(3,3)'], ROW(1, 2.5, 'z,"'), '{sad,"very happy"}');
INSERT INTO everything (id) VALUES (2);
INSERT INTO everything VALUES (3, 0, 0, 'NaN', 'Infinity', 0, 0, false,
    E'tab\there\nnewline\rreturn\\back\\N \b\f\v ''quote'' "double" $$dollar$$', '', '', '',
    '00000000-0000-0000-0000-000000000000', 'sad', '::1', '<x/>', '', '0044-03-15 BC', '24:00:00',
    '00:00:00-03:30', '0001-01-01 00:00:00 BC', '1883-11-18 12:03:57-04:56:02', '-00:00:00.000001',
    'null', '[]', '{}', '{}', '{}', '{}', '{}', '{}', '{}', 1, '', '{}', B'', -1.5, '(0,0)', '{}',
    ROW(NULL, NULL, NULL), '{}');
INSERT INTO everything (id, words, counts, names, big, js, instant, day, span) VALUES
    (9223372036854775807, 'ünïcödé 日本 🎉', '{{1,2},{3,NULL}}', '[0:1]={a,b}', -0.000000001,
     '{"n": 100000000000000000000, "e": 1e3, "s": "\u00e9\ud83c\udf89"}', '2024-07-01 00:00:00+05:45',
     '5874897-12-31', '100 years -1 mons'),
    (-9223372036854775808, '\N', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (7, '\.', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (8, E'\\.\n\\.\n', NULL, NULL, NULL, NULL, NULL, NULL, NULL);

CREATE TABLE empty (a integer NOT NULL, b text);
CREATE TABLE no_columns ();
INSERT INTO no_columns DEFAULT VALUES;
INSERT INTO no_columns DEFAULT VALUES;
CREATE TABLE "Odd ""schema"""."weird; name -- not ( a comment" (
    "select" integer NOT NULL,
    "Col;umn" text DEFAULT 'it''s; (nested "quotes") $$', "ünï" text COLLATE "C", "a.b" integer[],
    "tab	name" text, CHECK ("select" > -10), UNIQUE ("Col;umn"), PRIMARY KEY ("select", "ünï"));
INSERT INTO "Odd ""schema"""."weird; name -- not ( a comment" VALUES
    (1, 'x', 'y', '{1}', 'COPY public.fake (a) FROM stdin;'), (2, ');', '--', NULL, E'\\.');

CREATE TABLE computed (a integer, twice integer GENERATED ALWAYS AS (a * 2) STORED,
    id integer GENERATED ALWAYS AS IDENTITY, b text);
INSERT INTO computed (a, b) VALUES (1, 'one'), (2, 'two');

CREATE TABLE measured (at date NOT NULL, city text NOT NULL, degrees numeric(4,1), PRIMARY KEY (city, at))
    PARTITION BY RANGE (at);
CREATE TABLE measured_2023 PARTITION OF measured FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE measured_2024 (degrees numeric(4,1), city text NOT NULL, at date NOT NULL);
ALTER TABLE measured ATTACH PARTITION measured_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE measured_rest PARTITION OF measured DEFAULT PARTITION BY LIST (city);
CREATE TABLE measured_rest_oslo PARTITION OF measured_rest FOR VALUES IN ('Oslo');
INSERT INTO measured VALUES ('2023-05-01', 'Rome', 21.5), ('2024-05-01', 'Rome', 22.0),
    ('2024-05-02', 'Bern', NULL), ('2030-01-01', 'Oslo', -8.5);

CREATE TABLE cities (name text PRIMARY KEY, people integer);
CREATE TABLE capitals (country text NOT NULL, PRIMARY KEY (name)) INHERITS (cities);
INSERT INTO cities VALUES ('Lyon', 500000);
INSERT INTO capitals VALUES ('Paris', 2000000, 'France');
CREATE TABLE typed OF point3 (PRIMARY KEY (x));
INSERT INTO typed VALUES (1, 2.5, 'three');

CREATE TABLE logged (what text);
CREATE FUNCTION atomic() RETURNS void LANGUAGE sql
    BEGIN ATOMIC INSERT INTO logged VALUES ('never'); SELECT CASE WHEN true THEN 1 ELSE 2 END; END;
CREATE FUNCTION quoted() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    INSERT INTO logged VALUES ('neither; this');
    RETURN NEW; -- 'unclosed
END $body$;
CREATE RULE shadow AS ON INSERT TO empty DO ALSO (INSERT INTO logged VALUES ('nor'); INSERT INTO logged VALUES (''));
CREATE VIEW seen AS SELECT id, words FROM everything WHERE words <> ';';
COMMENT ON TABLE logged IS E'INSERT INTO public.logged VALUES (''no'');\nCOPY public.logged (what) FROM stdin;\n';
