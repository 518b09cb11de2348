package org.pgsteward.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/**
 * Removal of a database within a time limit. {@code DROP DATABASE} waits until every session of every database has
 * closed its files, and PostgreSQL cannot interrupt some statements. A database that was not dropped in time accepts no
 * connections, and can be dropped later.
 */
public final class DatabaseRemoval {
    public static final Duration LONGEST = Duration.ofSeconds(30);

    /** SQLSTATE of a statement that exceeded its {@code statement_timeout}. */
    private static final String QUERY_CANCELED = "57014";

    private DatabaseRemoval() {}

    /**
     * Drops a database if it exists, and ends its sessions.
     *
     * @param connection outside of a transaction. After an error the caller must close it, since it keeps the timeout.
     * @throws SQLException if the database cannot be dropped; see {@link #tookTooLong}
     */
    public static void drop(Connection connection, String database, Duration longest) throws SQLException {
        Query.run(connection, "SET statement_timeout = " + longest.toMillis());
        Query.run(connection, "DROP DATABASE IF EXISTS " + Quote.identifier(database) + " WITH (FORCE)");
        Query.run(connection, "RESET statement_timeout");
    }

    /** Returns whether another session kept {@link #drop} waiting. */
    public static boolean tookTooLong(SQLException error) {
        return QUERY_CANCELED.equals(error.getSQLState());
    }
}
