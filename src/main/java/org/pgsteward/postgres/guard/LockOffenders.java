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
                   pg_catalog.format('locked %s (%s)', l.relation::pg_catalog.regclass, l.mode)
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
     * Who holds most of the server's locks while few places are left: the sessions with the most of them, which together
     * hold half. The table has room for a little more than it is said to have here.
     */
    private static final String MANY = LockTable.PLACES + """
            , held AS (
                SELECT l.pid, pg_catalog.count(*) AS locks, pg_catalog.sum(pg_catalog.count(*)) OVER () AS of_all,
                       COALESCE(pg_catalog.sum(pg_catalog.count(*))
                           OVER (ORDER BY pg_catalog.count(*) DESC, l.pid
                                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS of_larger
                  FROM pg_catalog.pg_locks AS l WHERE {isInIt} GROUP BY l.pid)
            SELECT h.pid, r.rolname, COALESCE(a.datname, ''),
                   pg_catalog.format('held %s of the server''s %s locks', h.locks, places.there)
              FROM places, held AS h
              JOIN pg_catalog.pg_stat_activity AS a ON a.pid = h.pid
              JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
             WHERE NOT r.rolsuper AND places.taken > places.there * 0.8 AND h.of_larger < h.of_all * 0.5
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
                                        rows.getInt(1), rows.getString(2), rows.getString(3), rows.getString(4), true));
                    }
                }
            }
        }
        return new ArrayList<>(offenders.values());
    }
}
