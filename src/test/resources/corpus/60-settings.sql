-- Settings of a database for all sessions, which would stop a dump or a restore that does not reset them.

CREATE DATABASE read_only OWNER app TEMPLATE template0;
\connect read_only
CREATE SCHEMA app AUTHORIZATION app;
CREATE TABLE app.t AS SELECT generate_series(1, 31) AS n;
ALTER TABLE app.t OWNER TO app;
ALTER DATABASE read_only SET default_transaction_read_only = on;

CREATE DATABASE timeouts OWNER app TEMPLATE template0;
\connect timeouts
CREATE TABLE public.t AS SELECT i AS n, repeat('x', 1000) AS w FROM generate_series(1, 2000) AS i;
ALTER TABLE public.t OWNER TO app;
ALTER DATABASE timeouts SET statement_timeout = '1ms';
ALTER DATABASE timeouts SET lock_timeout = '1ms';
ALTER DATABASE timeouts SET idle_in_transaction_session_timeout = '1ms';

CREATE DATABASE no_connections_left OWNER app TEMPLATE template0 CONNECTION LIMIT 0;
\connect no_connections_left
CREATE TABLE public.t AS SELECT generate_series(1, 32) AS n;
ALTER TABLE public.t OWNER TO app;

CREATE DATABASE role_set OWNER app TEMPLATE template0;
\connect role_set
CREATE TABLE public.t AS SELECT generate_series(1, 33) AS n;
ALTER TABLE public.t OWNER TO app;
ALTER DATABASE role_set SET role = 'reader';
ALTER ROLE other IN DATABASE role_set SET search_path = 'nowhere', public;

CREATE DATABASE formats OWNER app TEMPLATE template0;
\connect formats
CREATE TABLE public.t AS SELECT 0.1::float8 + 0.2 AS f, date '2026-02-01' AS d, interval '1 mon' AS i, '\x00'::bytea AS b, 'é' AS w;
ALTER TABLE public.t OWNER TO app;
ALTER DATABASE formats SET extra_float_digits = -10;
ALTER DATABASE formats SET datestyle = 'SQL, DMY';
ALTER DATABASE formats SET intervalstyle = 'sql_standard';
ALTER DATABASE formats SET bytea_output = 'escape';
ALTER DATABASE formats SET client_encoding = 'LATIN1';
ALTER DATABASE formats SET timezone = 'Pacific/Kiritimati';
ALTER DATABASE formats SET xmloption = 'document';

CREATE DATABASE row_security_off OWNER app TEMPLATE template0;
\connect row_security_off
CREATE TABLE public.t AS SELECT generate_series(1, 34) AS n;
ALTER TABLE public.t OWNER TO app;
ALTER TABLE public.t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON public.t USING (n > 30);
ALTER DATABASE row_security_off SET row_security = off;
ALTER DATABASE row_security_off SET session_replication_role = 'replica';

CREATE DATABASE path_set OWNER app TEMPLATE template0;
\connect path_set
CREATE SCHEMA evil AUTHORIZATION app;
CREATE TABLE evil.pg_class AS SELECT 1 AS relname;
ALTER TABLE evil.pg_class OWNER TO app;
ALTER DATABASE path_set SET search_path = evil, pg_catalog, "odd, one";
ALTER DATABASE path_set SET check_function_bodies = off;
ALTER DATABASE path_set SET default_transaction_isolation = 'serializable';
ALTER DATABASE path_set SET default_transaction_deferrable = on;

-- Only a superuser may change these settings.
CREATE DATABASE superusers_settings OWNER app TEMPLATE template0;
\connect superusers_settings
CREATE TABLE public.t AS SELECT generate_series(1, 35) AS n;
ALTER TABLE public.t OWNER TO app;
ALTER DATABASE superusers_settings SET log_statement = 'none';
ALTER DATABASE superusers_settings SET my.setting = 'mine; ''really''';

CREATE DATABASE tables_default_space OWNER app TEMPLATE template0;
\connect tables_default_space
CREATE TABLE public.t AS SELECT generate_series(1, 36) AS n;
ALTER TABLE public.t OWNER TO app;
ALTER DATABASE tables_default_space SET default_tablespace = 'not_there';
ALTER DATABASE tables_default_space SET default_table_access_method = 'heap';
