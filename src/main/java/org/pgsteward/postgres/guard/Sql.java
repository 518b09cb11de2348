package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.postgres.Query;

/** Statements of the guard, in a transaction that stays open for days. */
final class Sql {
    /** Nested savepoints may have the same name: each release leaves the one before. */
    private static final String SAVEPOINT = "SAVEPOINT guard";

    private static final String RELEASE = "RELEASE SAVEPOINT guard";

    /** {@code ROLLBACK TO} keeps the savepoint. Without the release, savepoints would nest and fill the server's memory. */
    private static final String ROLLBACK = "ROLLBACK TO SAVEPOINT guard; " + RELEASE;

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
        Query.run(session, SAVEPOINT);
        Optional<T> result;
        boolean keeps = keepsLocks;
        try {
            result = Optional.of(statements.run());
        } catch (SQLException e) {
            if (!states.contains(e.getSQLState())) {
                undo(session, e);
                throw e;
            }
            result = Optional.empty();
            keeps = false;
        }
        Query.run(session, keeps ? RELEASE : ROLLBACK);
        return result;
    }

    /** Removes the savepoint: a caller that handles the error goes back to its own, which has the same name. */
    private static void undo(Connection session, SQLException error) {
        try {
            Query.run(session, ROLLBACK);
        } catch (SQLException ended) {
            error.addSuppressed(ended);
        }
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
