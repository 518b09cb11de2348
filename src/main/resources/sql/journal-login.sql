INSERT INTO public.user_activity AS a
       (service_name, action, user_identifier, ip_address, created_at, last_seen_at, event_id)
VALUES (:#service, 'login', :#user, CAST(:#address AS INET), CAST(:#first_seen AS TIMESTAMPTZ) AT TIME ZONE 'UTC',
        CAST(:#last_seen AS TIMESTAMPTZ), CAST(:#event_id AS UUID))
ON CONFLICT (event_id) DO UPDATE
   SET created_at = LEAST(a.created_at, EXCLUDED.created_at),
       last_seen_at = GREATEST(a.last_seen_at, EXCLUDED.last_seen_at)
