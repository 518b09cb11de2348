package org.pgsteward.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * A lock of the server that sessions of superusers alone can have. The server releases it when the session ends.
 *
 * <p>Any role that may connect to a database can take any advisory lock there, and some functions do not end when
 * PostgreSQL tells them to. So no number is the lock. Its holder is the superuser's session that has an advisory lock of
 * our class, with whatever second number was free.
 *
 * <p>Two sessions must not look for a holder at the same time. Whoever looks has locked {@code pg_tablespace} meanwhile,
 * which nobody changes, in a mode that other roles can neither take nor hinder: without a right on a table a role gets
 * {@code ROW EXCLUSIVE} at most, by preparing a statement.
 */
public final class AdvisoryLock {
    /** A session of ours has its answer within ten seconds or is given up. */
    private static final int GUARD_SECONDS = 5;

    private static final long BETWEEN_LOOKS_MILLISECONDS = 100;

    /** lock_not_available. */
    private static final String TIMED_OUT = "55P03";

    private static final String HOLDERS = """
            SELECT EXISTS (
            SELECT FROM pg_catalog.pg_locks AS l
              JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
              JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
             WHERE l.locktype = 'advisory' AND l.granted AND r.rolsuper
               AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
               AND l.objsubid = 2 AND l.classid::bigint = %d)
            """;

    private final int kind;

    /** @param kind the first number of the pair that PostgreSQL's functions take; it means nothing */
    public AdvisoryLock(int kind) {
        this.kind = kind;
    }

    /**
     * Takes the lock for a session, if no other session has it.
     *
     * @param comment a SQL comment that each statement begins with, the last one of the session included; may be empty
     * @return whether the session has the lock now
     */
    public boolean take(Connection session, String comment) throws SQLException {
        try (Statement statement = session.createStatement()) {
            session.setAutoCommit(false);
            statement.execute(comment + "SET LOCAL lock_timeout = '" + GUARD_SECONDS + "s'");
            statement.execute(comment + "LOCK TABLE pg_catalog.pg_tablespace IN SHARE UPDATE EXCLUSIVE MODE");
            boolean free = !isTrue(statement, comment + HOLDERS.formatted(kind));
            if (free) {
                announce(session, comment);
            }
            // Unlocks the table. What a session has of advisory locks, it keeps.
            statement.execute(comment + "ROLLBACK");
            return free;
        } finally {
            if (!session.isClosed()) {
                session.rollback();
                session.setAutoCommit(true);
            }
        }
    }

    /**
     * Marks a session as one of this kind, beside whichever others there are.
     *
     * @param comment as for {@link #take}
     */
    void announce(Connection session, String comment) throws SQLException {
        try (Statement statement = session.createStatement()) {
            String mark;
            do {
                mark = "SELECT pg_catalog.pg_try_advisory_lock(" + kind + ", "
                        + ThreadLocalRandom.current().nextInt() + ")";
            } while (!isTrue(statement, comment + mark));
        }
    }

    /**
     * Takes the lock once no other session has it.
     *
     * @throws SQLException with the state {@code 55P03} when another session has had it all that time
     */
    public void await(Connection session, Duration atMost) throws SQLException {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (!take(session, "")) {
            if (System.nanoTime() > deadline) {
                throw new SQLException(
                        "another pgsteward has been at work on this server for " + atMost.toSeconds() + " s", TIMED_OUT);
            }
            try {
                TimeUnit.MILLISECONDS.sleep(BETWEEN_LOOKS_MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new SQLException("interrupted while another pgsteward was at work on this server", TIMED_OUT, e);
            }
        }
    }

    /** Releases every lock of the session. The end of a session does it, too, a while later. */
    public static void release(Connection session) throws SQLException {
        try (Statement statement = session.createStatement()) {
            statement.execute("SELECT pg_catalog.pg_advisory_unlock_all()");
        }
    }

    private static boolean isTrue(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            return row.next() && row.getBoolean(1);
        }
    }
}
