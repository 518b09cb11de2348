package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.postgres.Query;

/** Statements of the guard, in a transaction that stays open for days. */
final class Sql {
    private Sql() {}

    /** Returns the first column of the first row. */
    static String value(Connection session, String sql) throws SQLException {
        return Query.one(session, sql, row -> row.getString(1));
    }

    /** Statements that may fail. */
    interface Statements<T> {
        T run() throws SQLException;
    }

    /**
     * Runs statements, and returns their result; empty if a statement fails with one of the SQLSTATEs. The transaction
     * stays usable, and keeps the locks that successful statements took.
     */
    static <T> Optional<T> attempt(Connection session, Set<String> states, Statements<T> statements)
            throws SQLException {
        return attempt(session, states, statements, true);
    }

    /** Runs queries as {@link #attempt} does, and releases their locks. */
    static <T> Optional<T> query(Connection session, Set<String> states, Statements<T> statements) throws SQLException {
        return attempt(session, states, statements, false);
    }

    private static <T> Optional<T> attempt(
            Connection session, Set<String> states, Statements<T> statements, boolean keepsLocks) throws SQLException {
        Savepoint savepoint = session.setSavepoint();
        Optional<T> result;
        boolean keeps = keepsLocks;
        try {
            result = Optional.of(statements.run());
        } catch (SQLException e) {
            if (!states.contains(e.getSQLState())) {
                throw e;
            }
            result = Optional.empty();
            keeps = false;
        }
        if (!keeps) {
            session.rollback(savepoint);
        }
        // ROLLBACK TO keeps the savepoint. Without the release, savepoints would nest and fill the server's memory.
        session.releaseSavepoint(savepoint);
        return result;
    }

    /**
     * Discards the statistics snapshot of the transaction, so that PostgreSQL reports the present sessions. Within a
     * transaction it otherwise repeats its first answer.
     */
    static void clearStatistics(Connection session) throws SQLException {
        Query.run(session, "SELECT pg_catalog.pg_stat_clear_snapshot()");
    }

    /** Requests the end of a session. */
    static void terminate(Connection session, int pid) throws SQLException {
        Query.run(session, "SELECT pg_catalog.pg_terminate_backend(?)", pid);
    }
}
