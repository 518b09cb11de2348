-- Whose a service is, is decided where it is provisioned. A row that is written here later, or again, only says which
-- container was seen last: it never takes the service over, and an older one takes back nothing that a newer one says.
INSERT INTO public.service_configs
    (service_name, database_name, created_at, updated_at, role_name, identity, container_id, image, image_id)
VALUES
    (:#service, :#database, CAST(:#at AS TIMESTAMPTZ) AT TIME ZONE 'UTC', CAST(:#at AS TIMESTAMPTZ) AT TIME ZONE 'UTC',
     :#user, :#identity, :#container_id, :#image, :#image_id)
ON CONFLICT (service_name) DO UPDATE
    SET updated_at = EXCLUDED.updated_at,
        container_id = EXCLUDED.container_id,
        image = EXCLUDED.image,
        image_id = EXCLUDED.image_id
    WHERE (service_configs.database_name, service_configs.role_name, service_configs.identity)
        IS NOT DISTINCT FROM (EXCLUDED.database_name, EXCLUDED.role_name, EXCLUDED.identity)
      AND (service_configs.container_id, service_configs.image, service_configs.image_id)
        IS DISTINCT FROM (EXCLUDED.container_id, EXCLUDED.image, EXCLUDED.image_id)
      AND COALESCE(service_configs.updated_at, '-infinity') < EXCLUDED.updated_at
