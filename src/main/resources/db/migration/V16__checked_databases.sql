-- The databases whose contents were checked, each with the state that it had before the check. After a start, only databases
-- in another state are checked again. No row is ever needed: a database without one is checked.
CREATE TABLE IF NOT EXISTS public.checked_databases (
    database_name TEXT PRIMARY KEY,
    -- A hash of everything that the result of the check depends on.
    state TEXT NOT NULL,
    extensions TEXT[] NOT NULL,
    checked_at TIMESTAMPTZ NOT NULL
);
