package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.pgsteward.postgres.Query;

/**
 * Finder of sessions of ordinary roles that block others on a shared object, above all on a database. It also ends
 * logins that have waited too long.
 *
 * <p>{@code DROP DATABASE}, {@code ALTER DATABASE RENAME} and {@code SET TABLESPACE} lock the database before
 * PostgreSQL checks the privilege. Any role may therefore request the strongest lock.
 * {@code ALTER ROLE CURRENT_USER IN DATABASE} holds a weak lock on any database until its transaction ends, and the
 * strong request waits for it. Each login to the database then queues behind the strong request.
 */
final class LockQueues {
    /**
     * Selects two kinds of sessions.
     *
     * <ol>
     *   <li>The session holds or requests a lock that stops logins, and another role waits for it. The owner of a
     *       database may hold such a lock for ten seconds, and request it for three, while a login or a superuser
     *       waits.
     *   <li>A superuser or the owner has waited for the session for a second, whatever the session's lock. Otherwise a
     *       restore, or the owner's {@code DROP DATABASE}, would fail.
     * </ol>
     *
     * <p>The object with the number 0 is the queue of {@code NOTIFY}, which each commit locks for a moment.
     */
    private static final String OFFENDERS = """
            SELECT DISTINCT ON (l.pid) l.pid, r.rolname, COALESCE(a.datname, ''),
                   pg_catalog.format('locked %s (%s)',
                       CASE l.locktype WHEN 'relation' THEN l.relation::pg_catalog.regclass::text
                                       ELSE COALESCE('database ' || d.datname, 'an object of ' || l.classid::pg_catalog.regclass)
                       END, l.mode),
                   d.datdba IS DISTINCT FROM r.oid
              FROM pg_catalog.pg_locks AS w
              LEFT JOIN pg_catalog.pg_stat_activity AS wa ON wa.pid = w.pid
              LEFT JOIN pg_catalog.pg_roles AS wr ON wr.oid = wa.usesysid
              LEFT JOIN pg_catalog.pg_database AS d
                ON w.locktype = 'object' AND w.classid = 'pg_catalog.pg_database'::pg_catalog.regclass AND d.oid = w.objid
             CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(w.pid)) AS b (pid)
              JOIN pg_catalog.pg_locks AS l
                ON l.pid = b.pid AND l.locktype = w.locktype AND l.database = w.database
               AND (l.classid, l.objid, l.relation) IS NOT DISTINCT FROM (w.classid, w.objid, w.relation)
              JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
              JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
             CROSS JOIN LATERAL (
                   SELECT pg_catalog.clock_timestamp() - w.waitstart AS waited,
                          w.mode {isStrong} AND (wr.rolsuper OR w.locktype = 'object' AND wr.oid = d.datdba) AS mayHaveIt,
                          l.mode {stopsLogins} AS stopsLogins,
                          CASE WHEN d.datdba IS DISTINCT FROM r.oid THEN interval '0'
                               WHEN l.granted THEN interval '10 s'
                               ELSE interval '3 s' END AS allowed) AS x
             WHERE NOT w.granted
               AND (w.locktype = 'object' AND w.database IN (0, {current}) AND w.objid <> 0
                    OR w.locktype = 'relation' AND w.database = {current} AND wa.application_name = 'pgsteward')
               AND NOT r.rolsuper AND wa.usesysid IS DISTINCT FROM a.usesysid
               AND (w.locktype = 'object' AND x.stopsLogins AND x.waited >= x.allowed
                        AND (d.datdba IS DISTINCT FROM r.oid OR wa.usesysid IS NULL OR wr.rolsuper)
                    OR x.mayHaveIt AND x.waited > interval '1 s')
             ORDER BY l.pid
             LIMIT 100
            """.replace("{isStrong}", "NOT IN " + LockTableUse.WEAK)
            .replace(
                    "{stopsLogins}",
                    "IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')")
            .replace("{current}", LockTableUse.CURRENT);

    /**
     * The clients of these logins have given up. PostgreSQL does not notice, and each process keeps its connection slot
     * until the lock is released.
     */
    private static final String OLD_LOGINS = """
            SELECT pg_catalog.count(pg_catalog.pg_terminate_backend(w.pid))
              FROM pg_catalog.pg_locks AS w
              LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = w.pid
             WHERE NOT w.granted AND a.usesysid IS NULL
               AND COALESCE(a.backend_type, 'client backend') = 'client backend'
               AND w.waitstart < pg_catalog.clock_timestamp() - ? * interval '1 s'
            """;

    private LockQueues() {}

    /**
     * Returns each offending session once, with one of its locks as the reason. A session of the database's owner does
     * not count as an offence.
     */
    static List<TerminatedSession> offenders(Connection session) throws SQLException {
        return Query.list(
                session,
                OFFENDERS,
                row -> new TerminatedSession(
                        row.getInt(1), row.getString(2), row.getString(3), row.getString(4), row.getBoolean(5), true));
    }

    /** Terminates logins that have waited for a lock longer than {@code longest}, whichever role holds it. */
    static void endOldLogins(Connection session, Duration longest) throws SQLException {
        Query.run(session, OLD_LOGINS, longest.toSeconds());
    }
}
