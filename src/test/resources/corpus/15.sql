-- Objects that PostgreSQL 17 refuses, because it fills views with a restricted search path.

-- A materialized view that no restore can fill. Its rows can be computed again at any time, so the rest is restored.
CREATE DATABASE view_unqualified OWNER app TEMPLATE template0;
\connect view_unqualified
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
SET search_path = app;
CREATE TABLE t AS SELECT generate_series(1, 9) AS n;
CREATE FUNCTION counted() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM t';
CREATE MATERIALIZED VIEW m AS SELECT app.counted() AS n;
