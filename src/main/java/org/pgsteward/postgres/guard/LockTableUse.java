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
 * The use of the server's lock table, and whether its locks need a closer look. The computed size is a little below the
 * real one.
 *
 * @param places the number of places for locks
 * @param taken the number of used places; while at most half are used, the number of locks, although several sessions that
 *     lock one object share a place
 * @param waiting whether a session waits for a lock
 * @param strong whether a session holds or requests a strong lock on a relation in the management database, or on a shared
 *     one
 * @param byRole locks of each ordinary role; locks of several sessions on one object count several times
 */
record LockTableUse(long places, long taken, boolean waiting, boolean strong, Map<String, Long> byRole) {
    /** The locks of statements that only read or write rows. */
    static final String WEAK = "('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')";

    /** The database of this session. */
    static final String CURRENT =
            "(SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())";

    /** The share of taken places above which other sessions may soon be unable to log in. */
    private static final double NEARLY_FULL = 0.8;

    /** The share of the places above which a role is clearly the cause. */
    private static final double LARGE_SHARE = 0.4;

    /**
     * Reads the lock table once, because the guard's reserve alone is a thousand rows. Finds the locks that share a place only
     * if the table may be half full.
     */
    private static final String READING = """
            WITH l AS MATERIALIZED (SELECT * FROM pg_catalog.pg_locks)
            SELECT u.places,
                   CASE WHEN u.locks * 2 < u.places THEN u.locks
                        ELSE (SELECT {taken} FROM l WHERE {isInIt}) END,
                   u.waiting, u.strong, h.rolname, h.locks
              FROM (SELECT {places} AS places,
                           pg_catalog.count(*) FILTER (WHERE {isInIt}) AS locks,
                           COALESCE(pg_catalog.bool_or(NOT l.granted), false) AS waiting,
                           COALESCE(pg_catalog.bool_or(l.locktype = 'relation' AND l.mode NOT IN {weak}
                                                       AND l.database IN (0, {current})), false) AS strong
                      FROM l) AS u
              LEFT JOIN (
                SELECT r.rolname, pg_catalog.count(*) AS locks
                  FROM l
                  JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
                  JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
                 WHERE {isInIt} AND NOT r.rolsuper
                 GROUP BY 1 ORDER BY 2 DESC LIMIT 100) AS h ON true
            """.replace("{places}", LockTable.SIZE)
            .replace("{taken}", LockTable.TAKEN)
            .replace("{isInIt}", LockTable.IS_IN_IT)
            .replace("{weak}", WEAK)
            .replace("{current}", CURRENT);

    LockTableUse {
        byRole = Map.copyOf(byRole);
    }

    static LockTableUse read(Connection session) throws SQLException {
        return Query.read(session, READING, rows -> {
            long places = 0;
            long taken = 0;
            boolean waiting = false;
            boolean strong = false;
            Map<String, Long> byRole = new HashMap<>();
            while (rows.next()) {
                places = rows.getLong(1);
                taken = rows.getLong(2);
                waiting = rows.getBoolean(3);
                strong = rows.getBoolean(4);
                String role = rows.getString(5);
                if (role != null) {
                    byRole.put(role, rows.getLong(6));
                }
            }
            return new LockTableUse(places, taken, waiting, strong, byRole);
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
