package org.pgsteward.postgres;

import java.sql.Connection;
import java.sql.SQLException;

/** Rename of a database. */
public final class DatabaseRename {
    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private DatabaseRename() {}

    /**
     * Renames a database. Waits for sessions that have locked it, up to the session's {@code lock_timeout}.
     *
     * @throws SQLException if PostgreSQL refuses; the caller must then roll an open transaction back
     */
    public static void run(Connection connection, String from, String to) throws SQLException {
        run(connection, from, to, "");
    }

    /**
     * Renames a database and runs more statements in the same transaction.
     *
     * @param statements separated by semicolons
     * @throws SQLException if PostgreSQL refuses; the caller must then roll an open transaction back
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
                    "cannot rename database \"" + from + "\" to \"" + to
                            + "\": another session holds a lock on it; try again:"
                            + " the daemon terminates such a session within seconds and names its role",
                    e.getSQLState(),
                    e);
        }
    }
}
