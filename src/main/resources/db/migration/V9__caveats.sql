-- What a restore of a backup would refuse, lose or leave empty, though the backup is verified; one line each.
ALTER TABLE public.backup_log
    ADD COLUMN IF NOT EXISTS caveat TEXT;
