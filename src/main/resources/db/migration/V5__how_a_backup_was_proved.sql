-- What was restored to prove a backup: the stored file, or, where nobody here can open what is sealed, only the stream that
-- went into it, which is the weaker proof.
ALTER TABLE public.backup_log
    ADD COLUMN IF NOT EXISTS proof TEXT CHECK (proof IN ('file', 'stream'));
