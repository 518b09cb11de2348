package org.pgsteward.postgres;

import java.sql.Connection;
import java.sql.SQLException;

/** Renames a database. */
public final class DatabaseRename {
    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private DatabaseRename() {}

    /**
     * Waits for sessions that have locked it, as long as the session's {@code lock_timeout}.
     *
     * @throws SQLException if PostgreSQL refuses; an open transaction is then to be rolled back
     */
    public static void run(Connection connection, String from, String to) throws SQLException {
        run(connection, from, to, "");
    }

    /**
     * The same, with more statements in the same transaction.
     *
     * @param statements separated by semicolons
     */
    public static void run(Connection connection, String from, String to, String statements) throws SQLException {
        try {
            Query.run(
                    connection,
                    "ALTER DATABASE " + Quote.identifier(from) + " RENAME TO " + Quote.identifier(to) + "; "
                            + statements);
        } catch (SQLException e) {
            if (!LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
                throw e;
            }
            throw new SQLException(
                    "database \"" + from + "\" cannot be renamed to \"" + to
                            + "\", another session keeps a lock on it; try again:"
                            + " the daemon of pgsteward terminates such a session within seconds and names its role",
                    e.getSQLState(),
                    e);
        }
    }
}
