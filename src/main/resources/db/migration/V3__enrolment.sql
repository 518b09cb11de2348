-- Who may see and do what, and what enrolment, idleness and retention remember.
--
-- Whoever could create in schema public before us may have left operators and functions there: nothing below finds them.
SET LOCAL search_path = pg_catalog, pg_temp;

ALTER TABLE public.service_configs
    ADD COLUMN IF NOT EXISTS enabled BOOLEAN NOT NULL DEFAULT true,
    ADD COLUMN IF NOT EXISTS idle_since TIMESTAMPTZ,
    ADD COLUMN IF NOT EXISTS quarantined_at TIMESTAMPTZ,
    -- What its database was called before.
    ADD COLUMN IF NOT EXISTS quarantined_from TEXT,
    ADD COLUMN IF NOT EXISTS image_id TEXT;

-- Why retention must keep this one; null where it may go.
ALTER TABLE public.backup_log
    ADD COLUMN IF NOT EXISTS pinned TEXT;

-- A service sees its own row; who is no service and was granted SELECT sees all. A service that is not enrolled yet is
-- taken to have a role of its own name, as an init script gives it.
--
-- Functions in a view run with the caller's rights: pg_database_size fails where the caller may not connect, and of
-- other roles' sessions a plain role sees no state and no backend_type. What it sees tells enough: only what works for a
-- role has a usesysid, and so autovacuum has none. The join also keeps the view from being one to write through.
CREATE OR REPLACE VIEW public.service_status WITH (security_barrier = true) AS
SELECT
    sc.service_name,
    sc.database_name,
    sc.created_at AS setup_date,
    CASE
        WHEN EXISTS (
            SELECT 1 FROM pg_stat_activity AS a
            WHERE a.datid = d.oid
              AND a.usesysid IS NOT NULL
              AND a.application_name <> 'pgsteward'
        ) THEN 'active'
        ELSE 'inactive'
    END AS status,
    CASE
        WHEN has_database_privilege(d.oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')
            THEN pg_size_pretty(pg_database_size(d.oid))
    END AS database_size
FROM public.service_configs AS sc
LEFT JOIN pg_database AS d ON d.datname = sc.database_name
WHERE COALESCE(sc.role_name, sc.service_name) = session_user
   OR NOT EXISTS (
          SELECT 1 FROM public.service_configs AS own
          WHERE COALESCE(own.role_name, own.service_name) = session_user);

-- Called by services: with its owner's rights on the table, with names that nobody can shadow, and a service logs only
-- as itself. plpgsql takes no notice of the parameters' lengths, so the two texts are cut to their columns here: half a
-- name in the log is worth more to a service than an error at its users' login.
CREATE OR REPLACE FUNCTION public.log_user_activity(
    p_service_name VARCHAR(50),
    p_action VARCHAR(100),
    p_user_identifier VARCHAR(100),
    p_ip_address INET
) RETURNS VOID
LANGUAGE plpgsql
VOLATILE
CALLED ON NULL INPUT
SECURITY DEFINER
PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    quarantined boolean;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles AS r WHERE r.rolname = session_user AND r.rolsuper) THEN
        SELECT sc.quarantined_at IS NOT NULL INTO quarantined
          FROM public.service_configs AS sc
         WHERE sc.service_name = p_service_name AND COALESCE(sc.role_name, sc.service_name) = session_user;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'role % may not log activity for service %', session_user, p_service_name
                USING ERRCODE = 'insufficient_privilege';
        ELSIF quarantined THEN
            RAISE EXCEPTION 'service % is quarantined and may not log activity', p_service_name
                USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    INSERT INTO public.user_activity (service_name, action, user_identifier, ip_address)
    VALUES (p_service_name, left(p_action, 100), left(p_user_identifier, 100), p_ip_address);
END;
$$;

-- What somebody else made keeps its maker as its owner when it is replaced, and a view and a SECURITY DEFINER function
-- run with their owner's rights. A table's sequences go with it.
ALTER TABLE public.service_configs OWNER TO CURRENT_USER;
ALTER TABLE public.backup_log OWNER TO CURRENT_USER;
ALTER TABLE public.user_activity OWNER TO CURRENT_USER;
ALTER VIEW public.service_status OWNER TO CURRENT_USER;
ALTER FUNCTION public.log_user_activity(VARCHAR, VARCHAR, VARCHAR, INET) OWNER TO CURRENT_USER;

-- Services were given everything in schema public by hand; the view and the function are all that they need. What an
-- operator gave to a role of his own stays.
REVOKE ALL ON FUNCTION public.log_user_activity(VARCHAR, VARCHAR, VARCHAR, INET) FROM PUBLIC;
REVOKE ALL ON public.service_configs, public.backup_log, public.user_activity, public.service_status FROM PUBLIC;
DO $$
DECLARE
    sequences text := (
        SELECT string_agg(pg_get_serial_sequence('public.' || t, 'id'), ', ')
          FROM unnest(ARRAY['service_configs', 'backup_log', 'user_activity']) AS t);
    service name;
BEGIN
    EXECUTE 'REVOKE ALL ON SEQUENCE ' || sequences || ' FROM PUBLIC';
    FOR service IN
        SELECT r.rolname
          FROM public.service_configs AS sc
          JOIN pg_roles AS r ON r.rolname = COALESCE(sc.role_name, sc.service_name)
         WHERE NOT r.rolsuper AND r.rolname <> current_user
    LOOP
        EXECUTE format('REVOKE ALL ON SEQUENCE %s FROM %I CASCADE', sequences, service);
        EXECUTE format(
            'REVOKE ALL ON public.service_configs, public.backup_log, public.user_activity FROM %I CASCADE', service);
        EXECUTE format(
            'REVOKE INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON public.service_status FROM %I CASCADE',
            service);
    END LOOP;
END;
$$;
