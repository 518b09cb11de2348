package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * Which role writes into the queue of {@code NOTIFY}. PostgreSQL has no count for it, but a transaction that notifies locks the
 * database with the OID 0 while it writes there and until its end. So what the queue grows by between two samples is counted for
 * the role that has that lock at the second one, or else at the first one.
 */
final class NotifyWriters {
    private static final long OBSERVED_NANOSECONDS = 300_000_000;

    private static final long PAUSE_NANOSECONDS = 5_000_000;

    /** Bytes within the time of observation. Most applications notify with some bytes only. */
    private static final long MUCH = 256 << 10;

    /** The usage is a share of 1,048,576 pages. */
    private static final String SAMPLE = """
            SELECT (pg_catalog.pg_notification_queue_usage() * 1048576)::int8 * 8192,
                   (SELECT r.rolname
                      FROM pg_catalog.pg_locks AS l
                      JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
                      JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
                     WHERE l.locktype = 'object' AND l.database = 0 AND l.objid = 0 AND l.granted
                       AND l.classid = 'pg_catalog.pg_database'::pg_catalog.regclass AND NOT r.rolsuper
                     LIMIT 1)
            """;

    private NotifyWriters() {}

    /** Returns the role that writes most; empty if nobody writes much. Takes 0.3 s. */
    static Optional<String> most(Connection session) throws SQLException {
        Map<String, Long> byRole = new HashMap<>();
        long begun = System.nanoTime();
        Sample before = sample(session);
        while (System.nanoTime() - begun < OBSERVED_NANOSECONDS) {
            LockSupport.parkNanos(PAUSE_NANOSECONDS);
            Sample now = sample(session);
            long growth = now.bytes() - before.bytes();
            now.writer().or(before::writer).ifPresent(role -> byRole.merge(role, growth, Long::sum));
            before = now;
        }
        return byRole.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .filter(most -> most.getValue() >= MUCH)
                .map(Map.Entry::getKey);
    }

    private static Sample sample(Connection session) throws SQLException {
        Sql.clearStatistics(session);
        try (Statement statement = session.createStatement();
                ResultSet row = statement.executeQuery(SAMPLE)) {
            row.next();
            return new Sample(row.getLong(1), Optional.ofNullable(row.getString(2)));
        }
    }

    /** @param writer the role that has the lock at this moment */
    private record Sample(long bytes, Optional<String> writer) {}
}
