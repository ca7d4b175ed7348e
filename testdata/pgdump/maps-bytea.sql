--
-- PostgreSQL database dump
--

\restrict tQFVHIk42r9k21c37OoeO8Vhmyt4iBDC0jD6vDisHjFa0O9XbXL4JIex3atpRiS

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
-- Name: app; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA app;


ALTER SCHEMA app OWNER TO postgres;

--
-- Name: lww(text, text); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION public.lww(v text, fields text DEFAULT '83a66d696c6c6973cf0000018bcfe56800a7636f756e74657203a66e6f64654964a66e6f64652d62'::text) RETURNS bytea
    LANGUAGE sql
    AS $$ SELECT decode('81a36c777782a576616c7565' || v || 'a974696d657374616d70' || fields, 'hex') $$;


ALTER FUNCTION public.lww(v text, fields text) OWNER TO postgres;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: my_maps; Type: TABLE; Schema: app; Owner: postgres
--

CREATE TABLE app.my_maps (
    map_name text NOT NULL,
    key text NOT NULL,
    value bytea NOT NULL,
    expiration_time bigint DEFAULT 0 NOT NULL,
    is_backup boolean DEFAULT false NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);


ALTER TABLE app.my_maps OWNER TO postgres;

--
-- Data for Name: my_maps; Type: TABLE DATA; Schema: app; Owner: postgres
--

COPY app.my_maps (map_name, key, value, expiration_time, is_backup, created_at, updated_at) FROM stdin;
users	int	\\x81a36c777782a576616c756581a3496e742aa974696d657374616d7083a66d696c6c6973cf0000018bcfe56800a7636f756e74657203a66e6f64654964a66e6f64652d62	0	f	1700000000000	1700000000000
users	minus	\\x81a36c777782a576616c756581a3496e74ffa974696d657374616d7083a66d696c6c6973cf0000018bcfe56800a7636f756e74657203a66e6f64654964a66e6f64652d62	1700000060000	f	0	0
users	least	\\x81a36c777782a576616c756581a3496e74d38000000000000000a974696d657374616d7083a66d696c6c6973cf0000018bcfe56800a7636f756e74657203a66e6f64654964a66e6f64652d62	0	f	0	0
users	null	\\x81a36c777782a576616c7565a44e756c6ca974696d657374616d7083a66d696c6c6973cf0000018bcfe56800a7636f756e74657203a66e6f64654964a66e6f64652d62	0	f	0	0
users	true	\\x81a36c777782a576616c756581a4426f6f6cc3a974696d657374616d7083a66d696c6c6973cf0000018bcfe56800a7636f756e74657203a66e6f64654964a66e6f64652d62	0	f	0	0
users	float	\\x81a36c777782a576616c756581a5466c6f6174cb3ff8000000000000a974696d657374616d7083a66d696c6c6973cf0000018bcfe56800a7636f756e74657203a66e6f64654964a66e6f64652d62	0	f	0	0
users	bytes	\\x81a36c777782a576616c756581a5427974657394007fcc80ccffa974696d657374616d7083a66d696c6c6973cf0000018bcfe56800a7636f756e74657203a66e6f64654964a66e6f64652d62	0	f	0	0
users	map	\\x81a36c777782a576616c756581a34d617082a16181a5417272617992a44e756c6c81a6537472696e67a178a16281a3496e7401a974696d657374616d7083a66d696c6c6973cf0000018bcfe56800a7636f756e74657203a66e6f64654964a66e6f64652d62	0	f	0	0
users	map	\\x81a36c777782a576616c756581a3496e7405a974696d657374616d7083a66d696c6c6973cf0000018bcfe56801a7636f756e74657203a66e6f64654964a66e6f64652d62	0	t	0	0
users	bad	\\xc1	0	f	0	0
users	none	\\x	0	f	0	0
todo	empty	\\x81a56f724d617081a77265636f72647390	0	f	0	0
todo	one	\\x81a56f724d617082a77265636f7264739183a576616c756581a3496e7407a3746167b2313730303030303030303030303a303a6e31a974696d657374616d7083a66d696c6c6973cf0000018bcfe56800a7636f756e74657200a66e6f64654964a26e31aa746f6d6273746f6e657391b2313639393939393939393939393a343a6e32	0	f	0	0
todo	old	\\x81ac6f72546f6d6273746f6e657381a47461677391a5313a303a6e	0	f	0	0
\.


--
-- Name: my_maps my_maps_pkey; Type: CONSTRAINT; Schema: app; Owner: postgres
--

ALTER TABLE ONLY app.my_maps
    ADD CONSTRAINT my_maps_pkey PRIMARY KEY (map_name, key, is_backup);


--
-- PostgreSQL database dump complete
--

\unrestrict tQFVHIk42r9k21c37OoeO8Vhmyt4iBDC0jD6vDisHjFa0O9XbXL4JIex3atpRiS

