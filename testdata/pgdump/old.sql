--
-- PostgreSQL database dump
--

-- Dumped from database version 9.6.24
-- Dumped by pg_dump version 9.6.24

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = off;
SET escape_string_warning = off;

SET search_path = public, pg_catalog;

SET default_with_oids = true;

--
-- Name: notes; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE notes (
    id integer NOT NULL,
    body text
);


ALTER TABLE notes OWNER TO postgres;

--
-- Data for Name: notes; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY notes (id, body) WITH OIDS FROM stdin;
16401	1	with an oid
\.


SET search_path = archive, pg_catalog;

CREATE TABLE notes (
    id integer NOT NULL,
    body text,
    raw bytea
);

INSERT INTO notes VALUES (2, 'back\\slash, it''s \'escaped\'; \303\251', '\\000a\\\\b');
INSERT INTO notes VALUES (3, E'tab\there', NULL);


ALTER TABLE ONLY notes
    ADD CONSTRAINT notes_pkey PRIMARY KEY (id);


--
-- PostgreSQL database dump complete
--

