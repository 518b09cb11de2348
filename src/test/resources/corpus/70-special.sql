-- Unusual databases.

CREATE DATABASE nothing OWNER app TEMPLATE template0;

CREATE DATABASE hstore_citext OWNER app TEMPLATE template0;
\connect hstore_citext
CREATE SCHEMA extensions AUTHORIZATION app;
CREATE EXTENSION hstore SCHEMA extensions;
CREATE EXTENSION citext;
CREATE EXTENSION pg_trgm;
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.t (h extensions.hstore, c public.citext UNIQUE);
INSERT INTO app.t VALUES ('a=>1, "b c"=>NULL', 'Word'), ('', 'other');
CREATE INDEX ON app.t USING gist (h extensions.gist_hstore_ops);
CREATE INDEX ON app.t USING gin (c public.gin_trgm_ops);
RESET SESSION AUTHORIZATION;

CREATE DATABASE earth OWNER app TEMPLATE template0;
\connect earth
CREATE EXTENSION cube;
CREATE EXTENSION earthdistance;
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.t AS SELECT i AS n, i / 10.0 AS lat, i / 7.0 AS long FROM generate_series(1, 42) AS i;
RESET SESSION AUTHORIZATION;

-- These extensions are not on the list that applications may request.
CREATE DATABASE dblink OWNER app TEMPLATE template0;
\connect dblink
CREATE EXTENSION dblink;
CREATE EXTENSION lo;
CREATE TABLE public.t AS SELECT generate_series(1, 43) AS n;
ALTER TABLE public.t OWNER TO app;

CREATE DATABASE is_template OWNER app TEMPLATE template0 IS_TEMPLATE true;
\connect is_template
CREATE TABLE public.t AS SELECT generate_series(1, 44) AS n;
ALTER TABLE public.t OWNER TO app;

CREATE DATABASE no_connections OWNER app TEMPLATE template0;
\connect no_connections
CREATE TABLE public.t AS SELECT generate_series(1, 45) AS n;
ALTER TABLE public.t OWNER TO app;
\connect postgres
ALTER DATABASE no_connections ALLOW_CONNECTIONS false;

-- :place is a folder that belongs to the user of the server.
CREATE TABLESPACE corpus_space LOCATION :'place';
GRANT CREATE ON TABLESPACE corpus_space TO app;
CREATE DATABASE in_space OWNER app TEMPLATE template0 TABLESPACE corpus_space;
\connect in_space
CREATE TABLE public.t AS SELECT generate_series(1, 46) AS n;
ALTER TABLE public.t OWNER TO app;

CREATE DATABASE tables_in_space OWNER app TEMPLATE template0;
\connect tables_in_space
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.t (n int PRIMARY KEY USING INDEX TABLESPACE corpus_space) TABLESPACE corpus_space;
INSERT INTO app.t SELECT generate_series(1, 47);
CREATE TABLE app.parts (n int) PARTITION BY LIST (n) TABLESPACE corpus_space;
CREATE TABLE app.part PARTITION OF app.parts DEFAULT;
INSERT INTO app.parts SELECT generate_series(1, 5);
