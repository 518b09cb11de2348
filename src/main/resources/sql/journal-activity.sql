INSERT INTO public.user_activity (service_name, action, user_identifier, created_at, event_id)
VALUES (:#service, :#action, :#user, CAST(:#at AS TIMESTAMPTZ) AT TIME ZONE 'UTC', CAST(:#event_id AS UUID))
ON CONFLICT (event_id) DO NOTHING
