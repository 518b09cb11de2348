-- The copies of backups at other places: one row for each backup and target. A backup that no target has yet is "due".
CREATE TABLE IF NOT EXISTS public.backup_copy (
    id BIGSERIAL PRIMARY KEY,
    service_name VARCHAR(50) NOT NULL,
    backup_type TEXT NOT NULL,
    backup_id TEXT NOT NULL,
    backup_event_id UUID NOT NULL,
    -- Of the backup: the path of its file, relative to the store and to the target, and the time at which it began.
    backup_path TEXT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    target TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('due', 'copying', 'there', 'verified', 'retained', 'removed', 'failed')),
    size_bytes BIGINT,
    -- The end of the upload, after the comparison of its hash.
    copied_at TIMESTAMPTZ,
    -- The last time at which the content at the target was compared.
    checked_at TIMESTAMPTZ,
    -- The last time at which the copy was fetched from the target, restored and compared.
    verified_at TIMESTAMPTZ,
    error TEXT,
    event_id UUID NOT NULL UNIQUE,
    said_at TIMESTAMPTZ,
    created_at TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')
);
CREATE INDEX IF NOT EXISTS idx_backup_copy_backup_event_id ON public.backup_copy (backup_event_id);
