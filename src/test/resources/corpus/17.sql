-- Features of PostgreSQL 17 that 15 lacks.

CREATE DATABASE builtin_locale OWNER app TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C';
\connect builtin_locale
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.t (w text PRIMARY KEY);
INSERT INTO app.t VALUES ('ä'), ('Z'), ('a');
RESET SESSION AUTHORIZATION;

CREATE DATABASE icu_rules OWNER app TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en' ICU_RULES '&a < z' LOCALE 'C.UTF-8';
\connect icu_rules
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.t (w text PRIMARY KEY);
INSERT INTO app.t VALUES ('a'), ('b'), ('z');
CREATE COLLATION app.ours (PROVIDER = icu, LOCALE = 'en', RULES = '&b < ''q;''');
RESET SESSION AUTHORIZATION;

CREATE DATABASE collations_17 OWNER app TEMPLATE template0;
\connect collations_17
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.t (w text COLLATE "unicode", x text COLLATE "pg_c_utf8", y int GENERATED ALWAYS AS IDENTITY);
INSERT INTO app.t (w, x) VALUES ('ä', 'ä');
CREATE TABLE app.parts (id int GENERATED ALWAYS AS IDENTITY, n int) PARTITION BY RANGE (n);
CREATE TABLE app.part PARTITION OF app.parts DEFAULT;
INSERT INTO app.parts (n) SELECT generate_series(1, 5);
ALTER TABLE app.parts ADD EXCLUDE (n WITH =, id WITH =);
GRANT MAINTAIN ON app.t TO reader;
RESET SESSION AUTHORIZATION;

CREATE DATABASE transaction_timeout OWNER app TEMPLATE template0;
\connect transaction_timeout
CREATE TABLE public.t AS SELECT generate_series(1, 51) AS n;
ALTER TABLE public.t OWNER TO app;
ALTER DATABASE transaction_timeout SET transaction_timeout = '1ms';
ALTER DATABASE transaction_timeout SET event_triggers = off;
