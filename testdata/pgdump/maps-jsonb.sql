--
-- PostgreSQL database dump
--

\restrict i9tbUwGgcNgvanEsKleJg20n165WGNS29UJWDb8aMzcTLNpbB52wwU3JXu4bBT5

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
    value jsonb,
    ts_millis bigint NOT NULL,
    ts_counter integer NOT NULL,
    ts_node_id text NOT NULL,
    is_deleted boolean DEFAULT false
);


ALTER TABLE public.topgun_maps OWNER TO postgres;

--
-- Data for Name: topgun_maps; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.topgun_maps (map_name, key, value, ts_millis, ts_counter, ts_node_id, is_deleted) FROM stdin;
users	alice	{"age": 30, "name": "Alice", "tags": ["a", 1.5, null]}	1700000000000	3	node-b	f
users	bob	null	1700000000001	0	node-a	t
users	carol	\N	1700000000002	0	node-a	f
users	dave	"still here"	1700000000003	0	node-a	t
users	tab\tkey	{"big": 100000000000000000000, "$bin": "no escape"}	1700000000004	4294967	node-é	f
todo	t1	{"type": "OR", "records": [{"tag": "1700000000000:0:n1", "value": "milk", "timestamp": {"millis": 1700000000000, "nodeId": "n1", "counter": 0}}, {"tag": "1700000000005:1:n2", "ttlMs": 60000, "value": {"x": 1}, "timestamp": {"millis": 1700000000005, "nodeId": "n2", "counter": 1}}]}	0	0	__ORMAP__	f
todo	t2	{"type": "OR", "records": []}	0	0	__ORMAP__	f
todo	__tombstones__	{"tags": ["1699999999999:4:n2"], "type": "OR_TOMBSTONES"}	0	0	__ORMAP__	f
\.


--
-- Name: topgun_maps topgun_maps_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.topgun_maps
    ADD CONSTRAINT topgun_maps_pkey PRIMARY KEY (map_name, key);


--
-- PostgreSQL database dump complete
--

\unrestrict i9tbUwGgcNgvanEsKleJg20n165WGNS29UJWDb8aMzcTLNpbB52wwU3JXu4bBT5

