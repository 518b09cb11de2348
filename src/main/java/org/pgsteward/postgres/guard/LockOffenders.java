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

/** The sessions that lock what everybody needs, or nearly all that can be locked. Those of superusers are none of them. */
final class LockOffenders {
    /** What others hold or wait for beyond what a statement takes that reads or writes rows. */
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
     * While few places are left: the role whose sessions hold most locks together, and of its sessions those with more than
     * a hundredth of them. Another one may have the largest session. The table has room for a little more than it is said to
     * have here.
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

    /** Returns each session once, with one of its locks. */
    static List<Evicted> now(Connection session) throws SQLException {
        Map<Integer, Evicted> offenders = new LinkedHashMap<>();
        try (Statement statement = session.createStatement()) {
            // Within a transaction it would be the sessions of the first look.
            statement.execute("SELECT pg_catalog.pg_stat_clear_snapshot()");
            for (String question : List.of(HARMFUL, MANY)) {
                try (ResultSet rows = statement.executeQuery(question)) {
                    while (rows.next()) {
                        offenders.putIfAbsent(
                                rows.getInt(1),
                                new Evicted(
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
