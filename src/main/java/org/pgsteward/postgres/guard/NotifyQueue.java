package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.postgres.Query;

/**
 * The queue of {@code NOTIFY}. All databases share it, and it can take 8 GB of the disk. PostgreSQL removes an entry
 * when all listening sessions have read it. A session with an open transaction reads none, and PostgreSQL does not show
 * which sessions listen.
 *
 * <p>The guard therefore ends the sessions of the role that filled the queue, again each time the queue grows. In most
 * cases that role also has the listening session. The oldest transactions of other roles are ended only if the queue is
 * very large. Not thread-safe.
 */
final class NotifyQueue {
    /** In bytes. A queue whose entries are read takes hardly more than one file. */
    private static final long ALLOWED = 64L << 20;

    private static final long VERY_LARGE = 512L << 20;

    /** Each file of the queue has 32 pages. */
    private static final String BYTES =
            "(SELECT pg_catalog.count(*) * 32 * 8192 FROM pg_catalog.pg_ls_dir('pg_notify', true, false))";

    private static final String SIZE = "SELECT " + BYTES + ", pg_catalog.clock_timestamp()";

    /** A transaction that began after the queue was large is not the cause. */
    private static final String OLDEST = """
            SELECT a.pid, r.rolname, EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - a.xact_start)::bigint
              FROM pg_catalog.pg_stat_activity AS a JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
             WHERE NOT r.rolsuper AND a.xact_start < ?
             ORDER BY a.xact_start LIMIT 1
            """;

    /** This function removes the entries that all sessions have read. */
    private static final String REMOVE_READ = "SELECT pg_catalog.pg_notification_queue_usage()";

    /** The disk or the lock table is full. */
    private static final Set<String> FAILED = Set.of("53100", "58030", "53200");

    /** The time of the first reading with a large queue, by the server's clock; empty while the queue is small. */
    private Optional<OffsetDateTime> largeAt = Optional.empty();

    /**
     * The size, in bytes, when sessions of a role were last terminated; 0 if none were since the queue became large.
     */
    private long actedAt;

    /** The process ID of the session that was terminated last, which needs a moment to end. */
    private int terminated;

    /** Terminates the sessions that keep a large queue, and returns their role; empty if there was no need. */
    Optional<DiskTaken> check(Connection session) throws SQLException {
        if (Sql.query(session, FAILED, () -> bytes(session)).orElse(0L) <= ALLOWED) {
            actedAt = 0;
            return Optional.empty();
        }
        Sql.query(session, FAILED, () -> Sql.value(session, REMOVE_READ));
        return Sql.query(session, FAILED, () -> {
                    long bytes = bytes(session);
                    return bytes <= ALLOWED ? Optional.<DiskTaken>empty() : terminate(session, bytes);
                })
                .flatMap(taken -> taken);
    }

    private Optional<DiskTaken> terminate(Connection session, long bytes) throws SQLException {
        actedAt = Math.min(actedAt, bytes);
        Optional<String> writer = bytes > actedAt ? NotifyWriters.most(session) : Optional.empty();
        if (writer.isPresent()) {
            actedAt = bytes;
            ShutOut.terminateOnce(session, writer.get());
            return Optional.of(
                    new DiskTaken(DiskTaken.Kind.QUEUE, DiskUnit.BYTES, writer.get(), bytes, Duration.ZERO, 0));
        }
        return bytes > VERY_LARGE ? terminateOldest(session, bytes) : Optional.empty();
    }

    private long bytes(Connection session) throws SQLException {
        return Query.one(session, SIZE, row -> {
            long bytes = row.getLong(1);
            OffsetDateTime now = row.getObject(2, OffsetDateTime.class);
            largeAt = bytes <= ALLOWED ? Optional.empty() : largeAt.or(() -> Optional.of(now));
            return bytes;
        });
    }

    private Optional<DiskTaken> terminateOldest(Connection session, long bytes) throws SQLException {
        Sql.clearStatistics(session);
        try (PreparedStatement statement = session.prepareStatement(OLDEST)) {
            statement.setObject(1, largeAt.orElseThrow());
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next() || row.getInt(1) == terminated) {
                    return Optional.empty();
                }
                terminated = row.getInt(1);
                Sql.terminate(session, terminated);
                return Optional.of(new DiskTaken(
                        DiskTaken.Kind.TRANSACTION,
                        DiskUnit.BYTES,
                        row.getString(2),
                        bytes,
                        Duration.ofSeconds(row.getLong(3)),
                        0));
            }
        }
    }
}
