-- CREATE OR REPLACE cannot change the parameter names, defaults and result of a function, or the columns of a view. A
-- function or view of the same name and another shape, made by an operator, would block the migration for good. It has no
-- data, so this script drops it. It runs before each migration, and changes no object of the right shape.
DO $$
DECLARE
    routine regprocedure;
    view_class regclass;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    routine := to_regprocedure('public.log_user_activity(varchar, varchar, varchar, inet)');
    IF EXISTS (
        SELECT 1 FROM pg_proc AS p
        WHERE p.oid = routine
          AND (p.prokind <> 'f' OR p.prorettype <> 'void'::regtype OR p.proretset OR p.pronargdefaults > 0
               OR p.proargmodes IS NOT NULL
               OR p.proargnames <> ARRAY['p_service_name', 'p_action', 'p_user_identifier', 'p_ip_address'])
    ) THEN
        EXECUTE format('DROP ROUTINE %s', routine);
    END IF;
    view_class := to_regclass('public.service_status');
    IF EXISTS (
        SELECT 1 FROM pg_class AS c
        WHERE c.oid = view_class
          AND c.relkind = 'v'
          AND ARRAY(
                  SELECT a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
                    FROM pg_attribute AS a
                   WHERE a.attrelid = c.oid AND a.attnum > 0
                   ORDER BY a.attnum)
              <> ARRAY[
                  'service_name character varying(50)',
                  'database_name character varying(50)',
                  'setup_date timestamp without time zone',
                  'status text',
                  'database_size text']
    ) THEN
        EXECUTE format('DROP VIEW %s', view_class);
    END IF;
END;
$$;
