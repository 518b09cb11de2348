-- Makes the ten databases of src/bench/nights/run. All content comes from md5 and a seed, so each run has the same.
\set QUIET on
\connect log
-- Lines of a web server's log, which are only added.
CREATE TABLE lines (id INT PRIMARY KEY, at TIMESTAMP, line TEXT);
INSERT INTO lines SELECT n, '2026-01-01'::TIMESTAMP + n * INTERVAL '9 s', line(n) FROM generate_series(1, 60000) n;

\connect wiki
-- Pages with all their revisions.
CREATE TABLE pages (id INT PRIMARY KEY, title TEXT, body TEXT);
CREATE TABLE revisions (id SERIAL PRIMARY KEY, page INT, night INT, body TEXT);
INSERT INTO pages SELECT n, words(n, 3), words(n * 7, 300) FROM generate_series(1, 1500) n;
INSERT INTO revisions (page, night, body) SELECT id, 0, body FROM pages ORDER BY id;

\connect atlas
-- Reference data, which never changes.
CREATE TABLE places (id INT PRIMARY KEY, name TEXT, latitude REAL, longitude REAL, tags JSONB);
INSERT INTO places SELECT n, words(n, 2), share(n) * 180 - 90, share(n + 1) * 360 - 180,
       jsonb_build_object('kind', words(n, 1), 'population', (share(n) * 1e5)::INT)
  FROM generate_series(1, 80000) n;

\connect metrics
-- Samples of the last ten nights. Older ones are deleted.
CREATE TABLE samples (at TIMESTAMP, sensor INT, value REAL);
INSERT INTO samples SELECT '2026-01-01'::TIMESTAMP + n * INTERVAL '86 s', n % 50, share(n) * 100
  FROM generate_series(1, 60000) n;
CREATE INDEX ON samples (at);

\connect accounts
-- Every night half of the rows change.
CREATE TABLE accounts (id INT PRIMARY KEY, name TEXT, balance NUMERIC, seen TIMESTAMP, settings JSONB);
INSERT INTO accounts SELECT n, words(n, 2), (share(n) * 1e4)::NUMERIC(9, 2), '2026-01-01',
       jsonb_build_object('theme', words(n, 1), 'token', md5(n::TEXT))
  FROM generate_series(1, 25000) n;

\connect photos
-- Files that cannot be compressed.
CREATE TABLE photos (id INT PRIMARY KEY, name TEXT, content BYTEA);
INSERT INTO photos SELECT n, words(n, 2), noise(n, 100000) FROM generate_series(1, 100) n;

\connect tenants
-- Many small tables.
SELECT format('CREATE TABLE tenant_%s (id INT PRIMARY KEY, note TEXT)', n),
       format('INSERT INTO tenant_%s SELECT n, words(n * %s, 12) FROM generate_series(1, 25) n', n, n)
  FROM generate_series(1, 150) n \gexec

\connect cache
-- All rows are replaced every night.
CREATE TABLE entries (key TEXT, content TEXT);
INSERT INTO entries SELECT md5(n::TEXT), words(n, 40) || md5((-n)::TEXT) FROM generate_series(1, 8000) n;

\connect shop
-- Orders are added, and recent ones change.
CREATE TABLE orders (id INT PRIMARY KEY, at TIMESTAMP, state TEXT, content JSONB);
INSERT INTO orders SELECT n, '2026-01-01'::TIMESTAMP + n * INTERVAL '3 min', 'done',
       jsonb_build_object('customer', n % 700, 'items', words(n, 8), 'total', (share(n) * 300)::NUMERIC(9, 2), 'paid', md5(n::TEXT))
  FROM generate_series(1, 20000) n;
CREATE INDEX ON orders (state);

\connect mail
-- Messages arrive, and some are deleted.
CREATE TABLE messages (id INT PRIMARY KEY, subject TEXT, body TEXT);
INSERT INTO messages SELECT n, words(n, 6), words(n * 13, 500) FROM generate_series(1, 1500) n;
