-- What a night of backups was, and how long each took to make and to restore.
ALTER TABLE public.backup_log
    ADD COLUMN IF NOT EXISTS set_id TEXT,
    ADD COLUMN IF NOT EXISTS dump_seconds NUMERIC(12, 3),
    ADD COLUMN IF NOT EXISTS verify_seconds NUMERIC(12, 3);
