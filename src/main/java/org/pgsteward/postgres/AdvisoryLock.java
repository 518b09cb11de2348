package org.pgsteward.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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

    /** As long in the queue behind a holder, which somebody else may lengthen; then the holder is looked for anew. */
    private static final String QUEUE_TIMEOUT = "1s";

    /** lock_not_available. */
    private static final String TIMED_OUT = "55P03";

    /** The locks {@code l} with a pair of numbers that sessions {@code a} of superusers have in this database. */
    static final String LOCKS = """
              FROM pg_catalog.pg_locks AS l
              JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
              JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
             WHERE l.locktype = 'advisory' AND l.granted AND r.rolsuper AND l.objsubid = 2
               AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
            """;

    /** The second number of another superuser's session that has the lock; no row where none has. */
    private static final String HOLDER = "SELECT l.objid::bigint::bit(32)::int " + LOCKS
            + " AND l.classid::bigint = %d AND l.pid <> pg_catalog.pg_backend_pid() LIMIT 1";

    /** What a lock is for. Its number is the first of the pair that PostgreSQL's functions take, and means nothing. */
    public enum Kind {
        /** A daemon at work. */
        DAEMON(0x6461_656d),
        /** A daemon that stands by. */
        STANDBY(0x7374_6279),
        /** A restore. */
        RESTORE(0x7265_7374),
        /** A change of roles and databases. */
        PROVISION(0x6577_7264),
        /** Those that the daemon holds for others, see the package {@code guard}. */
        RESERVE(0x7265_7376);

        private final int number;

        Kind(int number) {
            this.number = number;
        }

        public int number() {
            return number;
        }

        /** Returns the numbers of all kinds, as SQL lists them. */
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
     * @param comment a SQL comment that each statement begins with, the last one of the session included; may be empty
     * @return whether the session has the lock now
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
            // Unlocks the table. What a session has of advisory locks, it keeps.
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
     * Marks a session as one of this kind, beside whichever others there are.
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
     * Takes the lock once no other session has it. Whoever waits longest gets it first, as long as no role that is no
     * superuser's stands in the queue.
     *
     * @param session has no other lock
     * @throws SQLException with the state {@code 55P03} when other sessions have had it all that time
     */
    public void await(Connection session, Duration atMost) throws SQLException {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (!take(session, "")) {
            release(session);
            if (System.nanoTime() > deadline) {
                throw new SQLException(
                        "another pgsteward has been at work on this server for " + atMost.toSeconds() + " s",
                        TIMED_OUT);
            }
            queue(session);
        }
    }

    /**
     * Waits for the holder to release its number, and has that number then. Another session may have become the holder
     * meanwhile, so whoever comes out of the queue has to look again.
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

    /** Releases every lock of the session. The end of a session does it, too, a while later. */
    public static void release(Connection session) throws SQLException {
        Query.run(session, "SELECT pg_catalog.pg_advisory_unlock_all()");
    }
}
