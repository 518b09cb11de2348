-- Pins the newest verified dump from before the change, because a return to the old image needs it. If the same change is
-- reported again, no second dump is pinned, even if another dump from before it was verified meanwhile.
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
