package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Statements of a test, run at once or in another thread. */
final class Sessions {
    private Sessions() {}

    /** Statements in a session. */
    interface Work {
        void run() throws SQLException;
    }

    static void run(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** Starts a statement, which may wait, in another thread. */
    static CompletableFuture<Void> start(Connection connection, String sql) {
        return start(() -> run(connection, sql));
    }

    static CompletableFuture<Void> start(Work work) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        work.run();
                    } catch (SQLException e) {
                        throw new CompletionException(e);
                    }
                },
                task -> new Thread(task, "session").start());
    }
}
