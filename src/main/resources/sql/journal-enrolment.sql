INSERT INTO public.service_configs
    (service_name, database_name, created_at, updated_at, role_name, identity, container_id, image)
VALUES
    (:#service, :#database, CAST(:#at AS TIMESTAMPTZ) AT TIME ZONE 'UTC', CAST(:#at AS TIMESTAMPTZ) AT TIME ZONE 'UTC',
     :#user, :#identity, :#container_id, :#image)
ON CONFLICT (service_name) DO UPDATE
    SET database_name = EXCLUDED.database_name,
        updated_at = EXCLUDED.updated_at,
        role_name = EXCLUDED.role_name,
        identity = EXCLUDED.identity,
        container_id = EXCLUDED.container_id,
        image = EXCLUDED.image
    WHERE (service_configs.database_name, service_configs.role_name, service_configs.identity,
           service_configs.container_id, service_configs.image)
        IS DISTINCT FROM
          (EXCLUDED.database_name, EXCLUDED.role_name, EXCLUDED.identity, EXCLUDED.container_id, EXCLUDED.image)
