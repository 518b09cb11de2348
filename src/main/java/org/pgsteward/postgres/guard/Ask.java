package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Optional;
import java.util.Set;

/** Short questions to a session. */
final class Ask {
    private Ask() {}

    static void run(Connection session, String sql) throws SQLException {
        try (Statement statement = session.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Returns the one value of the one row. */
    static String text(Connection session, String sql) throws SQLException {
        try (Statement statement = session.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    /** What may fail. */
    interface Attempt<T> {
        T make() throws SQLException;
    }

    /** Empty where it fails in one of these ways; the session's transaction goes on, and keeps the locks. */
    static <T> Optional<T> attempt(Connection session, Set<String> states, Attempt<T> work) throws SQLException {
        return attempt(session, states, work, session::releaseSavepoint);
    }

    /** The same for what only reads: it leaves no lock. */
    static <T> Optional<T> glance(Connection session, Set<String> states, Attempt<T> work) throws SQLException {
        return attempt(session, states, work, session::rollback);
    }

    private static <T> Optional<T> attempt(Connection session, Set<String> states, Attempt<T> work, After after)
            throws SQLException {
        Savepoint before = session.setSavepoint();
        try {
            T result = work.make();
            after.its(before);
            return Optional.of(result);
        } catch (SQLException e) {
            if (!states.contains(e.getSQLState())) {
                throw e;
            }
            session.rollback(before);
            return Optional.empty();
        }
    }

    private interface After {
        void its(Savepoint before) throws SQLException;
    }

    /** Tells a session to end. */
    static void end(Connection session, int pid) throws SQLException {
        try (PreparedStatement statement = session.prepareStatement("SELECT pg_catalog.pg_terminate_backend(?)")) {
            statement.setInt(1, pid);
            statement.execute();
        }
    }
}
