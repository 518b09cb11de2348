-- One container may have several databases with the same role. Each is a service of its own, with its own backups. This is the
-- service with the container's first database; NULL for a service with its own role.
ALTER TABLE public.service_configs
    ADD COLUMN IF NOT EXISTS companion_of VARCHAR(50);
