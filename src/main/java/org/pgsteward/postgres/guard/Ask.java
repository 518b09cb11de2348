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
        return attempt(session, states, work, true);
    }

    /** The same for what only reads: it leaves no lock. */
    static <T> Optional<T> glance(Connection session, Set<String> states, Attempt<T> work) throws SQLException {
        return attempt(session, states, work, false);
    }

    private static <T> Optional<T> attempt(Connection session, Set<String> states, Attempt<T> work, boolean keepsLocks)
            throws SQLException {
        Savepoint before = session.setSavepoint();
        Optional<T> result;
        boolean keeps = keepsLocks;
        try {
            result = Optional.of(work.make());
        } catch (SQLException e) {
            if (!states.contains(e.getSQLState())) {
                throw e;
            }
            result = Optional.empty();
            keeps = false;
        }
        if (!keeps) {
            session.rollback(before);
        }
        // A savepoint that is rolled back to stays, and the transaction lasts for days.
        session.releaseSavepoint(before);
        return result;
    }

    /** Tells a session to end. */
    static void end(Connection session, int pid) throws SQLException {
        try (PreparedStatement statement = session.prepareStatement("SELECT pg_catalog.pg_terminate_backend(?)")) {
            statement.setInt(1, pid);
            statement.execute();
        }
    }
}
