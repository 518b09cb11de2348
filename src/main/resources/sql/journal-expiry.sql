-- The row of a backup that retention has removed tells what it was; only its state changes.
UPDATE public.backup_log
   SET state = 'expired'
 WHERE event_id = CAST(:#event_id AS UUID)
