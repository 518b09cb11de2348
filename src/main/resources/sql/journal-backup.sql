-- The column verification is generated from the column proof, its previous name.
INSERT INTO public.backup_log
    (service_name, backup_type, backup_path, created_at, success, backup_id, state, started_at, finished_at,
     verified_at, size_bytes, source_bytes, sha256, server_version, error, event_id,
     set_id, dump_seconds, verify_seconds, proof, said_at, caveat, image)
VALUES
    (:#service, :#kind, :#path, CAST(:#started_at AS TIMESTAMPTZ) AT TIME ZONE 'UTC', CAST(:#success AS BOOLEAN),
     :#id, :#state, CAST(:#started_at AS TIMESTAMPTZ), CAST(:#finished_at AS TIMESTAMPTZ),
     CAST(:#verified_at AS TIMESTAMPTZ), CAST(:#size_bytes AS BIGINT), CAST(:#source_bytes AS BIGINT), :#sha256,
     :#server_version, :#error, CAST(:#event_id AS UUID), :#set_id, CAST(:#dump_seconds AS NUMERIC),
     CAST(:#verify_seconds AS NUMERIC), :#verification, CAST(:#said_at AS TIMESTAMPTZ), :#caveat, :#image)
ON CONFLICT (event_id) DO UPDATE
    SET backup_path = EXCLUDED.backup_path,
        success = EXCLUDED.success,
        state = EXCLUDED.state,
        finished_at = EXCLUDED.finished_at,
        verified_at = COALESCE(EXCLUDED.verified_at, backup_log.verified_at),
        size_bytes = EXCLUDED.size_bytes,
        source_bytes = EXCLUDED.source_bytes,
        sha256 = EXCLUDED.sha256,
        server_version = EXCLUDED.server_version,
        error = EXCLUDED.error,
        caveat = EXCLUDED.caveat,
        dump_seconds = COALESCE(EXCLUDED.dump_seconds, backup_log.dump_seconds),
        verify_seconds = COALESCE(EXCLUDED.verify_seconds, backup_log.verify_seconds),
        proof = COALESCE(EXCLUDED.proof, backup_log.proof),
        image = COALESCE(EXCLUDED.image, backup_log.image),
        said_at = COALESCE(EXCLUDED.said_at, backup_log.said_at)
    -- A row may be written twice, and two processes may write in another order. An older row must not replace a newer one.
    WHERE backup_log.state <> 'expired'
      -- Another file with the same event id, such as a forged one, must not change the row of the first file.
      AND COALESCE(EXCLUDED.sha256 = backup_log.sha256, true)
      AND COALESCE(EXCLUDED.said_at >= backup_log.said_at, backup_log.said_at IS NULL)
      AND CASE EXCLUDED.state
              WHEN 'running' THEN false
              WHEN 'made' THEN backup_log.backup_path IS NULL
              -- If one host cannot verify a backup, an earlier verification stays valid.
              WHEN 'unverifiable'
              THEN backup_log.state <> 'verified'
                   AND (backup_log.state <> 'made' OR backup_log.verification IS DISTINCT FROM 'stream')
              ELSE true
          END
