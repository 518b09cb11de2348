-- The newest proved dump of before the change is what leads back to the old image. A change that is told again pins no
-- second one, even if a dump of before it was proved meanwhile.
UPDATE public.backup_log
   SET pinned = :#reason
 WHERE pinned IS NULL
   AND id = (SELECT newest.id
               FROM public.backup_log AS newest
              WHERE newest.service_name = :#service
                AND newest.backup_type = 'dump'
                AND newest.state = 'verified'
                AND newest.started_at < CAST(:#at AS TIMESTAMPTZ)
              ORDER BY newest.started_at DESC
              LIMIT 1)
   AND NOT EXISTS (SELECT 1 FROM public.backup_log AS told
                    WHERE told.service_name = :#service AND told.pinned = :#reason)
