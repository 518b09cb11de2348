package org.pgsteward.postgres.guard;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Server;
import org.postgresql.PGConnection;

/** A session of the guard with its locks, in one long transaction. Not thread-safe. */
final class GuardSession {
    private static final int ANSWER_SECONDS = 10;

    /**
     * The time after the end of a session in which the guard uses a short connect timeout. It must replace the session
     * before a role takes all locks.
     */
    private static final long HURRY_NANOSECONDS = 30_000_000_000L;

    /** A login that waits for a lock fails after several seconds; a server that is unavailable refuses it at once. */
    private static final long SLOW_NANOSECONDS = 2_000_000_000L;

    /** TCP repeats a lost SYN after a second. The first SYN to a container that is being started is lost. */
    private static final int CONNECT_MILLISECONDS = 200;

    /** SQLSTATE when the server's lock table is full, among others. */
    private static final String OUT_OF_MEMORY = "53200";

    /** SQLSTATE when a lock is not granted in time. */
    static final String LOCK_NOT_AVAILABLE = "55P03";

    private final Server server;
    private final GuardLocks locks = new GuardLocks();
    private final List<TerminatedSession> terminatedForLogin = new ArrayList<>();
    private @Nullable Connection current;

    /** The savepoint after the statements that took the locks. A rollback to it keeps the locks after an error. */
    private @Nullable Savepoint afterLocks;

    /** {@link System#nanoTime} at the end of the previous session. */
    private long endedAt = System.nanoTime() - 2 * HURRY_NANOSECONDS;

    GuardSession(Server server) {
        this.server = server;
    }

    /** Returns the session's connection; opens a new one if there is none. */
    Connection connection() throws SQLException {
        Connection connection = current;
        if (connection == null) {
            if (System.nanoTime() - endedAt < HURRY_NANOSECONDS) {
                requireReachable();
            }
            connection = login();
            current = connection;
            connection.setAutoCommit(false);
            Query.run(connection, GuardLocks.TIMEOUT);
            OomScore.reset(connection);
        }
        return connection;
    }

    /**
     * Logs in. A login that fails slowly may have waited for a lock, so an emergency session then ends its blockers.
     */
    private Connection login() throws SQLException {
        long begun = System.nanoTime();
        try {
            return server.connectForDaemon(ANSWER_SECONDS);
        } catch (SQLException e) {
            Optional<EmergencySession.Login> login = System.nanoTime() - begun > SLOW_NANOSECONDS
                    ? EmergencySession.login(server, ANSWER_SECONDS, e)
                    : Optional.empty();
            login.ifPresent(one -> terminatedForLogin.addAll(one.terminated()));
            return login.orElseThrow(() -> e).connection();
        }
    }

    /** Returns the sessions that were terminated since the last call so that this session could log in. */
    List<TerminatedSession> terminatedForLogin() {
        List<TerminatedSession> terminated = List.copyOf(terminatedForLogin);
        terminatedForLogin.clear();
        return terminated;
    }

    /**
     * Checks that the server accepts a TCP connection at once.
     *
     * @throws SQLException if it does not; the caller tries again
     */
    private void requireReachable() throws SQLException {
        String host = server.address().host();
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, server.address().port()), CONNECT_MILLISECONDS);
        } catch (IOException e) {
            throw new SQLException("cannot connect to " + host + ": " + e.getMessage(), "08001", e);
        }
    }

    boolean isOpen() {
        return current != null;
    }

    GuardLocks locks() {
        return locks;
    }

    /** Protects the present locks against a later error. */
    void protectLocks() throws SQLException {
        Connection connection = current;
        if (connection != null && afterLocks == null) {
            afterLocks = connection.setSavepoint();
        }
    }

    /** Returns the process ID of the session's backend; 0 without a session. */
    int pid() throws SQLException {
        Connection connection = current;
        return connection == null ? 0 : connection.unwrap(PGConnection.class).getBackendPID();
    }

    /**
     * Releases the snapshot of the last query, so that the transaction delays no vacuum. The portal of a query keeps
     * its snapshot until another statement replaces it. {@code SET} needs none.
     */
    void releaseSnapshot() throws SQLException {
        Connection connection = current;
        if (connection != null) {
            Query.run(connection, GuardLocks.TIMEOUT);
        }
    }

    /** Ends the transaction, so that other sessions get its locks. */
    void rollback() throws SQLException {
        Connection connection = current;
        if (connection != null) {
            afterLocks = null;
            connection.rollback();
            locks.transactionEnded();
        }
    }

    void commit() throws SQLException {
        Connection connection = current;
        if (connection != null) {
            afterLocks = null;
            connection.commit();
            locks.transactionEnded();
        }
    }

    /**
     * Makes the session usable after an error, or closes it. It stays open after a full lock table or a lock timeout,
     * since a new login could fail.
     */
    void recover(SQLException error) {
        Connection connection = current;
        String state = error.getSQLState();
        if (connection != null && (OUT_OF_MEMORY.equals(state) || LOCK_NOT_AVAILABLE.equals(state))) {
            try {
                if (afterLocks == null) {
                    rollback();
                } else {
                    connection.rollback(afterLocks);
                    locks.rolledBackToSavepoint();
                }
                return;
            } catch (SQLException ended) {
                error.addSuppressed(ended);
            }
        }
        close();
    }

    void close() {
        Connection connection = current;
        current = null;
        afterLocks = null;
        locks.sessionEnded();
        if (connection != null) {
            endedAt = System.nanoTime();
            try {
                connection.abort(Runnable::run);
            } catch (SQLException e) {
                // The session has ended already.
                current = null;
            }
        }
    }
}
