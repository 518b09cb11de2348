-- Collations and encodings.

CREATE DATABASE icu OWNER app TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-u-co-phonebk' LOCALE 'C.UTF-8';
\connect icu
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.words (w text PRIMARY KEY) PARTITION BY RANGE (w);
CREATE TABLE app.low PARTITION OF app.words FOR VALUES FROM ('a') TO ('m');
CREATE TABLE app.high PARTITION OF app.words FOR VALUES FROM ('m') TO ('zzz');
INSERT INTO app.words VALUES ('Ärger'), ('ae'), ('Zug'), ('mögen'), ('mz');
RESET SESSION AUTHORIZATION;

CREATE DATABASE nondeterministic OWNER app TEMPLATE template0;
\connect nondeterministic
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE COLLATION app.nocase (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false);
CREATE COLLATION app.upper (PROVIDER = icu, LOCALE = 'und-u-kf-upper');
CREATE TABLE app.t (w text COLLATE app.nocase UNIQUE, v text COLLATE app.upper);
INSERT INTO app.t VALUES ('Wort', 'Wort'), ('anderes', 'Anderes');
RESET SESSION AUTHORIZATION;

CREATE DATABASE latin1 OWNER app TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C';
\connect latin1
SET client_encoding = 'UTF8';
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app."größe" (wert text);
INSERT INTO app."größe" VALUES ('café'), ('ÿ');
COMMENT ON TABLE app."größe" IS 'naïve';
RESET SESSION AUTHORIZATION;

CREATE DATABASE euc_jp OWNER app TEMPLATE template0 ENCODING 'EUC_JP' LOCALE 'C';
\connect euc_jp
SET client_encoding = 'UTF8';
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.t (w text);
INSERT INTO app.t VALUES ('日本語'), ('カタカナ'), ('ｶﾅ');
RESET SESSION AUTHORIZATION;

CREATE DATABASE sql_ascii OWNER app TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C';
\connect sql_ascii
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.t (w text);
INSERT INTO app.t VALUES (E'\xe4 no UTF-8'), (E'\xc3\xa4 UTF-8'), ('plain');
RESET SESSION AUTHORIZATION;

CREATE DATABASE c_locale OWNER app TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';
\connect c_locale
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.t (w text, x text COLLATE "C", y text COLLATE "und-x-icu");
INSERT INTO app.t VALUES ('ä', 'ä', 'ä'), ('Z', 'Z', 'Z');
CREATE INDEX ON app.t (w text_pattern_ops, y);
