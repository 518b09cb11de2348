package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.postgres.LockTable;
import org.pgsteward.postgres.Query;

/**
 * The use of the server's lock table. The computed size is a little below the real one.
 *
 * @param places the number of places for locks
 * @param taken the number of used places; several sessions that lock one object share a place
 * @param byRole locks of each ordinary role; locks of several sessions on one object count several times
 */
record LockTableUse(long places, long taken, Map<String, Long> byRole) {
    /** The share of taken places above which other sessions may soon be unable to log in. */
    private static final double NEARLY_FULL = 0.8;

    /** The share of the places above which a role is clearly the cause. */
    private static final double LARGE_SHARE = 0.4;

    private static final String READING = LockTable.PLACES + """
            SELECT places.there, places.taken, h.rolname, h.locks
              FROM places LEFT JOIN LATERAL (
                SELECT r.rolname, pg_catalog.count(*) AS locks
                  FROM pg_catalog.pg_locks AS l
                  JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
                  JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
                 WHERE {isInIt} AND NOT r.rolsuper
                 GROUP BY 1 ORDER BY 2 DESC LIMIT 100) AS h ON true
            """.replace("{isInIt}", LockTable.IS_IN_IT);

    LockTableUse {
        byRole = Map.copyOf(byRole);
    }

    static LockTableUse read(Connection session) throws SQLException {
        return Query.read(session, READING, rows -> {
            long places = 0;
            long taken = 0;
            Map<String, Long> byRole = new HashMap<>();
            while (rows.next()) {
                places = rows.getLong(1);
                taken = rows.getLong(2);
                if (rows.getString(3) != null) {
                    byRole.put(rows.getString(3), rows.getLong(4));
                }
            }
            return new LockTableUse(places, taken, byRole);
        });
    }

    boolean isNearlyFull() {
        return taken > places * NEARLY_FULL;
    }

    /** Returns the role that took most locks; recent growth counts twice. Empty if no ordinary role has a lock. */
    Optional<String> responsible(UsualUse usual) {
        return byRole.entrySet().stream()
                .max(Comparator.<Map.Entry<String, Long>>comparingLong(
                                entry -> entry.getValue() + usual.growth(entry.getKey(), entry.getValue()))
                        .thenComparing(Map.Entry.comparingByKey()))
                .map(Map.Entry::getKey);
    }

    /** Returns whether a role is clearly the cause. */
    boolean isLarge(String role) {
        return locks(role) > places * LARGE_SHARE;
    }

    long locks(String role) {
        return byRole.getOrDefault(role, 0L);
    }
}
