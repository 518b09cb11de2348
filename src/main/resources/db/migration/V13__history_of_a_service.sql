-- The image of the service's container at the time of the backup.
ALTER TABLE public.backup_log
    ADD COLUMN IF NOT EXISTS image TEXT;

-- For the page of one service, which reads its newest rows. Rows stay after their backup is removed, so a service that is
-- backed up every hour has many.
CREATE INDEX IF NOT EXISTS idx_backup_log_service_name_started_at
    ON public.backup_log (service_name, started_at);

-- Only pgsteward writes rows with an event id. A service may write many rows of its own, which this index leaves out.
CREATE INDEX IF NOT EXISTS idx_user_activity_alerts
    ON public.user_activity (service_name, created_at)
    WHERE event_id IS NOT NULL AND action LIKE 'alert %';
