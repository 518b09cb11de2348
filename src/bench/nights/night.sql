-- The changes of the day before night :night. VACUUM runs here, because autovacuum is off: its times would differ.
\set QUIET on
\connect log
INSERT INTO lines SELECT n, '2026-01-01'::TIMESTAMP + n * INTERVAL '9 s', line(n)
  FROM generate_series(60000 + :night * 2000 - 1999, 60000 + :night * 2000) n;
VACUUM;

\connect wiki
WITH edited AS (
    UPDATE pages SET body = left(body, (id * 31) % 900) || words(id + :night * 100000, 20) || substr(body, (id * 31) % 900 + 60)
     WHERE (id * 17 + :night * 41) % 60 = 0 RETURNING id, body)
INSERT INTO revisions (page, night, body) SELECT id, :night, body FROM edited ORDER BY id;
VACUUM;

\connect metrics
INSERT INTO samples SELECT '2026-01-01'::TIMESTAMP + n * INTERVAL '86 s', n % 50, share(n) * 100
  FROM generate_series(60000 + :night * 6000 - 5999, 60000 + :night * 6000) n;
DELETE FROM samples WHERE at <= '2026-01-01'::TIMESTAMP + :night * 6000 * INTERVAL '86 s';
VACUUM;

\connect accounts
UPDATE accounts SET balance = (share(id + :night * 100000) * 1e4)::NUMERIC(9, 2),
       seen = '2026-01-01'::TIMESTAMP + :night * INTERVAL '1 day'
 WHERE (id + :night) % 2 = 0;
VACUUM;

\connect photos
INSERT INTO photos SELECT n, words(n, 2), noise(n, 100000) FROM generate_series(100 + :night * 3 - 2, 100 + :night * 3) n;
VACUUM;

\connect tenants
SELECT format('INSERT INTO tenant_%s VALUES (%s, words(%s, 12))', 1 + (:night * 7 + n * 13) % 150, 1000 + :night * 10 + n, :night * 10 + n)
  FROM generate_series(0, 9) n \gexec
VACUUM;

\connect cache
TRUNCATE entries;
INSERT INTO entries SELECT md5(n::TEXT), words(n, 40) || md5((-n)::TEXT)
  FROM generate_series(:night * 100000, :night * 100000 + 8000) n;
VACUUM;

\connect shop
INSERT INTO orders SELECT n, '2026-01-01'::TIMESTAMP + n * INTERVAL '3 min', 'new',
       jsonb_build_object('customer', n % 700, 'items', words(n, 8), 'total', (share(n) * 300)::NUMERIC(9, 2), 'paid', md5(n::TEXT))
  FROM generate_series(20000 + :night * 400 - 399, 20000 + :night * 400) n;
UPDATE orders SET state = 'done' WHERE id > 20000 + (:night - 3) * 400 AND state = 'new' AND id % 3 > 0;
VACUUM;

\connect mail
INSERT INTO messages SELECT n, words(n, 6), words(n * 13, 500) FROM generate_series(1500 + :night * 20 - 19, 1500 + :night * 20) n;
DELETE FROM messages WHERE (id * 7 + :night * 11) % 150 = 0;
VACUUM;
