-- Databases that a restore made beside the live one, or kept of it. They are for the operator to compare and to drop: none
-- of them is a service, is backed up or counts as missing a backup. A database that is renamed is one like any other.
CREATE TABLE IF NOT EXISTS public.kept_databases (
    database_oid OID PRIMARY KEY,
    database_name NAME NOT NULL,
    service_name VARCHAR(50) NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('restored', 'replaced')),
    kept_since TIMESTAMPTZ NOT NULL
);
