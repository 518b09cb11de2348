-- Functions that make content, in the template of the databases.
\set QUIET on
CREATE FUNCTION share(seed BIGINT) RETURNS FLOAT LANGUAGE SQL IMMUTABLE AS $$
    SELECT (('x' || left(md5('share' || seed), 7))::BIT(28)::INT) / 268435456.0 $$;

-- Text of some 6 bytes a word, from a vocabulary of 4096 words of which few are frequent.
CREATE FUNCTION words(seed BIGINT, count INT) RETURNS TEXT LANGUAGE SQL IMMUTABLE AS $$
    SELECT string_agg(translate(left(md5((4096 * share(seed * 1009 + n) ^ 3)::INT::TEXT), 2 + n % 8),
                                '0123456789', 'eotainshrl'), ' ')
      FROM generate_series(1, count) n $$;

CREATE FUNCTION noise(seed BIGINT, bytes INT) RETURNS BYTEA LANGUAGE SQL IMMUTABLE AS $$
    SELECT decode(string_agg(md5(seed || ' ' || n), ''), 'hex') FROM generate_series(1, bytes / 16) n $$;

CREATE FUNCTION line(seed BIGINT) RETURNS TEXT LANGUAGE SQL IMMUTABLE AS $$
    SELECT format('10.0.%s.%s "GET /%s HTTP/1.1" %s %s "Mozilla/5.0 (X11; Linux x86_64)" %s',
                  (share(seed) * 9)::INT, (share(seed + 1) * 250)::INT, replace(words(seed, 3), ' ', '/'),
                  (ARRAY [200, 200, 200, 304, 404])[1 + seed % 5], (share(seed + 2) * 50000)::INT, left(md5(seed::TEXT), 12)) $$;
