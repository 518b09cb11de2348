package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pgsteward.postgres.LockTable;

/** Finds sessions of ordinary roles that lock shared catalogs or tables of superusers, or that hold most locks of the server. */
final class LockOffenders {
    /** Sessions with a lock, granted or not, that is stronger than the locks of statements that read or write rows. */
    private static final String HARMFUL = """
            SELECT l.pid, r.rolname, COALESCE(a.datname, ''),
                   pg_catalog.format('locked %s (%s)', l.relation::pg_catalog.regclass, l.mode), true
              FROM pg_catalog.pg_locks AS l
              JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
              JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
             WHERE l.locktype = 'relation' AND NOT r.rolsuper
               AND l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')
               AND (l.database = 0
                    OR (l.database = (SELECT oid FROM pg_catalog.pg_database
                                       WHERE datname = pg_catalog.current_database())
                        AND EXISTS (SELECT FROM pg_catalog.pg_class AS c
                                      JOIN pg_catalog.pg_roles AS o ON o.oid = c.relowner
                                     WHERE c.oid = l.relation AND o.rolsuper)))
             ORDER BY l.pid, 4
             LIMIT 100
            """;

    /**
     * If the lock table is more than 80 % full: the role whose sessions together hold most locks, and its sessions with more
     * than 1 % of these. A single session of another role may hold more than any of them. The computed size of the table is
     * a little below its real size.
     */
    private static final String MANY = LockTable.PLACES + """
            , held AS (
                SELECT l.pid, a.usesysid, COALESCE(a.datname, '') AS datname, pg_catalog.count(*) AS locks
                  FROM pg_catalog.pg_locks AS l
                  JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
                 WHERE {isInIt} GROUP BY 1, 2, 3),
            worst AS (
                SELECT r.oid, r.rolname, pg_catalog.sum(h.locks) AS locks
                  FROM held AS h JOIN pg_catalog.pg_roles AS r ON r.oid = h.usesysid
                 WHERE NOT r.rolsuper GROUP BY 1, 2 ORDER BY 3 DESC, 1 LIMIT 1)
            SELECT h.pid, worst.rolname, h.datname,
                   pg_catalog.format('held %s of the server''s %s locks', worst.locks, places.there),
                   worst.locks > places.there * 0.4
              FROM places, worst, held AS h
             WHERE h.usesysid = worst.oid AND places.taken > places.there * 0.8 AND h.locks > worst.locks * 0.01
             ORDER BY h.locks DESC
             LIMIT 100
            """.replace("{isInIt}", LockTable.IS_IN_IT);

    private LockOffenders() {}

    /** Returns each session once, with one of its locks as the reason. */
    static List<TerminatedSession> find(Connection session) throws SQLException {
        Map<Integer, TerminatedSession> offenders = new LinkedHashMap<>();
        try (Statement statement = session.createStatement()) {
            Sql.clearStatistics(session);
            for (String question : List.of(HARMFUL, MANY)) {
                try (ResultSet rows = statement.executeQuery(question)) {
                    while (rows.next()) {
                        offenders.putIfAbsent(
                                rows.getInt(1),
                                new TerminatedSession(
                                        rows.getInt(1),
                                        rows.getString(2),
                                        rows.getString(3),
                                        rows.getString(4),
                                        rows.getBoolean(5),
                                        true));
                    }
                }
            }
        }
        return new ArrayList<>(offenders.values());
    }
}
