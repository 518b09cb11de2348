package org.pgsteward.backup.dump;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.pgsteward.io.Timeout;
import org.pgsteward.model.Elapsed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A time after which connections end. A statement may catch the server's own timeout and continue, so this side closes
 * the connection. {@link #close} ends the limit, and releases its connections.
 */
final class TimeLimit implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TimeLimit.class);

    private final Duration allowed;
    private final long end;
    private final Map<Connection, Timeout> limited = new ConcurrentHashMap<>();

    private TimeLimit(Duration allowed) {
        this.allowed = allowed;
        this.end = System.nanoTime() + allowed.toNanos();
    }

    /** Returns a limit that ends after this time. */
    static TimeLimit in(Duration allowed) {
        return new TimeLimit(allowed);
    }

    /**
     * Returns the same connection, which is closed when the time is over. A statement under way then fails.
     *
     * @throws SQLTimeoutException if the time is over already
     */
    Connection over(Connection connection) throws SQLException {
        if (isOver()) {
            connection.close();
            throw new SQLTimeoutException("it took longer than " + words());
        }
        limited.put(connection, Timeout.after(Duration.ofNanos(end - System.nanoTime()), () -> abort(connection)));
        return connection;
    }

    /** Exempts the connection from the limit. */
    void lift(Connection connection) {
        Timeout timeout = limited.remove(connection);
        if (timeout != null) {
            timeout.close();
        }
    }

    /** Exempts all connections. */
    @Override
    public void close() {
        limited.keySet().forEach(this::lift);
    }

    boolean isOver() {
        return System.nanoTime() - end >= 0;
    }

    /** Returns the limit as text, such as {@code 2 min}. */
    String words() {
        return Elapsed.words(allowed);
    }

    private void abort(Connection connection) {
        try {
            if (limited.remove(connection) != null) {
                connection.abort(Runnable::run);
            }
        } catch (SQLException e) {
            LOG.debug("a connection was not closed at its time limit: {}", e.getMessage());
        }
    }
}
