INSERT INTO public.backup_copy
    (service_name, backup_type, backup_id, backup_event_id, backup_path, started_at, target, state, size_bytes,
     copied_at, checked_at, verified_at, error, event_id, said_at)
VALUES
    (:#service, :#kind, :#id, CAST(:#backup_event_id AS UUID), :#path, CAST(:#started_at AS TIMESTAMPTZ), :#target,
     :#state, CAST(:#size_bytes AS BIGINT), CAST(:#copied_at AS TIMESTAMPTZ), CAST(:#checked_at AS TIMESTAMPTZ),
     CAST(:#verified_at AS TIMESTAMPTZ), :#error, CAST(:#event_id AS UUID), CAST(:#said_at AS TIMESTAMPTZ))
ON CONFLICT (event_id) DO UPDATE
    SET state = EXCLUDED.state,
        size_bytes = EXCLUDED.size_bytes,
        copied_at = EXCLUDED.copied_at,
        checked_at = EXCLUDED.checked_at,
        verified_at = EXCLUDED.verified_at,
        error = EXCLUDED.error,
        said_at = EXCLUDED.said_at
    -- A row may be written twice, and in another order. An older row must not replace a newer one.
    WHERE COALESCE(EXCLUDED.said_at >= backup_copy.said_at, backup_copy.said_at IS NULL)
