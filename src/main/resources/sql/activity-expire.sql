DELETE FROM public.user_activity
 WHERE created_at < (now() AT TIME ZONE 'UTC') - CAST(:#keep AS INTERVAL)
