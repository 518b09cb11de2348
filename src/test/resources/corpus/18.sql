-- Features of PostgreSQL 18 that 17 lacks.

-- PostgreSQL 18 warns of such a password, at each statement that sets one.
CREATE ROLE md5_login LOGIN PASSWORD 'md53175bce1d3201d16594cebf9d7eb3f9d';

CREATE DATABASE builtin_fast OWNER app TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'PG_UNICODE_FAST' LOCALE 'C';
\connect builtin_fast
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.t (w text PRIMARY KEY, folded text GENERATED ALWAYS AS (casefold(w)) VIRTUAL);
INSERT INTO app.t VALUES ('Straße'), ('ä'), ('Z');
RESET SESSION AUTHORIZATION;

CREATE DATABASE generated_virtual OWNER app TEMPLATE template0;
\connect generated_virtual
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.t (id uuid PRIMARY KEY DEFAULT uuidv7(), n int, twice int GENERATED ALWAYS AS (n * 2) VIRTUAL,
    thrice int GENERATED ALWAYS AS (n * 3) STORED, CHECK (twice >= 0));
INSERT INTO app.t (n) SELECT generate_series(1, 30);
CREATE VIEW app.v AS SELECT n, twice FROM app.t;
CREATE MATERIALIZED VIEW app.m AS SELECT sum(twice) AS total FROM app.t;
CREATE TABLE app.parts (n int, half int GENERATED ALWAYS AS (n / 2) VIRTUAL) PARTITION BY RANGE (n);
CREATE TABLE app.part PARTITION OF app.parts FOR VALUES FROM (0) TO (100);
INSERT INTO app.parts (n) SELECT generate_series(1, 9);
RESET SESSION AUTHORIZATION;

CREATE DATABASE constraints_18 OWNER app TEMPLATE template0;
\connect constraints_18
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.a (id int PRIMARY KEY, n int CONSTRAINT positive CHECK (n > 0) NOT ENFORCED, w text);
INSERT INTO app.a VALUES (1, -1, NULL), (2, 2, 'b');
ALTER TABLE app.a ADD CONSTRAINT w_given NOT NULL w NOT VALID;
CREATE TABLE app.b (a int, CONSTRAINT points FOREIGN KEY (a) REFERENCES app.a NOT ENFORCED);
INSERT INTO app.b VALUES (7), (1);
CREATE TABLE app.stays (room int4range, during daterange, PRIMARY KEY (room, during WITHOUT OVERLAPS));
INSERT INTO app.stays VALUES ('[1,1]', '[2026-01-01,2026-02-01)'), ('[1,1]', '[2026-02-01,2026-03-01)');
CREATE TABLE app.bills (room int4range, during daterange,
    FOREIGN KEY (room, PERIOD during) REFERENCES app.stays (room, PERIOD during));
INSERT INTO app.bills VALUES ('[1,1]', '[2026-01-15,2026-02-15)');
ANALYZE app.a;
RESET SESSION AUTHORIZATION;
