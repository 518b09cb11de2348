package org.pgsteward.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * An advisory lock of the management database that administrators alone can keep. Any role that may connect there can hold
 * any advisory lock, in either mode, or stand in its queue: such sessions are ended.
 *
 * <p>A role can come back faster than its session is ended. So this waits in the queue of the lock, in which whoever comes
 * later stands behind it, and ends all that stand before it.
 */
public final class AdvisoryLock {
    /** A session of ours has its answer within ten seconds or is given up. */
    private static final int QUEUE_SECONDS = 5;

    private static final long BETWEEN_EVICTIONS_MILLISECONDS = 50;

    /** lock_not_available: the time in the queue is over. */
    private static final String TIMED_OUT = "55P03";

    private static final String LOCKS = """
            FROM pg_catalog.pg_locks AS l
            JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
            JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
            WHERE l.locktype = 'advisory'
              AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
              AND l.objsubid = 2 AND (l.classid::bigint, l.objid::bigint) = (%s)
            """;

    private final String key;
    private final String locks;

    private final Consumer<String> log;

    /**
     * Both numbers together are the lock; they mean nothing.
     *
     * @param log takes a line for each role whose sessions were ended
     */
    public AdvisoryLock(int first, int second, Consumer<String> log) {
        this.log = log;
        this.key = first + ", " + second;
        this.locks = LOCKS.formatted(key);
    }

    /**
     * Takes the lock for a session, if no other administrator holds it. Ends the sessions of other roles for that, and takes
     * some seconds where they come back.
     *
     * @param comment a SQL comment that each statement begins with; may be empty
     * @return whether the session has the lock now
     */
    public boolean take(Server server, Connection session, String comment) throws SQLException {
        try (Statement statement = session.createStatement()) {
            if (isTrue(statement, comment + "SELECT pg_catalog.pg_try_advisory_lock(" + key + ")")) {
                return true;
            }
            if (isTrue(statement, comment + "SELECT EXISTS (SELECT " + locks + " AND l.granted AND r.rolsuper)")) {
                return false;
            }
            statement.execute(comment + "SET lock_timeout = '" + QUEUE_SECONDS + "s'");
            try (Eviction eviction =
                    new Eviction(server.connect(server.address().database()))) {
                eviction.start();
                statement.execute(comment + "SELECT pg_catalog.pg_advisory_lock(" + key + ")");
                return true;
            } catch (SQLException e) {
                if (TIMED_OUT.equals(e.getSQLState())) {
                    return false;
                }
                throw e;
            } finally {
                if (!session.isClosed()) {
                    statement.execute(comment + "RESET lock_timeout");
                }
            }
        }
    }

    /** Waits until the administrator that holds the lock releases it, as long as the session lets a statement wait. */
    public void await(Connection session) throws SQLException {
        try (Statement statement = session.createStatement()) {
            statement.execute("SELECT pg_catalog.pg_advisory_lock(" + key + ")");
        }
    }

    /** Releases what {@link #take} or {@link #await} took. The end of a session does it, too, a while later. */
    public void release(Connection session) throws SQLException {
        try (Statement statement = session.createStatement()) {
            statement.execute("SELECT pg_catalog.pg_advisory_unlock(" + key + ")");
        }
    }

    private static boolean isTrue(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            return row.next() && row.getBoolean(1);
        }
    }

    /** Ends sessions of other roles that hold the lock or wait for it, again and again until it is closed. */
    private final class Eviction extends Thread implements AutoCloseable {
        private final Connection connection;
        private final CountDownLatch closed = new CountDownLatch(1);
        private final Map<String, Integer> ended = new TreeMap<>();

        Eviction(Connection connection) {
            super("advisory-lock");
            setDaemon(true);
            this.connection = connection;
        }

        @Override
        public void run() {
            try (Statement statement = connection.createStatement()) {
                do {
                    evict(statement);
                } while (!closed.await(BETWEEN_EVICTIONS_MILLISECONDS, TimeUnit.MILLISECONDS));
            } catch (SQLException e) {
                log.accept("cannot end the sessions that hold pgsteward's lock: " + e.getMessage());
            } catch (InterruptedException e) {
                interrupt();
            }
            ended.forEach(
                    (role, sessions) -> log.accept("ended " + sessions + (sessions == 1 ? " session" : " sessions")
                            + " of role " + role + ", which held pgsteward's lock or waited for it"));
        }

        private void evict(Statement statement) throws SQLException {
            try (ResultSet rows = statement.executeQuery(
                    "SELECT r.rolname, pg_catalog.pg_terminate_backend(l.pid) " + locks + " AND NOT r.rolsuper")) {
                while (rows.next()) {
                    ended.merge(rows.getString(1), 1, Integer::sum);
                }
            }
        }

        @Override
        public void close() throws SQLException {
            closed.countDown();
            try {
                join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            connection.close();
        }
    }
}
