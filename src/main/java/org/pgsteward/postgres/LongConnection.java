package org.pgsteward.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.PGConnection;

/** A connection for work that may take hours. An answer has no time limit, so cancelling the work ends the connection. */
final class LongConnection {
    private LongConnection() {}

    /** Returns the connection after its registration with the present work, see {@link Progress}. */
    static Connection register(Connection connection) {
        Progress.current().register(() -> abort(connection), () -> isClosed(connection));
        return connection;
    }

    /** Cancels the query first: a server process that waits for a lock does not notice that its client has gone. */
    private static void abort(Connection connection) {
        try {
            try {
                connection.unwrap(PGConnection.class).cancelQuery();
            } finally {
                connection.abort(Runnable::run);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("cannot cancel a query: " + e.getMessage(), e);
        }
    }

    private static boolean isClosed(Connection connection) {
        try {
            return connection.isClosed();
        } catch (SQLException e) {
            return true;
        }
    }
}
