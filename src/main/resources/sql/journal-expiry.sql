-- The row of a removed backup keeps its data. Only its state changes.
UPDATE public.backup_log
   SET state = 'expired'
 WHERE event_id = CAST(:#event_id AS UUID)
