--
-- PostgreSQL database dump
--

\restrict CG6URo2MRArbA9oPCmx5Xsy5kF5JcEgSaPccDxM1ioE0a1V8X85gv2JHAorAXd1

-- Dumped from database version 15.20 (Debian 15.20-0+deb12u1)
-- Dumped by pg_dump version 15.20 (Debian 15.20-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: Odd "schema"; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA "Odd ""schema""";


ALTER SCHEMA "Odd ""schema""" OWNER TO postgres;

--
-- Name: email; Type: DOMAIN; Schema: public; Owner: postgres
--

CREATE DOMAIN public.email AS text;


ALTER DOMAIN public.email OWNER TO postgres;

--
-- Name: mood; Type: TYPE; Schema: public; Owner: postgres
--

CREATE TYPE public.mood AS ENUM (
    'sad',
    'ok',
    'very happy'
);


ALTER TYPE public.mood OWNER TO postgres;

--
-- Name: point3; Type: TYPE; Schema: public; Owner: postgres
--

CREATE TYPE public.point3 AS (
	x integer,
	y double precision,
	"Z z" text
);


ALTER TYPE public.point3 OWNER TO postgres;

--
-- Name: positive; Type: DOMAIN; Schema: public; Owner: postgres
--

CREATE DOMAIN public.positive AS integer
	CONSTRAINT positive_check CHECK ((VALUE > 0));


ALTER DOMAIN public.positive OWNER TO postgres;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: logged; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.logged (
    what text
);


ALTER TABLE public.logged OWNER TO postgres;

--
-- Name: TABLE logged; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON TABLE public.logged IS 'INSERT INTO public.logged VALUES (''no'');
COPY public.logged (what) FROM stdin;
';


--
-- Name: atomic(); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION public.atomic() RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 INSERT INTO public.logged (what)
   VALUES ('never'::text);
 SELECT
         CASE
             WHEN true THEN 1
             ELSE 2
         END AS "case";
END;


ALTER FUNCTION public.atomic() OWNER TO postgres;

--
-- Name: quoted(); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION public.quoted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO logged VALUES ('neither; this');
    RETURN NEW; -- 'unclosed
END $$;


ALTER FUNCTION public.quoted() OWNER TO postgres;

--
-- Name: weird; name -- not ( a comment; Type: TABLE; Schema: Odd "schema"; Owner: postgres
--

CREATE TABLE "Odd ""schema"""."weird; name -- not ( a comment" (
    "select" integer NOT NULL,
    "Col;umn" text DEFAULT 'it''s; (nested "quotes") $$'::text,
    "ünï" text NOT NULL COLLATE pg_catalog."C",
    "a.b" integer[],
    "tab	name" text,
    CONSTRAINT "weird; name -- not ( a comment_select_check" CHECK (("select" > '-10'::integer))
);


ALTER TABLE "Odd ""schema"""."weird; name -- not ( a comment" OWNER TO postgres;

--
-- Name: cities; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.cities (
    name text NOT NULL,
    people integer
);


ALTER TABLE public.cities OWNER TO postgres;

--
-- Name: capitals; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.capitals (
    country text NOT NULL
)
INHERITS (public.cities);


ALTER TABLE public.capitals OWNER TO postgres;

--
-- Name: computed; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.computed (
    a integer,
    twice integer GENERATED ALWAYS AS ((a * 2)) STORED,
    id integer NOT NULL,
    b text
);


ALTER TABLE public.computed OWNER TO postgres;

--
-- Name: computed_id_seq; Type: SEQUENCE; Schema: public; Owner: postgres
--

ALTER TABLE public.computed ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.computed_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: empty; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.empty (
    a integer NOT NULL,
    b text
);


ALTER TABLE public.empty OWNER TO postgres;

--
-- Name: everything; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.everything (
    id bigint NOT NULL,
    small smallint,
    whole integer,
    ratio real,
    precise double precision,
    amount numeric(12,2),
    big numeric,
    flag boolean,
    words text,
    short character varying(20),
    padded character(5),
    ident name,
    uid uuid,
    feeling public.mood,
    address inet,
    document xml,
    raw bytea,
    day date,
    clock time without time zone,
    zoned_clock time with time zone,
    moment timestamp without time zone,
    instant timestamp(3) with time zone,
    span interval,
    js json,
    jsb jsonb,
    counts integer[],
    names text[],
    flags boolean[],
    amounts numeric[],
    instants timestamp with time zone[],
    reals double precision[],
    docs jsonb[],
    age public.positive,
    mail public.email,
    ages public.positive[],
    bits bit varying(8),
    money_value money,
    shape point,
    boxes box[],
    place public.point3,
    many public.mood[]
);


ALTER TABLE public.everything OWNER TO postgres;

--
-- Name: measured; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.measured (
    at date NOT NULL,
    city text NOT NULL,
    degrees numeric(4,1)
)
PARTITION BY RANGE (at);


ALTER TABLE public.measured OWNER TO postgres;

--
-- Name: measured_2023; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.measured_2023 (
    at date NOT NULL,
    city text NOT NULL,
    degrees numeric(4,1)
);


ALTER TABLE public.measured_2023 OWNER TO postgres;

--
-- Name: measured_2024; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.measured_2024 (
    degrees numeric(4,1),
    city text NOT NULL,
    at date NOT NULL
);


ALTER TABLE public.measured_2024 OWNER TO postgres;

--
-- Name: measured_rest; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.measured_rest (
    at date NOT NULL,
    city text NOT NULL,
    degrees numeric(4,1)
)
PARTITION BY LIST (city);


ALTER TABLE public.measured_rest OWNER TO postgres;

--
-- Name: measured_rest_oslo; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.measured_rest_oslo (
    at date NOT NULL,
    city text NOT NULL,
    degrees numeric(4,1)
);


ALTER TABLE public.measured_rest_oslo OWNER TO postgres;

--
-- Name: no_columns; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.no_columns (
);


ALTER TABLE public.no_columns OWNER TO postgres;

--
-- Name: seen; Type: VIEW; Schema: public; Owner: postgres
--

CREATE VIEW public.seen AS
 SELECT everything.id,
    everything.words
   FROM public.everything
  WHERE (everything.words <> ';'::text);


ALTER TABLE public.seen OWNER TO postgres;

--
-- Name: typed; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.typed OF public.point3 (
    x NOT NULL
);


ALTER TABLE public.typed OWNER TO postgres;

--
-- Name: measured_2023; Type: TABLE ATTACH; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.measured ATTACH PARTITION public.measured_2023 FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');


--
-- Name: measured_2024; Type: TABLE ATTACH; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.measured ATTACH PARTITION public.measured_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');


--
-- Name: measured_rest; Type: TABLE ATTACH; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.measured ATTACH PARTITION public.measured_rest DEFAULT;


--
-- Name: measured_rest_oslo; Type: TABLE ATTACH; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.measured_rest ATTACH PARTITION public.measured_rest_oslo FOR VALUES IN ('Oslo');


--
-- Data for Name: weird; name -- not ( a comment; Type: TABLE DATA; Schema: Odd "schema"; Owner: postgres
--

INSERT INTO "Odd ""schema"""."weird; name -- not ( a comment" VALUES
	(1, 'x', 'y', '{1}', 'COPY public.fake (a) FROM stdin;'),
	(2, ');', '--', NULL, '\.') ON CONFLICT DO NOTHING;


--
-- Data for Name: capitals; Type: TABLE DATA; Schema: public; Owner: postgres
--

INSERT INTO public.capitals VALUES
	('Paris', 2000000, 'France') ON CONFLICT DO NOTHING;


--
-- Data for Name: cities; Type: TABLE DATA; Schema: public; Owner: postgres
--

INSERT INTO public.cities VALUES
	('Lyon', 500000) ON CONFLICT DO NOTHING;


--
-- Data for Name: computed; Type: TABLE DATA; Schema: public; Owner: postgres
--

INSERT INTO public.computed OVERRIDING SYSTEM VALUE VALUES
	(1, DEFAULT, 1, 'one'),
	(2, DEFAULT, 2, 'two') ON CONFLICT DO NOTHING;


--
-- Data for Name: empty; Type: TABLE DATA; Schema: public; Owner: postgres
--



--
-- Data for Name: everything; Type: TABLE DATA; Schema: public; Owner: postgres
--

INSERT INTO public.everything VALUES
	(1, -32768, 2147483647, 1.5, 0.1, 12.50, 12345678901234567890.123456789, true, 'plain', 'short', 'ab   ', 'n', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'very happy', '192.168.0.1/24', '<a>b</a>', '\x00ff5c27', '2024-02-29', '04:05:06.789', '04:05:06+02', '2024-02-29 12:30:00.5', '2024-02-29 07:30:00.5-05', '1 year 2 mons -3 days +04:05:06.7', '{"b": 1,  "a": [1.50, null]}', '{"a": [1.50, null], "b": 1, "$bin": "x"}', '{1,NULL,-3}', '{a,"b c","NULL",NULL,"","q\"uote","back\\slash","tab	here","com,ma","{x}",é}', '{t,f,NULL}', '{1.10,-2}', '{"2024-02-29 07:30:00-05"}', '{1.5,NaN,-Infinity}', '{"{\"a\": 1}","\"x\"","null"}', 5, 'a@b', '{1,2}', B'0101', '$12.34', '(1,2)', '{(2,2),(1,1);(4,4),(3,3)}', '(1,2.5,"z,""")', '{sad,"very happy"}'),
	(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) ON CONFLICT DO NOTHING;
INSERT INTO public.everything VALUES
	(3, 0, 0, 'NaN', 'Infinity', 0.00, 0, false, 'tab	here
newlinereturn\back\N v ''quote'' "double" $$dollar$$', '', '     ', '', '00000000-0000-0000-0000-000000000000', 'sad', '::1', '<x/>', '\x', '0044-03-15 BC', '24:00:00', '00:00:00-03:30', '0001-01-01 00:00:00 BC', '1883-11-18 12:03:57-04:56:02', '-00:00:00.000001', 'null', '[]', '{}', '{}', '{}', '{}', '{}', '{}', '{}', 1, '', '{}', B'', '-$1.50', '(0,0)', '{}', '(,,)', '{}'),
	(9223372036854775807, NULL, NULL, NULL, NULL, NULL, -0.000000001, NULL, 'ünïcödé 日本 🎉', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '5874897-12-31', NULL, NULL, NULL, '2024-06-30 14:15:00-04', '99 years 11 mons', '{"n": 100000000000000000000, "e": 1e3, "s": "\u00e9\ud83c\udf89"}', NULL, '{{1,2},{3,NULL}}', '[0:1]={a,b}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) ON CONFLICT DO NOTHING;
INSERT INTO public.everything VALUES
	(-9223372036854775808, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '\N', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(7, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '\.', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) ON CONFLICT DO NOTHING;
INSERT INTO public.everything VALUES
	(8, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '\.
\.
', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) ON CONFLICT DO NOTHING;


--
-- Data for Name: logged; Type: TABLE DATA; Schema: public; Owner: postgres
--



--
-- Data for Name: measured_2023; Type: TABLE DATA; Schema: public; Owner: postgres
--

INSERT INTO public.measured_2023 VALUES
	('2023-05-01', 'Rome', 21.5) ON CONFLICT DO NOTHING;


--
-- Data for Name: measured_2024; Type: TABLE DATA; Schema: public; Owner: postgres
--

INSERT INTO public.measured_2024 VALUES
	(22.0, 'Rome', '2024-05-01'),
	(NULL, 'Bern', '2024-05-02') ON CONFLICT DO NOTHING;


--
-- Data for Name: measured_rest_oslo; Type: TABLE DATA; Schema: public; Owner: postgres
--

INSERT INTO public.measured_rest_oslo VALUES
	('2030-01-01', 'Oslo', -8.5) ON CONFLICT DO NOTHING;


--
-- Data for Name: no_columns; Type: TABLE DATA; Schema: public; Owner: postgres
--

INSERT INTO public.no_columns DEFAULT VALUES;
INSERT INTO public.no_columns DEFAULT VALUES;


--
-- Data for Name: typed; Type: TABLE DATA; Schema: public; Owner: postgres
--

INSERT INTO public.typed VALUES
	(1, 2.5, 'three') ON CONFLICT DO NOTHING;


--
-- Name: computed_id_seq; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public.computed_id_seq', 2, true);


--
-- Name: weird; name -- not ( a comment weird; name -- not ( a comment_Col;umn_key; Type: CONSTRAINT; Schema: Odd "schema"; Owner: postgres
--

ALTER TABLE ONLY "Odd ""schema"""."weird; name -- not ( a comment"
    ADD CONSTRAINT "weird; name -- not ( a comment_Col;umn_key" UNIQUE ("Col;umn");


--
-- Name: weird; name -- not ( a comment weird; name -- not ( a comment_pkey; Type: CONSTRAINT; Schema: Odd "schema"; Owner: postgres
--

ALTER TABLE ONLY "Odd ""schema"""."weird; name -- not ( a comment"
    ADD CONSTRAINT "weird; name -- not ( a comment_pkey" PRIMARY KEY ("select", "ünï");


--
-- Name: capitals capitals_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.capitals
    ADD CONSTRAINT capitals_pkey PRIMARY KEY (name);


--
-- Name: cities cities_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.cities
    ADD CONSTRAINT cities_pkey PRIMARY KEY (name);


--
-- Name: everything everything_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.everything
    ADD CONSTRAINT everything_pkey PRIMARY KEY (id);


--
-- Name: measured measured_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.measured
    ADD CONSTRAINT measured_pkey PRIMARY KEY (city, at);


--
-- Name: measured_2023 measured_2023_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.measured_2023
    ADD CONSTRAINT measured_2023_pkey PRIMARY KEY (city, at);


--
-- Name: measured_2024 measured_2024_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.measured_2024
    ADD CONSTRAINT measured_2024_pkey PRIMARY KEY (city, at);


--
-- Name: measured_rest measured_rest_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.measured_rest
    ADD CONSTRAINT measured_rest_pkey PRIMARY KEY (city, at);


--
-- Name: measured_rest_oslo measured_rest_oslo_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.measured_rest_oslo
    ADD CONSTRAINT measured_rest_oslo_pkey PRIMARY KEY (city, at);


--
-- Name: typed typed_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.typed
    ADD CONSTRAINT typed_pkey PRIMARY KEY (x);


--
-- Name: measured_2023_pkey; Type: INDEX ATTACH; Schema: public; Owner: postgres
--

ALTER INDEX public.measured_pkey ATTACH PARTITION public.measured_2023_pkey;


--
-- Name: measured_2024_pkey; Type: INDEX ATTACH; Schema: public; Owner: postgres
--

ALTER INDEX public.measured_pkey ATTACH PARTITION public.measured_2024_pkey;


--
-- Name: measured_rest_oslo_pkey; Type: INDEX ATTACH; Schema: public; Owner: postgres
--

ALTER INDEX public.measured_rest_pkey ATTACH PARTITION public.measured_rest_oslo_pkey;


--
-- Name: measured_rest_pkey; Type: INDEX ATTACH; Schema: public; Owner: postgres
--

ALTER INDEX public.measured_pkey ATTACH PARTITION public.measured_rest_pkey;


--
-- Name: empty shadow; Type: RULE; Schema: public; Owner: postgres
--

CREATE RULE shadow AS
    ON INSERT TO public.empty DO ( INSERT INTO public.logged (what)
  VALUES ('nor'::text);
 INSERT INTO public.logged (what)
  VALUES (''::text);
);


--
-- PostgreSQL database dump complete
--

\unrestrict CG6URo2MRArbA9oPCmx5Xsy5kF5JcEgSaPccDxM1ioE0a1V8X85gv2JHAorAXd1

