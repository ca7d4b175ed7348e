--
-- PostgreSQL database dump
--

\restrict h2p4zLglYwOoqmgjcR20iBecSGNWeee4v6Kd1VD4pZloEMNXlQynZktIMrJ8obO

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

SET default_table_access_method = heap;

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
-- Data for Name: measured_2023; Type: TABLE DATA; Schema: public; Owner: postgres
--

-- load via partition root public.measured

COPY public.measured (at, city, degrees) FROM stdin;
2023-05-01	Rome	21.5
\.


--
-- Data for Name: measured_2024; Type: TABLE DATA; Schema: public; Owner: postgres
--

-- load via partition root public.measured

COPY public.measured (degrees, city, at) FROM stdin;
22.0	Rome	2024-05-01
\N	Bern	2024-05-02
\.


--
-- Data for Name: measured_rest_oslo; Type: TABLE DATA; Schema: public; Owner: postgres
--

-- load via partition root public.measured

COPY public.measured (at, city, degrees) FROM stdin;
2030-01-01	Oslo	-8.5
\.


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
-- PostgreSQL database dump complete
--

\unrestrict h2p4zLglYwOoqmgjcR20iBecSGNWeee4v6Kd1VD4pZloEMNXlQynZktIMrJ8obO

