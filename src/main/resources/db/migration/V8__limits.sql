-- What a service may take of this database: no large objects, and so many rows of activity within an hour.
SET LOCAL search_path = pg_catalog, pg_temp;

-- Every role may make large objects wherever it may connect, and a service may connect here. Reading one stays allowed.
DO $$
DECLARE
    writer regprocedure;
BEGIN
    FOR writer IN
        SELECT p.oid::regprocedure
          FROM pg_proc AS p
         WHERE p.pronamespace = 'pg_catalog'::regnamespace
           AND p.proname IN ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_import', 'lo_put', 'lo_truncate',
                             'lo_truncate64', 'lowrite')
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', writer);
    END LOOP;
END;
$$;

CREATE INDEX IF NOT EXISTS idx_user_activity_service_name_created_at
    ON public.user_activity (service_name, created_at);

-- As before, and a service writes at most 1000 rows within an hour. Further calls write nothing and fail nothing: an error
-- at a user's login would cost the service more than the row is worth. pgsteward raises an alert instead. The hour is of
-- the transaction's own time, which is also the time of its rows: a transaction that lasts for hours is counted too.
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
    most CONSTANT integer := 1000;
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
        IF (SELECT count(*)
              FROM (SELECT 1
                      FROM public.user_activity AS a
                     WHERE a.service_name = p_service_name
                       AND a.created_at > now() AT TIME ZONE 'UTC' - interval '1 hour'
                     LIMIT most) AS counted) >= most THEN
            RETURN;
        END IF;
    END IF;
    INSERT INTO public.user_activity (service_name, action, user_identifier, ip_address)
    VALUES (p_service_name, left(p_action, 100), left(p_user_identifier, 100), p_ip_address);
END;
$$;
