--
-- PostgreSQL database cluster dump
--

\restrict ZCdHp3tyrqF54DHHwbWqDDz6ft3M4P5SdLxV2wbKmRnBAmrolURZFxNaxZpAWgA

SET default_transaction_read_only = off;

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

--
-- Roles
--

CREATE ROLE postgres;
ALTER ROLE postgres WITH SUPERUSER INHERIT CREATEROLE CREATEDB LOGIN REPLICATION BYPASSRLS;

--
-- User Configurations
--








\unrestrict ZCdHp3tyrqF54DHHwbWqDDz6ft3M4P5SdLxV2wbKmRnBAmrolURZFxNaxZpAWgA

--
-- Databases
--

--
-- Database "template1" dump
--

\connect template1

--
-- PostgreSQL database dump
--

\restrict gifMP8Iiu5NGUkVtp3lMgUpTZIjQ39Zs29uL6OFCySTOBVBSSXpOHMrMnAxC0Od

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
-- PostgreSQL database dump complete
--

\unrestrict gifMP8Iiu5NGUkVtp3lMgUpTZIjQ39Zs29uL6OFCySTOBVBSSXpOHMrMnAxC0Od

--
-- Database "odd "name's" dump
--

--
-- PostgreSQL database dump
--

\restrict 9mPD1uuCFzi4zp2MBP7MemlZK4FRG2jv4bWPE8XesErhZYJMlwK35UyXfhHyQOY

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
-- Name: odd "name's; Type: DATABASE; Schema: -; Owner: postgres
--

CREATE DATABASE "odd ""name's" WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'C.UTF-8';


ALTER DATABASE "odd ""name's" OWNER TO postgres;

\unrestrict 9mPD1uuCFzi4zp2MBP7MemlZK4FRG2jv4bWPE8XesErhZYJMlwK35UyXfhHyQOY
\encoding SQL_ASCII
\connect -reuse-previous=on "dbname='odd ""name\'s'"
\restrict 9mPD1uuCFzi4zp2MBP7MemlZK4FRG2jv4bWPE8XesErhZYJMlwK35UyXfhHyQOY

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
-- Name: shared; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.shared (
    a text
);


ALTER TABLE public.shared OWNER TO postgres;

--
-- Name: t; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.t (
    a integer
);


ALTER TABLE public.t OWNER TO postgres;

--
-- Data for Name: shared; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.shared (a) FROM stdin;
odd
\.


--
-- Data for Name: t; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.t (a) FROM stdin;
1
2
\.


--
-- PostgreSQL database dump complete
--

\unrestrict 9mPD1uuCFzi4zp2MBP7MemlZK4FRG2jv4bWPE8XesErhZYJMlwK35UyXfhHyQOY

--
-- Database "postgres" dump
--

\connect postgres

--
-- PostgreSQL database dump
--

\restrict BnX9z0qqDS9sGIfWzvf2YSp4MBqSddIfOVDfYKRkH4hExFtIlTQpuztGNbcpa2f

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
-- PostgreSQL database dump complete
--

\unrestrict BnX9z0qqDS9sGIfWzvf2YSp4MBqSddIfOVDfYKRkH4hExFtIlTQpuztGNbcpa2f

--
-- Database "second" dump
--

--
-- PostgreSQL database dump
--

\restrict JVNLt2FTICVzdumddhUzFT1rgAX1cXgDWHAJ2N8ikuHH2IqNtfgAtjE5jZ7RkkF

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
-- Name: second; Type: DATABASE; Schema: -; Owner: postgres
--

CREATE DATABASE second WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'C.UTF-8';


ALTER DATABASE second OWNER TO postgres;

\unrestrict JVNLt2FTICVzdumddhUzFT1rgAX1cXgDWHAJ2N8ikuHH2IqNtfgAtjE5jZ7RkkF
\connect second
\restrict JVNLt2FTICVzdumddhUzFT1rgAX1cXgDWHAJ2N8ikuHH2IqNtfgAtjE5jZ7RkkF

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
-- Name: shared; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.shared (
    a text
);


ALTER TABLE public.shared OWNER TO postgres;

--
-- Data for Name: shared; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.shared (a) FROM stdin;
second
\.


--
-- PostgreSQL database dump complete
--

\unrestrict JVNLt2FTICVzdumddhUzFT1rgAX1cXgDWHAJ2N8ikuHH2IqNtfgAtjE5jZ7RkkF

--
-- PostgreSQL database cluster dump complete
--

