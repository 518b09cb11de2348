package org.pgsteward.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A lock of the server that only sessions of superusers can hold. The server releases it when the session ends.
 *
 * <p>Any role that may connect to a database can take any advisory lock there, and some functions do not end when
 * PostgreSQL terminates their session. So no single number is the lock. Its holder is the superuser's session that has
 * an advisory lock with the kind's class number and any free second number.
 *
 * <p>Two sessions must not search for a holder at the same time. A session therefore locks {@code pg_tablespace} while
 * it searches. No role changes that table in normal use, and other roles can neither take nor block this lock mode:
 * without a privilege on a table, a role gets at most {@code ROW EXCLUSIVE}, by preparing a statement.
 */
public final class AdvisoryLock {
    /** The lock timeout, in seconds. It is shorter than the ten seconds after which pgsteward gives a session up. */
    private static final int GUARD_SECONDS = 5;

    /**
     * The time to wait in the queue behind a holder. Other roles may lengthen the queue, so the search starts again
     * after it.
     */
    private static final String QUEUE_TIMEOUT = "1s";

    /** SQLSTATE lock_not_available. */
    private static final String TIMED_OUT = "55P03";

    /** The granted locks {@code l} with two numbers, held by sessions {@code a} of superusers in this database. */
    static final String LOCKS = """
              FROM pg_catalog.pg_locks AS l
              JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
              JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
             WHERE l.locktype = 'advisory' AND l.granted AND r.rolsuper AND l.objsubid = 2
               AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
            """;

    /** The second number of another superuser's session that holds the lock; no row if no other session does. */
    private static final String HOLDER = "SELECT l.objid::bigint::bit(32)::int " + LOCKS
            + " AND l.classid::bigint = %d AND l.pid <> pg_catalog.pg_backend_pid() LIMIT 1";

    /**
     * The purposes of locks. The number is the first of the pair that PostgreSQL's functions take; its value is
     * arbitrary.
     */
    public enum Kind {
        /** The active daemon. */
        DAEMON(0x6461_656d),
        /** A daemon that stands by. */
        STANDBY(0x7374_6279),
        /** A restore. */
        RESTORE(0x7265_7374),
        /** A change of roles or databases. */
        PROVISION(0x6577_7264),
        /** The reserve of locks that the daemon holds for others, see the package {@code guard}. */
        RESERVE(0x7265_7376);

        private final int number;

        Kind(int number) {
            this.number = number;
        }

        public int number() {
            return number;
        }

        /** Returns the numbers of all kinds, as a list for SQL. */
        public static String numbers() {
            return Stream.of(values())
                    .map(kind -> Integer.toString(kind.number))
                    .collect(Collectors.joining(", "));
        }
    }

    private final int kind;

    public AdvisoryLock(Kind kind) {
        this.kind = kind.number();
    }

    /**
     * Takes the lock for a session, if no other session has it.
     *
     * @param comment a SQL comment at the start of each statement, including the last one of the session; may be empty
     * @return whether the session now has the lock
     */
    public boolean take(Connection session, String comment) throws SQLException {
        try {
            session.setAutoCommit(false);
            Query.run(session, comment + "SET LOCAL lock_timeout = '" + GUARD_SECONDS + "s'");
            Query.run(session, comment + "LOCK TABLE pg_catalog.pg_tablespace IN SHARE UPDATE EXCLUSIVE MODE");
            boolean free = holder(session, comment).isEmpty();
            if (free) {
                announce(session, comment);
            }
            // Unlocks the table. The session keeps its advisory locks.
            Query.run(session, comment + "ROLLBACK");
            return free;
        } finally {
            if (!session.isClosed()) {
                session.rollback();
                session.setAutoCommit(true);
            }
        }
    }

    /**
     * Marks a session as one of this kind, beside any others.
     *
     * @param comment as for {@link #take}
     */
    void announce(Connection session, String comment) throws SQLException {
        String mark;
        do {
            mark = "SELECT pg_catalog.pg_try_advisory_lock(" + kind + ", "
                    + ThreadLocalRandom.current().nextInt() + ")";
        } while (!Query.one(session, comment + mark, row -> row.getBoolean(1)));
    }

    /**
     * Takes the lock once no other session has it. The session that has waited longest gets it first, unless a role
     * that is no superuser stands in the queue.
     *
     * @param session a session without other advisory locks
     * @throws SQLException with SQLSTATE {@code 55P03} if other sessions have held the lock all that time
     */
    public void await(Connection session, Duration atMost) throws SQLException {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (!take(session, "")) {
            release(session);
            if (System.nanoTime() > deadline) {
                throw new SQLException(
                        "another pgsteward has worked on this server for " + atMost.toSeconds() + " s", TIMED_OUT);
            }
            queue(session);
        }
    }

    /**
     * Waits until the holder releases its number, and then has that number. Another session may have become the holder
     * meanwhile, so the caller must search again.
     */
    private void queue(Connection session) throws SQLException {
        try {
            Optional<Integer> number = holder(session, "");
            if (number.isPresent()) {
                Query.run(session, "SET lock_timeout = '" + QUEUE_TIMEOUT + "'");
                Query.run(session, "SELECT pg_catalog.pg_advisory_lock(" + kind + ", " + number.get() + ")");
            }
        } catch (SQLException e) {
            if (!TIMED_OUT.equals(e.getSQLState())) {
                throw e;
            }
        } finally {
            if (!session.isClosed()) {
                Query.run(session, "RESET lock_timeout");
            }
        }
    }

    private Optional<Integer> holder(Connection session, String comment) throws SQLException {
        return Query.first(session, comment + HOLDER.formatted(kind), row -> row.getInt(1));
    }

    /** Releases every advisory lock of the session. The end of the session does so too, but later. */
    public static void release(Connection session) throws SQLException {
        Query.run(session, "SELECT pg_catalog.pg_advisory_unlock_all()");
    }
}
