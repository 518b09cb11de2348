package org.pgsteward.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.pgsteward.io.Threads;

/**
 * A loop that terminates the sessions of a database or a role until it is closed. Meanwhile another session waits for a
 * lock that they hold. It also terminates sessions that come back.
 */
public final class SessionEnder implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofMillis(2);

    private static final Duration LONGEST_END = Duration.ofSeconds(5);

    private static final String OF_A_DATABASE = """
            SELECT count(pg_catalog.pg_terminate_backend(pid))
              FROM pg_catalog.pg_stat_activity
             WHERE datid = CAST(? AS pg_catalog.oid) AND backend_type NOT LIKE 'autovacuum%'
            """;

    private static final String OF_A_ROLE = """
            SELECT count(pg_catalog.pg_terminate_backend(pid)) FROM pg_catalog.pg_stat_activity WHERE usename = ?
            """;

    private final Connection connection;
    private final String sql;
    private final String whose;
    private final Thread thread = Threads.daemon("end-sessions", 256 * 1024, this::end);
    private volatile boolean done;

    private SessionEnder(Server server, String sql, String whose) throws SQLException {
        this.connection = server.connect(server.address().database());
        this.sql = sql;
        this.whose = whose;
    }

    /** Creates an ender for the sessions in a database; {@link #start} starts it. */
    public static SessionEnder ofDatabase(Server server, long oid) throws SQLException {
        return new SessionEnder(server, OF_A_DATABASE, Long.toString(oid));
    }

    /** Creates an ender for the sessions of a role; {@link #start} starts it. */
    public static SessionEnder ofRole(Server server, String role) throws SQLException {
        return new SessionEnder(server, OF_A_ROLE, role);
    }

    /** Starts to terminate sessions. */
    public void start() {
        thread.start();
    }

    private void end() {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, whose);
            while (!done) {
                statement.execute();
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        } catch (SQLException e) {
            // The waiting session then fails with its lock_timeout, and that error names the cause.
            done = true;
        }
    }

    @Override
    public void close() throws SQLException {
        done = true;
        try {
            thread.join(LONGEST_END.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        connection.close();
    }
}
