-- A login is one row a day: created_at is when somebody was first seen on it, this when last.
ALTER TABLE public.user_activity
    ADD COLUMN IF NOT EXISTS last_seen_at TIMESTAMPTZ;
