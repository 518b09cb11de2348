-- Owners and privileges.

CREATE DATABASE large_objects OWNER app TEMPLATE template0;
\connect large_objects
SET SESSION AUTHORIZATION app;
SELECT lo_from_bytea(70001, 'one'), lo_from_bytea(70002, decode(repeat('00ff27', 30000), 'hex')), lo_create(70003);
GRANT SELECT ON LARGE OBJECT 70001 TO reader;
GRANT ALL ON LARGE OBJECT 70002 TO other WITH GRANT OPTION;
COMMENT ON LARGE OBJECT 70001 IS 'it''s one';
RESET SESSION AUTHORIZATION;
SELECT lo_from_bytea(70004, 'the other''s');
ALTER LARGE OBJECT 70004 OWNER TO other;

CREATE DATABASE policies_forced OWNER app TEMPLATE template0;
\connect policies_forced
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.notes (id int PRIMARY KEY, who name, words text);
INSERT INTO app.notes SELECT i, CASE i % 3 WHEN 0 THEN 'app' ELSE 'other' END, 'note ' || i FROM generate_series(1, 300) AS i;
ALTER TABLE app.notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.notes FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON app.notes USING (who = current_user) WITH CHECK (who = current_user);
CREATE POLICY reading ON app.notes AS RESTRICTIVE FOR SELECT TO reader, other USING (id < 100);
GRANT SELECT ON app.notes TO other;
RESET SESSION AUTHORIZATION;

CREATE DATABASE policies_view OWNER app TEMPLATE template0;
\connect policies_view
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.notes AS SELECT i AS id, 'app'::name AS who FROM generate_series(1, 50) AS i;
ALTER TABLE app.notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.notes FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON app.notes USING (who = 'app');
CREATE MATERIALIZED VIEW app.seen AS SELECT count(*) AS n FROM app.notes;
RESET SESSION AUTHORIZATION;

CREATE DATABASE owners OWNER app TEMPLATE template0;
\connect owners
CREATE SCHEMA theirs AUTHORIZATION other;
CREATE TABLE theirs.t (n int);
INSERT INTO theirs.t SELECT generate_series(1, 20);
ALTER TABLE theirs.t OWNER TO other;
CREATE SCHEMA mine AUTHORIZATION app;
CREATE TABLE mine.parts (n int) PARTITION BY RANGE (n);
CREATE TABLE mine.part1 PARTITION OF mine.parts FOR VALUES FROM (0) TO (100);
CREATE TABLE mine.part2 PARTITION OF mine.parts FOR VALUES FROM (100) TO (200);
INSERT INTO mine.parts SELECT generate_series(0, 199);
ALTER TABLE mine.parts OWNER TO app;
ALTER TABLE mine.part1 OWNER TO app;
ALTER TABLE mine.part2 OWNER TO other;
CREATE FUNCTION mine.secret() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM theirs.t';
ALTER FUNCTION mine.secret() OWNER TO other;
CREATE VIEW mine.v AS SELECT n FROM theirs.t;
ALTER VIEW mine.v OWNER TO third;
CREATE SEQUENCE mine.s START 7;
ALTER SEQUENCE mine.s OWNER TO "Od'd ""role""";

CREATE DATABASE privileges OWNER app TEMPLATE template0;
\connect privileges
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.t (a int, b int, c int);
INSERT INTO app.t VALUES (1, 2, 3);
GRANT SELECT (a), UPDATE (b) ON app.t TO reader;
GRANT ALL ON app.t TO "Od'd ""role""" WITH GRANT OPTION;
GRANT USAGE ON SCHEMA app TO PUBLIC;
GRANT CREATE ON SCHEMA app TO third;
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
REVOKE EXECUTE ON FUNCTION app.f() FROM PUBLIC;
CREATE TYPE app.mood AS ENUM ('ok', 'so so');
REVOKE USAGE ON TYPE app.mood FROM PUBLIC;
CREATE SEQUENCE app.s;
GRANT USAGE ON SEQUENCE app.s TO reader;
GRANT CREATE ON SCHEMA app TO pg_database_owner;
CREATE TABLE app.not_to_be_emptied (n int);
ALTER TABLE app.not_to_be_emptied OWNER TO pg_database_owner;
REVOKE DELETE ON app.not_to_be_emptied FROM pg_database_owner;
RESET SESSION AUTHORIZATION;

CREATE DATABASE privileges_default OWNER app TEMPLATE template0;
\connect privileges_default
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO third;
CREATE TABLE app.t AS SELECT 1 AS n;
RESET SESSION AUTHORIZATION;

CREATE DATABASE grantors OWNER app TEMPLATE template0;
\connect grantors
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO other;
CREATE TABLE app.t AS SELECT 1 AS n;
GRANT SELECT ON app.t TO other WITH GRANT OPTION;
SET SESSION AUTHORIZATION other;
GRANT SELECT ON app.t TO reader;
RESET SESSION AUTHORIZATION;

CREATE DATABASE database_rights OWNER app TEMPLATE template0;
REVOKE ALL ON DATABASE database_rights FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE database_rights TO reader;
GRANT CREATE ON DATABASE database_rights TO "Od'd ""role""" WITH GRANT OPTION;
COMMENT ON DATABASE database_rights IS 'it''s \ "commented"; yes';
\connect database_rights
CREATE TABLE public.t AS SELECT generate_series(1, 3) AS n;
ALTER TABLE public.t OWNER TO app;

CREATE DATABASE administrators;
\connect administrators
CREATE TABLE public.t AS SELECT generate_series(1, 30) AS n;

CREATE DATABASE powerful_owner OWNER maker TEMPLATE template0;
\connect powerful_owner
SET SESSION AUTHORIZATION maker;
CREATE SCHEMA maker;
CREATE TABLE maker.t AS SELECT generate_series(1, 30) AS n;
CREATE FUNCTION maker.f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM maker.t';
