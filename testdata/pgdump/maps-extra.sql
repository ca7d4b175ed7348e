--
-- PostgreSQL database dump
--

\restrict NVVZJ39NGDUY2s23JaLdon9drFrLEUShKPmN7TzKkrjiHJywRlSEH29zgHYPna2

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

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: topgun_maps; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.topgun_maps (
    map_name text NOT NULL,
    key text NOT NULL,
    value bytea NOT NULL,
    expiration_time bigint DEFAULT 0 NOT NULL,
    is_backup boolean DEFAULT false NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);


ALTER TABLE public.topgun_maps OWNER TO postgres;

--
-- Name: topgun_maps_extra; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.topgun_maps_extra (
    map_name text NOT NULL,
    key text NOT NULL,
    kind text NOT NULL,
    tag text DEFAULT ''::text NOT NULL,
    millis bigint,
    counter bigint,
    node text,
    ttl_ms bigint,
    value bytea,
    CONSTRAINT topgun_maps_extra_kind_check CHECK ((kind = ANY (ARRAY['removed'::text, 'record'::text, 'tag'::text, 'counter'::text])))
);


ALTER TABLE public.topgun_maps_extra OWNER TO postgres;

--
-- Data for Name: topgun_maps; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.topgun_maps (map_name, key, value, expiration_time, is_backup, created_at, updated_at) FROM stdin;
users	dave\tand \\	\\x81a36c777782a576616c756581a6537472696e67a573686f7274a974696d657374616d7083a66d696c6c6973cf0000018bcfe56803a7636f756e74657200a66e6f64654964a66e6f64652d61	0	f	1700000000003	1700000000003
users	plain	\\x81a36c777782a576616c756581a3496e7401a974696d657374616d7083a66d696c6c6973cf0000018bcfe56803a7636f756e74657200a66e6f64654964a66e6f64652d61	0	f	1700000000003	1700000000003
todo	t1	\\x81a56f724d617081a77265636f7264739283a576616c756581a6537472696e67a46d696c6ba3746167b2313730303030303030303030303a303a6e31a974696d657374616d7083a66d696c6c6973cf0000018bcfe56800a7636f756e74657200a66e6f64654964a26e3183a576616c756581a34d617081a17881a3496e7401a3746167b2313730303030303030303030353a313a6e32a974696d657374616d7083a66d696c6c6973cf0000018bcfe56805a7636f756e74657201a66e6f64654964a26e32	0	f	1700000000005	1700000000005
users	alice	\\x81a36c777782a576616c756581a34d617082a16e81a5466c6f6174cb43f0000000000000a46e616d6581a6537472696e67a5416c696365a974696d657374616d7083a66d696c6c6973cf0000018bcfe56800a7636f756e74657203a66e6f64654964a66e6f64652d62	0	f	1700000000000	1700000000000
\.


--
-- Data for Name: topgun_maps_extra; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.topgun_maps_extra (map_name, key, kind, tag, millis, counter, node, ttl_ms, value) FROM stdin;
users	carol	removed		1700000000002	0	node-a	\N	\N
users	dave\tand \\	record		1700000000003	0	node-a	60000	\N
todo		tag	1699999999999:4:n2	0	0		\N	\N
visits	n1	counter		0	0		\N	\\x9207cb4004000000000000
todo	t1	record	1700000000000:0:n1	1700000000000	0	n1	5000	\N
users	alice	record		1700000000000	3	node-b	\N	\\x82a16ecfffffffffffffffffa46e616d65a5416c696365
users	bob	removed		1700000000001	0	node-a	\N	\N
\.


--
-- Name: topgun_maps_extra topgun_maps_extra_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.topgun_maps_extra
    ADD CONSTRAINT topgun_maps_extra_pkey PRIMARY KEY (map_name, key, kind, tag);


--
-- Name: topgun_maps topgun_maps_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.topgun_maps
    ADD CONSTRAINT topgun_maps_pkey PRIMARY KEY (map_name, key, is_backup);


--
-- Name: idx_topgun_maps_expiry; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX idx_topgun_maps_expiry ON public.topgun_maps USING btree (map_name, expiration_time) WHERE (expiration_time > 0);


--
-- Name: idx_topgun_maps_map; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX idx_topgun_maps_map ON public.topgun_maps USING btree (map_name);


--
-- PostgreSQL database dump complete
--

\unrestrict NVVZJ39NGDUY2s23JaLdon9drFrLEUShKPmN7TzKkrjiHJywRlSEH29zgHYPna2

