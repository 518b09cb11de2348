package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import org.pgsteward.postgres.Query;

/** Kills the process of a session with a program that PostgreSQL starts. */
final class KillProcess {
    private static final String IS_RUNNING =
            "SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE pid = ? AND usename = ?";

    /** SQLSTATE classes: the connection was lost, or PostgreSQL ends all sessions. */
    private static final String CONNECTION = "08";

    private static final String ENDED = "57P";

    private KillProcess() {}

    /**
     * Returns whether the process was killed; false if the session has ended by itself.
     *
     * @throws SQLException if PostgreSQL is unavailable, or denies the start of the program
     */
    static boolean of(Connection connection, TerminatedSession session) throws SQLException {
        Sql.clearStatistics(connection);
        if (!isRunning(connection, session)) {
            return false;
        }
        try {
            // Without rows, since the program reads no input.
            Query.run(connection, "COPY (SELECT WHERE false) TO PROGRAM 'kill -KILL " + session.pid() + "'");
        } catch (SQLException e) {
            String state = String.valueOf(e.getSQLState());
            if (!state.startsWith(CONNECTION) && !state.startsWith(ENDED)) {
                throw e;
            }
            // PostgreSQL ends this session too, before or after the program does its work.
        }
        return true;
    }

    private static boolean isRunning(Connection connection, TerminatedSession session) throws SQLException {
        return Query.one(connection, IS_RUNNING, row -> row.getInt(1) > 0, session.pid(), session.role());
    }
}
