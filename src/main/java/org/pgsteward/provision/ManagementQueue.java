package org.pgsteward.provision;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.pgsteward.postgres.Server;

/**
 * The queue of this process's work on the management database: one piece of work at a time, in order of arrival. It keeps a
 * connection, because a login takes as long as all statements of a claim but {@code CREATE DATABASE}. Safe for many threads.
 */
final class ManagementQueue implements AutoCloseable {
    /**
     * How long a statement waits for a lock. A role can keep its own catalog row locked, and all other services would wait
     * meanwhile. A later run repeats the step.
     */
    private static final Duration LOCK_TIMEOUT = Duration.ofSeconds(2);

    private final Server server;

    /** Fair: a list of containers is many pieces of work, and a new container goes between them. */
    private final ReentrantLock turns = new ReentrantLock(true);

    private @Nullable ManagementConnection kept;

    ManagementQueue(Server server) {
        this.server = server;
    }

    /** Waits until it is this thread's turn. */
    void enter() {
        turns.lock();
    }

    void leave() {
        turns.unlock();
    }

    /** Lets waiting work of this process and of others go first. */
    void passOn(ManagementConnection.Turn turn) throws SQLException {
        turn.release();
        turns.unlock();
        turns.lock();
        turn.take();
    }

    /** Opens a connection that other work cannot close; the caller closes it. */
    ManagementConnection own() throws SQLException {
        return new ManagementConnection(server, LOCK_TIMEOUT);
    }

    /** Returns the kept connection, or a new one if it was lost. */
    ManagementConnection kept() throws SQLException {
        ManagementConnection open = kept;
        if (open != null && !open.isThere()) {
            close();
            open = null;
        }
        if (open == null) {
            open = own();
            kept = open;
        }
        return open;
    }

    /** Closes the kept connection; the next work opens another. */
    @Override
    public void close() {
        turns.lock();
        try {
            ManagementConnection open = kept;
            kept = null;
            if (open != null) {
                open.close();
            }
        } finally {
            turns.unlock();
        }
    }
}
