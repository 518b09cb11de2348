package org.pgsteward.backup.dump;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.pgsteward.model.Elapsed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A time after which connections end. A statement may catch the server's own timeout and continue, so this side closes
 * the connection.
 */
final class TimeLimit {
    private static final Logger LOG = LoggerFactory.getLogger(TimeLimit.class);

    private final Duration allowed;
    private final long end;
    private final Set<Connection> limited = ConcurrentHashMap.newKeySet();

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
        limited.add(connection);
        CompletableFuture.delayedExecutor(end - System.nanoTime(), TimeUnit.NANOSECONDS)
                .execute(() -> abort(connection));
        return connection;
    }

    /** Exempts the connection from the limit. */
    void lift(Connection connection) {
        limited.remove(connection);
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
            if (limited.remove(connection)) {
                connection.abort(Runnable::run);
            }
        } catch (SQLException e) {
            LOG.debug("a connection was not closed at its time limit: {}", e.getMessage());
        }
    }
}
