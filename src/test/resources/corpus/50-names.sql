-- Names that have special characters in a shell, a path, a connection string or a line of text.

CREATE DATABASE "it's ""quoted""" OWNER app TEMPLATE template0;
\connect "it's ""quoted"""
SET SESSION AUTHORIZATION app;
CREATE SCHEMA "s'""s";
CREATE TABLE "s'""s"."t'""t" ("c'""c" int);
INSERT INTO "s'""s"."t'""t" SELECT generate_series(1, 11);
RESET SESSION AUTHORIZATION;

\set name 'line\nend'
CREATE DATABASE :"name" OWNER app TEMPLATE template0;
\connect :"name"
CREATE TABLE public.t AS SELECT generate_series(1, 12) AS n;
ALTER TABLE public.t OWNER TO app;

CREATE DATABASE line_ends_inside OWNER app TEMPLATE template0;
\connect line_ends_inside
SET SESSION AUTHORIZATION app;
\set name 'sche\nma; DROP'
\set name2 'ta\r\nble -- '
\set name3 'ta\tble'
CREATE SCHEMA :"name";
CREATE TABLE :"name".:"name2" ("col
umn" text);
INSERT INTO :"name".:"name2" VALUES (E'a\nb'), (E'\\.'), (E'\r'), ('\N'), (E'\\N');
CREATE TABLE :"name".:"name3" AS SELECT generate_series(1, 4) AS n;
CREATE FUNCTION :"name"."f
f"() RETURNS int LANGUAGE sql AS E'SELECT 1; -- \n';
RESET SESSION AUTHORIZATION;

CREATE DATABASE "$HOME `id` $(id) !!" OWNER app TEMPLATE template0;
\connect "$HOME `id` $(id) !!"
CREATE TABLE public."$1" AS SELECT generate_series(1, 13) AS "$$";
ALTER TABLE public."$1" OWNER TO app;

CREATE DATABASE "größe 漢字 🐘" OWNER app TEMPLATE template0;
\connect "größe 漢字 🐘"
CREATE TABLE public."таблица" AS SELECT generate_series(1, 14) AS "столбец";
ALTER TABLE public."таблица" OWNER TO app;

-- Names of 63 bytes, with letters of one byte and of three bytes.
CREATE DATABASE x2345678901234567890123456789012345678901234567890123456789_63x OWNER app TEMPLATE template0;
\connect x2345678901234567890123456789012345678901234567890123456789_63x
CREATE TABLE public.t2345678901234567890123456789012345678901234567890123456789_63t AS SELECT generate_series(1, 15) AS n;
ALTER TABLE public.t2345678901234567890123456789012345678901234567890123456789_63t OWNER TO app;

CREATE DATABASE "漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢" OWNER app TEMPLATE template0;
\connect "漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢"
CREATE TABLE public.t AS SELECT generate_series(1, 16) AS n;
ALTER TABLE public.t OWNER TO app;

CREATE DATABASE ".." OWNER app TEMPLATE template0;
\connect ".."
CREATE TABLE public.t AS SELECT generate_series(1, 17) AS n;
ALTER TABLE public.t OWNER TO app;

CREATE DATABASE "Case" OWNER app TEMPLATE template0;
\connect "Case"
CREATE TABLE public."T" AS SELECT generate_series(1, 18) AS "N";
ALTER TABLE public."T" OWNER TO app;

CREATE DATABASE "case" OWNER app TEMPLATE template0;
\connect "case"
CREATE TABLE public.t AS SELECT generate_series(1, 19) AS n;
ALTER TABLE public.t OWNER TO app;

CREATE DATABASE "-x y/z" OWNER app TEMPLATE template0;
\connect "-x y/z"
CREATE TABLE public."-t" AS SELECT generate_series(1, 20) AS "-n";
ALTER TABLE public."-t" OWNER TO app;

CREATE DATABASE "dbname=a host=b" OWNER app TEMPLATE template0;
\connect -reuse-previous=on "dbname='dbname=a host=b'"
CREATE TABLE public.t AS SELECT generate_series(1, 21) AS n;
ALTER TABLE public.t OWNER TO app;

CREATE DATABASE "back\slash %41 'q'" OWNER app TEMPLATE template0;
\connect "back\slash %41 'q'"
CREATE TABLE public."a\b" AS SELECT E'a\\b'::text AS "%s";
ALTER TABLE public."a\b" OWNER TO app;

CREATE DATABASE "select" OWNER "Od'd ""role""" TEMPLATE template0;
\connect "select"
SET SESSION AUTHORIZATION "Od'd ""role""";
CREATE SCHEMA "table";
CREATE TABLE "table"."select" ("from" int, "User" text);
INSERT INTO "table"."select" SELECT generate_series(1, 22), 'where';
