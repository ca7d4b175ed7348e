--
-- PostgreSQL database dump
--

\restrict g0zgb42aDD2yn1SaRuOFYgmUM5bJb7BoieyaaXjPNIE8cuYpUxPs0A547vPFf1i

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
-- Data for Name: weird; name -- not ( a comment; Type: TABLE DATA; Schema: Odd "schema"; Owner: postgres
--

COPY "Odd ""schema"""."weird; name -- not ( a comment" ("select", "Col;umn", "ünï", "a.b", "tab	name") FROM stdin;
1	x	y	{1}	COPY public.fake (a) FROM stdin;
2	);	--	\N	\\.
\.


--
-- Data for Name: capitals; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.capitals (name, people, country) FROM stdin;
Paris	2000000	France
\.


--
-- Data for Name: cities; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.cities (name, people) FROM stdin;
Lyon	500000
\.


--
-- Data for Name: computed; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.computed (a, id, b) FROM stdin;
1	1	one
2	2	two
\.


--
-- Data for Name: empty; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.empty (a, b) FROM stdin;
\.


--
-- Data for Name: everything; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.everything (id, small, whole, ratio, precise, amount, big, flag, words, short, padded, ident, uid, feeling, address, document, raw, day, clock, zoned_clock, moment, instant, span, js, jsb, counts, names, flags, amounts, instants, reals, docs, age, mail, ages, bits, money_value, shape, boxes, place, many) FROM stdin;
1	-32768	2147483647	1.5	0.1	12.50	12345678901234567890.123456789	t	plain	short	ab   	n	a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11	very happy	192.168.0.1/24	<a>b</a>	\\x00ff5c27	2024-02-29	04:05:06.789	04:05:06+02	2024-02-29 12:30:00.5	2024-02-29 07:30:00.5-05	1 year 2 mons -3 days +04:05:06.7	{"b": 1,  "a": [1.50, null]}	{"a": [1.50, null], "b": 1, "$bin": "x"}	{1,NULL,-3}	{a,"b c","NULL",NULL,"","q\\"uote","back\\\\slash","tab\there","com,ma","{x}",é}	{t,f,NULL}	{1.10,-2}	{"2024-02-29 07:30:00-05"}	{1.5,NaN,-Infinity}	{"{\\"a\\": 1}","\\"x\\"","null"}	5	a@b	{1,2}	0101	$12.34	(1,2)	{(2,2),(1,1);(4,4),(3,3)}	(1,2.5,"z,""")	{sad,"very happy"}
2	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N
3	0	0	NaN	Infinity	0.00	0	f	tab\there\nnewline\rreturn\\back\\N \b\fv 'quote' "double" $$dollar$$		     		00000000-0000-0000-0000-000000000000	sad	::1	<x/>	\\x	0044-03-15 BC	24:00:00	00:00:00-03:30	0001-01-01 00:00:00 BC	1883-11-18 12:03:57-04:56:02	-00:00:00.000001	null	[]	{}	{}	{}	{}	{}	{}	{}	1		{}		-$1.50	(0,0)	{}	(,,)	{}
9223372036854775807	\N	\N	\N	\N	\N	-0.000000001	\N	ünïcödé 日本 🎉	\N	\N	\N	\N	\N	\N	\N	\N	5874897-12-31	\N	\N	\N	2024-06-30 14:15:00-04	99 years 11 mons	{"n": 100000000000000000000, "e": 1e3, "s": "\\u00e9\\ud83c\\udf89"}	\N	{{1,2},{3,NULL}}	[0:1]={a,b}	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N
-9223372036854775808	\N	\N	\N	\N	\N	\N	\N	\\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N
7	\N	\N	\N	\N	\N	\N	\N	\\.	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N
8	\N	\N	\N	\N	\N	\N	\N	\\.\n\\.\n	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N
\.


--
-- Data for Name: logged; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.logged (what) FROM stdin;
\.


--
-- Data for Name: measured_2023; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.measured_2023 (at, city, degrees) FROM stdin;
2023-05-01	Rome	21.5
\.


--
-- Data for Name: measured_2024; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.measured_2024 (degrees, city, at) FROM stdin;
22.0	Rome	2024-05-01
\N	Bern	2024-05-02
\.


--
-- Data for Name: measured_rest_oslo; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.measured_rest_oslo (at, city, degrees) FROM stdin;
2030-01-01	Oslo	-8.5
\.


--
-- Data for Name: no_columns; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.no_columns  FROM stdin;


\.


--
-- Data for Name: typed; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.typed (x, y, "Z z") FROM stdin;
1	2.5	three
\.


--
-- Name: computed_id_seq; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public.computed_id_seq', 2, true);


--
-- PostgreSQL database dump complete
--

\unrestrict g0zgb42aDD2yn1SaRuOFYgmUM5bJb7BoieyaaXjPNIE8cuYpUxPs0A547vPFf1i

