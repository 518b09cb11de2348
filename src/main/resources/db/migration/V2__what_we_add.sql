-- What we add comes after the columns that were there first. TIMESTAMP columns hold UTC, and their defaults must not
-- depend on the session's time zone.

ALTER TABLE service_configs
    ALTER COLUMN created_at SET DEFAULT (now() AT TIME ZONE 'UTC'),
    ALTER COLUMN updated_at SET DEFAULT (now() AT TIME ZONE 'UTC'),
    ADD COLUMN IF NOT EXISTS role_name VARCHAR(63),
    ADD COLUMN IF NOT EXISTS identity TEXT,
    ADD COLUMN IF NOT EXISTS container_id TEXT,
    ADD COLUMN IF NOT EXISTS image TEXT;

ALTER TABLE backup_log
    ALTER COLUMN created_at SET DEFAULT (now() AT TIME ZONE 'UTC'),
    ADD COLUMN IF NOT EXISTS backup_id TEXT,
    ADD COLUMN IF NOT EXISTS state TEXT
        CHECK (state IN ('running', 'failed', 'made', 'verified', 'unverifiable', 'expired')),
    ADD COLUMN IF NOT EXISTS started_at TIMESTAMPTZ,
    ADD COLUMN IF NOT EXISTS finished_at TIMESTAMPTZ,
    ADD COLUMN IF NOT EXISTS verified_at TIMESTAMPTZ,
    ADD COLUMN IF NOT EXISTS size_bytes BIGINT,
    ADD COLUMN IF NOT EXISTS source_bytes BIGINT,
    ADD COLUMN IF NOT EXISTS sha256 TEXT,
    ADD COLUMN IF NOT EXISTS server_version TEXT,
    ADD COLUMN IF NOT EXISTS error TEXT,
    ADD COLUMN IF NOT EXISTS event_id UUID UNIQUE;

ALTER TABLE user_activity
    ALTER COLUMN created_at SET DEFAULT (now() AT TIME ZONE 'UTC'),
    ADD COLUMN IF NOT EXISTS event_id UUID UNIQUE;

-- A service that connects for each request is seldom inside a query, and a database that somebody dropped is a row to
-- read, not an error for the whole view.
CREATE OR REPLACE VIEW service_status AS
SELECT
    sc.service_name,
    sc.database_name,
    sc.created_at AS setup_date,
    CASE
        WHEN EXISTS (
            SELECT 1 FROM pg_stat_activity AS a
            WHERE a.datname = sc.database_name
              AND a.backend_type = 'client backend'
              AND a.application_name <> 'pgsteward'
        ) THEN 'active'
        ELSE 'inactive'
    END AS status,
    (SELECT pg_size_pretty(pg_database_size(d.oid)) FROM pg_database AS d WHERE d.datname = sc.database_name)
        AS database_size
FROM service_configs AS sc;

-- Called by services: with its owner's rights on the table, with names that nobody can shadow, and a service logs only
-- as itself.
CREATE OR REPLACE FUNCTION log_user_activity(
    p_service_name VARCHAR(50),
    p_action VARCHAR(100),
    p_user_identifier VARCHAR(100),
    p_ip_address INET
) RETURNS VOID
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM public.service_configs AS sc
        WHERE sc.service_name = p_service_name AND sc.role_name = session_user
    ) AND NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = session_user) THEN
        RAISE EXCEPTION 'role % may not log activity for service %', session_user, p_service_name
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO public.user_activity (service_name, action, user_identifier, ip_address)
    VALUES (p_service_name, p_action, p_user_identifier, p_ip_address);
END;
$$;

REVOKE ALL ON FUNCTION log_user_activity(VARCHAR, VARCHAR, VARCHAR, INET) FROM PUBLIC;
