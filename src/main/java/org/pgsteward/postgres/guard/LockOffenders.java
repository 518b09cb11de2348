package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.postgres.LockTable;
import org.pgsteward.postgres.Query;

/**
 * Finder of sessions of ordinary roles that harm others by their locks: on shared catalogs or tables of superusers, on
 * a database for which others wait, or by most of the lock table. Not thread-safe.
 */
final class LockOffenders {
    /** Sessions that hold or request a lock stronger than the locks of statements that read or write rows. */
    private static final String HARMFUL =
            """
            SELECT l.pid, r.rolname, COALESCE(a.datname, ''),
                   pg_catalog.format('locked %s (%s)', l.relation::pg_catalog.regclass, l.mode)
              FROM pg_catalog.pg_locks AS l
              JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
              JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
             WHERE l.locktype = 'relation' AND NOT r.rolsuper
               AND l.mode NOT IN {weak}
               AND (l.database = 0
                    OR (l.database = {current}
                        AND EXISTS (SELECT FROM pg_catalog.pg_class AS c
                                      JOIN pg_catalog.pg_roles AS o ON o.oid = c.relowner
                                     WHERE c.oid = l.relation AND o.rolsuper)))
             ORDER BY l.pid, 4
             LIMIT 100
            """.replace("{weak}", LockTableUse.WEAK).replace("{current}", LockTableUse.CURRENT);

    /** The sessions of a role with more than 1 % of its locks. */
    private static final String SESSIONS = """
            SELECT l.pid, COALESCE(a.datname, '')
              FROM pg_catalog.pg_locks AS l
              JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
             WHERE {isInIt} AND a.usename = ?
             GROUP BY 1, 2
            HAVING pg_catalog.count(*) > ? * 0.01
             ORDER BY pg_catalog.count(*) DESC
             LIMIT 100
            """.replace("{isInIt}", LockTable.IS_IN_IT);

    /** An application that locks thousands of tables, for example for its own dump, does so for seconds. */
    private final UsualUse usual = new UsualUse(Duration.ofSeconds(10), 1);

    /** Reads the lock table. */
    LockTableUse read(Connection session) throws SQLException {
        Sql.clearStatistics(session);
        LockTableUse use = LockTableUse.read(session);
        usual.add(Instant.EPOCH.plusNanos(System.nanoTime()), use.byRole(), use.isNearlyFull());
        return use;
    }

    /** Reads the lock table, and returns each session once, with one of its locks as the reason. */
    List<TerminatedSession> find(Connection session) throws SQLException {
        return find(session, read(session));
    }

    /** Returns the same for a lock table that was just read. Usually it needs no further statement. */
    List<TerminatedSession> find(Connection session, LockTableUse use) throws SQLException {
        Map<Integer, TerminatedSession> offenders = new LinkedHashMap<>();
        List<TerminatedSession> harmful = use.strong() ? harmful(session) : List.of();
        List<TerminatedSession> queues = use.waiting() ? LockQueues.offenders(session) : List.of();
        for (List<TerminatedSession> found : List.of(harmful, queues, withMostLocks(session, use))) {
            found.forEach(offender -> offenders.putIfAbsent(offender.pid(), offender));
        }
        return new ArrayList<>(offenders.values());
    }

    private static List<TerminatedSession> harmful(Connection session) throws SQLException {
        return Query.list(
                session,
                HARMFUL,
                row -> new TerminatedSession(
                        row.getInt(1), row.getString(2), row.getString(3), row.getString(4), true, true));
    }

    /** Returns sessions of one role if the lock table is nearly full. */
    private List<TerminatedSession> withMostLocks(Connection session, LockTableUse use) throws SQLException {
        Optional<String> role = use.isNearlyFull() ? use.responsible(usual) : Optional.empty();
        return role.isPresent() ? sessions(session, role.get(), use) : List.of();
    }

    private static List<TerminatedSession> sessions(Connection session, String role, LockTableUse use)
            throws SQLException {
        String reason = "held " + use.locks(role) + " of the server's " + use.places() + " locks";
        return Query.list(
                session,
                SESSIONS,
                row -> new TerminatedSession(row.getInt(1), role, row.getString(2), reason, use.isLarge(role), true),
                role,
                use.locks(role));
    }
}
