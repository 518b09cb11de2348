-- A thousand tables. They are only in the long run, because they take as long as fifty other databases.

CREATE DATABASE thousand OWNER app TEMPLATE template0;
\connect thousand
SET SESSION AUTHORIZATION app;
CREATE SCHEMA app;
SELECT format('CREATE TABLE app.t%s (n int)', i) FROM generate_series(1, 1000) AS i \gexec
INSERT INTO app.t1000 SELECT generate_series(1, 41);
