-- The roles of the corpus. Most databases belong to app, a role without attributes.
CREATE ROLE app LOGIN PASSWORD 'app';
CREATE ROLE other LOGIN;
CREATE ROLE third NOLOGIN;
CREATE ROLE reader NOLOGIN;
CREATE ROLE "Od'd ""role""" LOGIN;
CREATE ROLE maker LOGIN CREATEDB;
GRANT third TO other;
ALTER ROLE other SET work_mem = '3MB';
COMMENT ON ROLE reader IS 'reads; and "more"';
