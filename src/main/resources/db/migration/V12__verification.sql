-- New name of the column proof. The value stays in the old column for one more version: the previous version can then
-- still write rows, for example after a return to it. The next version makes this column an ordinary one, and removes the
-- old one.
ALTER TABLE public.backup_log
    ADD COLUMN IF NOT EXISTS verification TEXT GENERATED ALWAYS AS (proof) STORED;
