package org.pgsteward.postgres.guard;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import org.jspecify.annotations.Nullable;
import org.pgsteward.postgres.Server;
import org.postgresql.PGConnection;

/** A session of the guard, in one transaction for as long as it can, with the locks that it keeps. For one thread. */
final class GuardSession {
    private static final int ANSWER_SECONDS = 10;

    /** After the end of a session: its next one has to be there before a role has taken all locks. */
    private static final long HASTE_NANOSECONDS = 30_000_000_000L;

    /** While a container starts, the first packet to it is lost, and TCP sends it again only after a second. */
    private static final int KNOCK_MILLISECONDS = 200;

    private static final String OUT_OF_MEMORY = "53200";

    private final Server server;
    private final KeptLocks locks = new KeptLocks();
    private @Nullable Connection kept;

    /** Before it come the locks that it keeps. */
    private @Nullable Savepoint base;

    /** By the JVM's clock, in nanoseconds. */
    private long lost = System.nanoTime() - 2 * HASTE_NANOSECONDS;

    GuardSession(Server server) {
        this.server = server;
    }

    /** Returns its connection, a new one where there is none. */
    Connection open() throws SQLException {
        Connection session = kept;
        if (session == null) {
            if (System.nanoTime() - lost < HASTE_NANOSECONDS) {
                knock();
            }
            session = server.connectForDaemon(ANSWER_SECONDS);
            kept = session;
            session.setAutoCommit(false);
            Ask.run(session, KeptLocks.TIMEOUT);
            Spared.session(session);
        }
        return session;
    }

    /** @throws SQLException where nothing answers at once; the caller tries again */
    private void knock() throws SQLException {
        try (Socket socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(
                            server.address().host(), server.address().port()),
                    KNOCK_MILLISECONDS);
        } catch (IOException e) {
            throw new SQLException("nothing answers at " + server.address().host() + ": " + e.getMessage(), "08001", e);
        }
    }

    boolean isOpen() {
        return kept != null;
    }

    KeptLocks locks() {
        return locks;
    }

    /** Has the locks that it has now survive an error. */
    void keepLocks() throws SQLException {
        Connection session = kept;
        if (session != null && base == null) {
            base = session.setSavepoint();
        }
    }

    /** The number of its process; 0 where it has none. */
    int pid() throws SQLException {
        Connection session = kept;
        return session == null ? 0 : session.unwrap(PGConnection.class).getBackendPID();
    }

    /** The last query's portal keeps its snapshot until another statement takes its place, which needs none. */
    void dropSnapshot() throws SQLException {
        Connection session = kept;
        if (session != null) {
            Ask.run(session, KeptLocks.TIMEOUT);
        }
    }

    /** Lets others have what it has locked. */
    void rollback() throws SQLException {
        Connection session = kept;
        if (session != null) {
            base = null;
            session.rollback();
            locks.forget();
        }
    }

    void commit() throws SQLException {
        Connection session = kept;
        if (session != null) {
            base = null;
            session.commit();
            locks.forget();
        }
    }

    /** After an error: it stays where only locks are missing, since a new one might not get in. */
    void recover(SQLException error) {
        Connection session = kept;
        if (OUT_OF_MEMORY.equals(error.getSQLState()) && session != null) {
            try {
                if (base == null) {
                    rollback();
                } else {
                    session.rollback(base);
                }
                return;
            } catch (SQLException gone) {
                error.addSuppressed(gone);
            }
        }
        close();
    }

    void close() {
        Connection session = kept;
        kept = null;
        base = null;
        locks.lose();
        if (session != null) {
            lost = System.nanoTime();
            try {
                session.abort(Runnable::run);
            } catch (SQLException e) {
                // It is gone already.
                kept = null;
            }
        }
    }
}
