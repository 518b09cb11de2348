package org.pgsteward.backup;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.pgsteward.model.Elapsed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A time after which connections end. A statement may catch the server's own time limit and go on, so this side closes the
 * connection.
 */
final class TimeLimit {
    private static final Logger LOG = LoggerFactory.getLogger(TimeLimit.class);

    private final Duration allowed;
    private final long end;

    private TimeLimit(Duration allowed) {
        this.allowed = allowed;
        this.end = System.nanoTime() + allowed.toNanos();
    }

    /** Returns one that is over after this time. */
    static TimeLimit in(Duration allowed) {
        return new TimeLimit(allowed);
    }

    /**
     * Returns the same connection. It is closed when the time is over; a statement under way then fails.
     *
     * @throws SQLTimeoutException if the time is over already
     */
    Connection over(Connection connection) throws SQLException {
        long left = end - System.nanoTime();
        if (left <= 0) {
            connection.close();
            throw new SQLTimeoutException("it took longer than " + Elapsed.words(allowed));
        }
        CompletableFuture.delayedExecutor(left, TimeUnit.NANOSECONDS).execute(() -> abort(connection));
        return connection;
    }

    private static void abort(Connection connection) {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            LOG.debug("a connection was not closed at its time limit: {}", e.getMessage());
        }
    }
}
