package org.pgsteward.backup.restore;

/**
 * Materialized views whose rows depend on the session that fills them: on the role of the login, or on a setting. A
 * restore fills them in a session of its own.
 *
 * <p>Their rows are not compared. Reading them as the administrator may run functions of their owner, and a view that
 * is out of date may differ as well. The catalog shows which views depend on a session.
 */
final class SessionViews {
    /**
     * The limit of an expression or a function's source that is searched, in compressed bytes. PostgreSQL needs about a
     * hundred times as much memory for the search. Larger ones are not searched, and count as dependent.
     */
    static final String MOST_STORED = "32768";

    /**
     * The query for the names of these views, as SQL writes them.
     *
     * <ol>
     *   <li>The functions that read the session: PostgreSQL's, and those of the database whose source names one.
     *   <li>The policies for SELECT that call such a function.
     *   <li>The views that call such a function. Also the views that read, as their owner, a table with such a policy
     *       that applies to the owner.
     *   <li>The views that read such a view.
     * </ol>
     *
     * <p>The parse trees are searched, because {@code pg_get_viewdef} would wait for locks. Operation 12 is
     * SESSION_USER, see {@code SQLValueFunctionOp} in PostgreSQL's {@code primnodes.h}.
     */
    static final String NAMES = """
            WITH RECURSIVE asking (pattern) AS (
                SELECT '\\{SQLVALUEFUNCTION :op 12 |:funcid (' || pg_catalog.string_agg(oid::text, '|') || ') '
                  FROM pg_catalog.pg_proc
                 WHERE pronamespace = 'pg_catalog'::pg_catalog.regnamespace
                   AND proname IN ('current_setting', 'session_user', 'system_user', 'inet_client_addr',
                                   'pg_backend_pid')),
            function (oid) AS (
                SELECT p.oid
                  FROM pg_catalog.pg_proc AS p
                 CROSS JOIN asking AS a
                 WHERE p.oid >= 16384
                   AND CASE WHEN pg_catalog.pg_column_size(p.prosrc) + COALESCE(pg_catalog.pg_column_size(p.prosqlbody), 0)
                                 < {most}
                            THEN p.prosrc ~* '\\m(session_user|system_user|current_setting|inet_client_addr|pg_backend_pid)\\M'
                                 OR p.prosqlbody::text ~ a.pattern
                            ELSE true END),
            caller (classid, objid) AS (
                SELECT d.classid, d.objid
                  FROM pg_catalog.pg_depend AS d
                  JOIN function AS f ON f.oid = d.refobjid
                 WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass),
            policy (relid, roles) AS (
                SELECT p.polrelid, p.polroles
                  FROM pg_catalog.pg_policy AS p
                 CROSS JOIN asking AS a
                 WHERE p.polcmd IN ('r', '*')
                   AND (CASE WHEN pg_catalog.pg_column_size(p.polqual) < {most} THEN p.polqual::text ~ a.pattern ELSE true END
                        OR ('pg_catalog.pg_policy'::pg_catalog.regclass, p.oid) IN (SELECT classid, objid FROM caller))),
            read (reader, owner, relid) AS (
                SELECT c.oid, c.relowner, d.refobjid
                  FROM pg_catalog.pg_rewrite AS r
                  JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class AND c.relkind IN ('v', 'm')
                  JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                       AND d.objid = r.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                       AND d.refobjid <> r.ev_class
                 WHERE r.ev_type = '1' AND r.ev_class >= 16384),
            dependent (oid) AS (
                SELECT r.ev_class
                  FROM pg_catalog.pg_rewrite AS r
                 CROSS JOIN asking AS a
                 WHERE r.ev_type = '1' AND r.ev_class >= 16384
                   AND (CASE WHEN pg_catalog.pg_column_size(r.ev_action) < {most} THEN r.ev_action::text ~ a.pattern ELSE true END
                        OR ('pg_catalog.pg_rewrite'::pg_catalog.regclass, r.oid) IN (SELECT classid, objid FROM caller))
                 UNION
                SELECT read.reader
                  FROM read
                  JOIN pg_catalog.pg_class AS t ON t.oid = read.relid AND t.relrowsecurity
                  JOIN policy AS p ON p.relid = t.oid
                  JOIN pg_catalog.pg_roles AS o ON o.oid = read.owner AND NOT o.rolsuper AND NOT o.rolbypassrls
                 WHERE (t.relforcerowsecurity OR NOT pg_catalog.pg_has_role(read.owner, t.relowner, 'USAGE'))
                   AND EXISTS (SELECT FROM pg_catalog.unnest(p.roles) AS one (role)
                                WHERE one.role = 0 OR pg_catalog.pg_has_role(read.owner, one.role, 'USAGE'))
                 UNION
                SELECT read.reader FROM read JOIN dependent ON dependent.oid = read.relid)
            SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), NULL
              FROM dependent
              JOIN pg_catalog.pg_class AS c ON c.oid = dependent.oid AND c.relkind = 'm' AND c.relispopulated
              JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
             ORDER BY 1
             LIMIT 20
            """.replace("{most}", SessionViews.MOST_STORED);

    private SessionViews() {}
}
