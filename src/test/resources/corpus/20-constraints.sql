-- Constraints on rows.

CREATE DATABASE domains OWNER app TEMPLATE template0;
\connect domains
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE DOMAIN app.positive AS int CHECK (VALUE > 0) NOT NULL;
CREATE DOMAIN app.small AS app.positive CHECK (VALUE < 100) DEFAULT 7;
CREATE TABLE app.t (a app.positive, b app.small DEFAULT 5, c app.small[]);
INSERT INTO app.t SELECT i, i, ARRAY[i, 1] FROM generate_series(1, 99) AS i;
RESET SESSION AUTHORIZATION;

CREATE DATABASE not_valid OWNER app TEMPLATE template0;
\connect not_valid
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.p (id int PRIMARY KEY);
INSERT INTO app.p VALUES (1);
CREATE TABLE app.t (n int, p int);
INSERT INTO app.t VALUES (-1, 99);
ALTER TABLE app.t ADD CONSTRAINT positive CHECK (n > 0) NOT VALID;
ALTER TABLE app.t ADD CONSTRAINT parent FOREIGN KEY (p) REFERENCES app.p NOT VALID;
RESET SESSION AUTHORIZATION;

CREATE DATABASE exclusion OWNER app TEMPLATE template0;
\connect exclusion
CREATE EXTENSION btree_gist;
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.booking (room int, during tstzrange, EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (room > 0));
INSERT INTO app.booking SELECT i, tstzrange('2026-01-01', '2026-01-02') FROM generate_series(1, 50) AS i;
RESET SESSION AUTHORIZATION;

CREATE DATABASE cyclic OWNER app TEMPLATE template0;
\connect cyclic
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.a (id int PRIMARY KEY, b int);
CREATE TABLE app.b (id int PRIMARY KEY, a int REFERENCES app.a DEFERRABLE INITIALLY DEFERRED, own int REFERENCES app.b);
ALTER TABLE app.a ADD FOREIGN KEY (b) REFERENCES app.b ON DELETE SET NULL;
BEGIN;
INSERT INTO app.b SELECT i, i, i FROM generate_series(1, 20) AS i;
INSERT INTO app.a SELECT i, 21 - i FROM generate_series(1, 20) AS i;
COMMIT;
RESET SESSION AUTHORIZATION;

CREATE DATABASE nulls_not_distinct OWNER app TEMPLATE template0;
\connect nulls_not_distinct
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.t (a int, b int, UNIQUE NULLS NOT DISTINCT (a, b) INCLUDE (b) DEFERRABLE);
INSERT INTO app.t VALUES (1, NULL), (NULL, NULL), (2, 2);
CREATE UNIQUE INDEX partial ON app.t (a) WHERE b IS NULL;
RESET SESSION AUTHORIZATION;

CREATE DATABASE check_function OWNER app TEMPLATE template0;
\connect check_function
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE FUNCTION app.fine(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 < 1000; END';
CREATE TABLE app.t (n int CHECK (app.fine(n)));
INSERT INTO app.t SELECT generate_series(1, 10);
CREATE INDEX ON app.t ((app.fine(n)));
RESET SESSION AUTHORIZATION;

-- No restore can succeed. The function names the table without its schema, and pg_restore sets an empty search path.
CREATE DATABASE check_unqualified OWNER app TEMPLATE template0;
\connect check_unqualified
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
SET search_path = app;
CREATE TABLE limits AS SELECT 100 AS most;
CREATE FUNCTION below(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 < max(most) FROM limits';
CREATE TABLE t (n int CHECK (app.below(n)));
INSERT INTO t VALUES (1);
