-- When a row of backup_log was last written by its writer's clock: an older one takes back nothing that a newer one says,
-- and the backup that was looked at longest ago is proved again first.
ALTER TABLE public.backup_log
    ADD COLUMN IF NOT EXISTS said_at TIMESTAMPTZ;

-- The label pgsteward.backup.keep as it stood on the service's container when that was last there: its backups outlive it.
ALTER TABLE public.service_configs
    ADD COLUMN IF NOT EXISTS backup_keep TEXT;
