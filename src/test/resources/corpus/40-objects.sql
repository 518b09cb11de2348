-- Kinds of objects.

CREATE DATABASE operators OWNER app TEMPLATE template0;
\connect operators
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TYPE app.pair AS (a int, b int);
CREATE FUNCTION app.plus(app.pair, app.pair) RETURNS app.pair LANGUAGE sql IMMUTABLE
    AS 'SELECT ROW($1.a + $2.a, $1.b + $2.b)::app.pair';
CREATE OPERATOR app.+ (LEFTARG = app.pair, RIGHTARG = app.pair, FUNCTION = app.plus, COMMUTATOR = OPERATOR(app.+));
CREATE AGGREGATE app.total(app.pair) (SFUNC = app.plus, STYPE = app.pair, INITCOND = '(0,0)');
CREATE FUNCTION app.to_text(app.pair) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT $1.a || '/' || $1.b$$;
CREATE CAST (app.pair AS text) WITH FUNCTION app.to_text(app.pair) AS ASSIGNMENT;
COMMENT ON OPERATOR app.+ (app.pair, app.pair) IS 'adds';
CREATE TABLE app.t AS SELECT ROW(i, -i)::app.pair AS p FROM generate_series(1, 10) AS i;
CREATE VIEW app.v AS SELECT app.total(p) AS sum FROM app.t;
RESET SESSION AUTHORIZATION;

CREATE DATABASE rules_triggers OWNER app TEMPLATE template0;
\connect rules_triggers
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.t (n int, changed int DEFAULT 0);
CREATE TABLE app.log (what text);
CREATE FUNCTION app.count() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.changed := NEW.changed + 1; INSERT INTO app.log VALUES (TG_OP || ' ; ' || E'a\nb'); RETURN NEW; END $$;
CREATE TRIGGER "odd ; 'one'" BEFORE INSERT OR UPDATE OF n ON app.t FOR EACH ROW WHEN (NEW.n > 1) EXECUTE FUNCTION app.count();
CREATE FUNCTION app.after() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON app.t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.after();
CREATE TRIGGER all_rows AFTER UPDATE ON app.t REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION app.after();
INSERT INTO app.t SELECT generate_series(1, 5);
ALTER TABLE app.t DISABLE TRIGGER all_rows;
ALTER TABLE app.t ENABLE ALWAYS TRIGGER later;
CREATE VIEW app.v AS SELECT n FROM app.t;
CREATE RULE adds AS ON INSERT TO app.v DO INSTEAD INSERT INTO app.t VALUES (NEW.n);
CREATE RULE nothing AS ON DELETE TO app.t WHERE OLD.n = 1 DO INSTEAD NOTHING;
RESET SESSION AUTHORIZATION;

CREATE DATABASE text_search OWNER app TEMPLATE template0;
\connect text_search
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TEXT SEARCH DICTIONARY app.dict (TEMPLATE = simple, STOPWORDS = english, ACCEPT = false);
CREATE TEXT SEARCH CONFIGURATION app.conf (COPY = english);
ALTER TEXT SEARCH CONFIGURATION app.conf ALTER MAPPING FOR asciiword WITH app.dict, english_stem;
COMMENT ON TEXT SEARCH CONFIGURATION app.conf IS 'ours';
CREATE TABLE app.t (w text, v tsvector GENERATED ALWAYS AS (to_tsvector('english', w)) STORED);
INSERT INTO app.t VALUES ('the quick brown foxes'), ('jumped over');
CREATE INDEX ON app.t USING gin (v);
RESET SESSION AUTHORIZATION;

CREATE DATABASE statistics_comments OWNER app TEMPLATE template0;
\connect statistics_comments
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.t (a int, b int, c int);
INSERT INTO app.t SELECT i, i % 7, i % 5 FROM generate_series(1, 500) AS i;
CREATE STATISTICS app.kinds (ndistinct, dependencies, mcv) ON b, c FROM app.t;
CREATE STATISTICS app.expression ON (a + b), (b * c) FROM app.t;
ALTER STATISTICS app.kinds SET STATISTICS 77;
ALTER TABLE app.t ALTER a SET STATISTICS 500, ALTER b SET (n_distinct = 7), ALTER c SET STORAGE PLAIN;
ALTER TABLE app.t SET (fillfactor = 70, autovacuum_enabled = off);
CREATE INDEX by_b ON app.t USING brin (b) WITH (pages_per_range = 4);
COMMENT ON TABLE app.t IS E'several\nlines; with ''quotes'' and \\backslash';
COMMENT ON COLUMN app.t.a IS '';
COMMENT ON COLUMN app.t.b IS '$$ $a$ --';
COMMENT ON INDEX app.by_b IS 'an index';
COMMENT ON STATISTICS app.kinds IS 'statistics';
COMMENT ON SCHEMA app IS 'schema';
RESET SESSION AUTHORIZATION;

CREATE DATABASE types OWNER app TEMPLATE template0;
\connect types
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('sad', 'it''s ok', 'happy ; "');
ALTER TYPE app.mood ADD VALUE 'between' BEFORE 'happy ; "';
CREATE TYPE app.span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);
CREATE TABLE app.t (
    a smallint, b bigint, c numeric, d real, e float8, f money, g bytea, h timestamptz, i time, j interval, k boolean,
    l point, m path, n polygon, o inet, p macaddr8, q bit(5), r varbit, s uuid, u json, v jsonb, w jsonpath, x int[][],
    y app.span, z app.mood, aa tsquery, ab pg_lsn, ac text[], ad char(5), ae "char", af nummultirange);
INSERT INTO app.t VALUES (
    -32768, 9223372036854775807, 'NaN', 'Infinity', 1e-300, '-1.5', '\x00ff27', 'infinity', '24:00', '-1 mon +3 days',
    false, '(1,2)', '[(1,2),(3,4)]', '((0,0),(1,1),(1,0))', '::1/64', '08:00:2b:01:02:03:04:05', '10101', '1',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a" : 1, "a":2}', '{"a": "\u00e9"}', '$.a[*] ? (@ > 1)', '{{1,2},{3,NULL}}',
    '[1.5,2.5)', 'it''s ok', 'a & !b', '16/B374D848', ARRAY['a', NULL, '', '"', E'\\', '{}'], 'ab', 'x', '{[1,2],[5,)}');
INSERT INTO app.t (a, c, d, e, g) VALUES (0, 123456789012345678901234567890.123456789, '-0', 0.1, decode(repeat('ab', 20000), 'hex'));
RESET SESSION AUTHORIZATION;

CREATE DATABASE wide OWNER app TEMPLATE template0;
\connect wide
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
SELECT 'CREATE TABLE app.wide (' || string_agg('c' || i || ' int', ', ') || ')' FROM generate_series(1, 1600) AS i \gexec
INSERT INTO app.wide (c1, c1600) SELECT i, -i FROM generate_series(1, 10) AS i;
RESET SESSION AUTHORIZATION;

CREATE DATABASE no_columns OWNER app TEMPLATE template0;
\connect no_columns
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.none ();
INSERT INTO app.none SELECT FROM generate_series(1, 7);
CREATE TABLE app.dropped (gone int, also int);
INSERT INTO app.dropped SELECT 1, 2 FROM generate_series(1, 9);
ALTER TABLE app.dropped DROP gone, DROP also;
CREATE TABLE app.some_dropped (a int, gone int, b int);
INSERT INTO app.some_dropped VALUES (1, 2, 3);
ALTER TABLE app.some_dropped DROP gone;
RESET SESSION AUTHORIZATION;

CREATE DATABASE generated OWNER app TEMPLATE template0;
\connect generated
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.only (a int GENERATED ALWAYS AS (1 + 1) STORED, b text GENERATED ALWAYS AS ('x') STORED);
INSERT INTO app.only SELECT FROM generate_series(1, 6);
CREATE TABLE app.mixed (a int, b int GENERATED ALWAYS AS (a * 2) STORED, c int GENERATED ALWAYS AS IDENTITY (START 5 INCREMENT 5));
INSERT INTO app.mixed (a) SELECT generate_series(1, 6);
RESET SESSION AUTHORIZATION;

CREATE DATABASE unlogged OWNER app TEMPLATE template0;
\connect unlogged
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE UNLOGGED TABLE app.cache (k text PRIMARY KEY, v text);
INSERT INTO app.cache SELECT i, md5(i::text) FROM generate_series(1, 100) AS i;
RESET SESSION AUTHORIZATION;

CREATE DATABASE sequences OWNER app TEMPLATE template0;
\connect sequences
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE SEQUENCE app.down AS smallint INCREMENT -3 MINVALUE -300 MAXVALUE 30 START 30 CACHE 5 CYCLE;
SELECT nextval('app.down'), nextval('app.down');
CREATE SEQUENCE app.fresh START 42;
CREATE TABLE app.t (a serial, b bigserial, c int GENERATED BY DEFAULT AS IDENTITY);
INSERT INTO app.t DEFAULT VALUES;
CREATE TABLE app.u (a int DEFAULT nextval('app.fresh'));
ALTER SEQUENCE app.fresh OWNED BY app.u.a;
RESET SESSION AUTHORIZATION;

CREATE DATABASE inheritance OWNER app TEMPLATE template0;
\connect inheritance
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.parent (a int NOT NULL, b int DEFAULT 1);
CREATE TABLE app.second (c int CHECK (c > 0));
CREATE TABLE app.child (d int) INHERITS (app.parent, app.second);
ALTER TABLE app.child ALTER b SET DEFAULT 2;
INSERT INTO app.parent SELECT generate_series(1, 5);
INSERT INTO app.child SELECT 10, 20, 30, 40 FROM generate_series(1, 4);
CREATE TABLE app.late (a int NOT NULL, b int, extra text);
ALTER TABLE app.late INHERIT app.parent;
INSERT INTO app.late VALUES (7, 8, 'nine');
RESET SESSION AUTHORIZATION;

CREATE DATABASE typed OWNER app TEMPLATE template0;
\connect typed
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TYPE app.row AS (id int, words text);
CREATE TABLE app.t OF app.row (PRIMARY KEY (id), words WITH OPTIONS DEFAULT 'none' NOT NULL);
INSERT INTO app.t SELECT generate_series(1, 12);
CREATE TABLE app.nested (r app.row, rs app.row[]);
INSERT INTO app.nested VALUES (ROW(1, 'a "b"'), ARRAY[ROW(2, 'c,d')::app.row]);
RESET SESSION AUTHORIZATION;

CREATE DATABASE partitions OWNER app TEMPLATE template0;
\connect partitions
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.events (id int, at date, kind text) PARTITION BY RANGE (at);
CREATE TABLE app.y2025 PARTITION OF app.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (kind);
CREATE TABLE app.y2025_a PARTITION OF app.y2025 FOR VALUES IN ('a', NULL);
CREATE TABLE app.y2025_rest PARTITION OF app.y2025 DEFAULT;
CREATE TABLE app.y2026 (kind text, id int, at date);
ALTER TABLE app.events ATTACH PARTITION app.y2026 FOR VALUES FROM ('2026-01-01') TO (MAXVALUE);
INSERT INTO app.events SELECT i, date '2025-01-01' + i * 3, (ARRAY['a', 'b', NULL])[1 + i % 3] FROM generate_series(1, 200) AS i;
CREATE INDEX ON app.events (id);
ALTER TABLE app.events ADD UNIQUE (at, kind, id);
RESET SESSION AUTHORIZATION;

CREATE DATABASE hash_enum OWNER app TEMPLATE template0;
\connect hash_enum
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TYPE app.col AS ENUM ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
CREATE TABLE app.h (c app.col, v int) PARTITION BY HASH (c);
CREATE TABLE app.h0 PARTITION OF app.h FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE app.h1 PARTITION OF app.h FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE app.h2 PARTITION OF app.h FOR VALUES WITH (MODULUS 3, REMAINDER 2);
INSERT INTO app.h SELECT (ARRAY['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])[1 + i % 8]::app.col, i FROM generate_series(1, 800) AS i;
RESET SESSION AUTHORIZATION;

CREATE DATABASE views OWNER app TEMPLATE template0;
\connect views
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.t AS SELECT generate_series(1, 40) AS n;
CREATE VIEW app.checked AS SELECT n FROM app.t WHERE n < 10 WITH CASCADED CHECK OPTION;
CREATE VIEW app.barrier WITH (security_barrier, security_invoker) AS SELECT * FROM app.checked;
CREATE RECURSIVE VIEW app.tree (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM tree WHERE n < 5;
CREATE MATERIALIZED VIEW app.full AS SELECT sum(n) AS s FROM app.t;
CREATE MATERIALIZED VIEW app.on_full AS SELECT s + 1 AS s FROM app.full;
CREATE MATERIALIZED VIEW app.empty AS SELECT 1 AS one WITH NO DATA;
CREATE UNIQUE INDEX ON app.full (s);
RESET SESSION AUTHORIZATION;

CREATE DATABASE functions OWNER app TEMPLATE template0;
\connect functions
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE FUNCTION app.many(a int, VARIADIC b text[] DEFAULT '{}', OUT c int, OUT d text) LANGUAGE plpgsql
    SET search_path = app, "od d" SET work_mem = '1MB' COST 7 PARALLEL SAFE AS 'BEGIN END';
CREATE FUNCTION app.standard(n int) RETURNS int LANGUAGE sql IMMUTABLE RETURN n + 1;
CREATE FUNCTION app.table_of(n int) RETURNS TABLE (a int, b text) LANGUAGE sql ROWS 3 BEGIN ATOMIC SELECT n, 'x' || n; END;
CREATE PROCEDURE app.p(INOUT n int) LANGUAGE plpgsql AS $body$ BEGIN n := n + 1; COMMIT; END $body$;
CREATE FUNCTION app."f;'""$"("a;b" int) RETURNS text LANGUAGE sql AS $$ SELECT '$body$; \' || "a;b" $$;
CREATE FUNCTION app.later() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM app.not_there); END';
COMMENT ON FUNCTION app.standard(int) IS 'adds one';
RESET SESSION AUTHORIZATION;

CREATE DATABASE event_trigger OWNER app TEMPLATE template0;
\connect event_trigger
CREATE FUNCTION public.told() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE NOTICE ''%'', tg_tag; END';
CREATE EVENT TRIGGER watches ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.told();
CREATE TABLE public.t AS SELECT generate_series(1, 5) AS n;
ALTER TABLE public.t OWNER TO app;

CREATE DATABASE publications OWNER app TEMPLATE template0;
\connect publications
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
CREATE TABLE app.t (id int PRIMARY KEY, w text);
INSERT INTO app.t SELECT i, 'w' FROM generate_series(1, 9) AS i;
ALTER TABLE app.t REPLICA IDENTITY FULL;
RESET SESSION AUTHORIZATION;
CREATE PUBLICATION part FOR TABLE app.t (id) WHERE (id > 3);
CREATE PUBLICATION everything FOR ALL TABLES;

CREATE DATABASE subscriptions OWNER app TEMPLATE template0;
\connect subscriptions
CREATE TABLE public.t (n int);
ALTER TABLE public.t OWNER TO app;
CREATE SUBSCRIPTION never CONNECTION 'host=127.0.0.1 port=1 dbname=x' PUBLICATION p WITH (connect = false);

CREATE DATABASE foreign_data OWNER app TEMPLATE template0;
\connect foreign_data
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER far FOREIGN DATA WRAPPER nothing OPTIONS (a 'it''s');
CREATE USER MAPPING FOR app SERVER far OPTIONS (user 'u', password 'p;''');
CREATE FOREIGN TABLE public.ft (n int OPTIONS (x 'y')) SERVER far OPTIONS (t 'z');
CREATE TABLE public.t AS SELECT 1 AS n;
ALTER TABLE public.t OWNER TO app;
