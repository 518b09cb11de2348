package org.pgsteward.provision;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.pgsteward.postgres.AdvisoryLock;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Server;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection to the management database, with the lock for changes to the cluster. */
final class Management implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Management.class);

    private static final AdvisoryLock LOCK = new AdvisoryLock(AdvisoryLock.Kind.PROVISION);

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Connection connection;
    private final Duration locks;

    /**
     * @param locks the longest wait of a statement for a lock, since a role can keep its own row of the catalog locked
     */
    Management(Server server, Duration locks) throws SQLException {
        this.connection = server.connect(server.address().database());
        this.locks = locks;
    }

    /** Waits for the lock, half a minute at most. */
    Turn turn() throws SQLException {
        Turn turn = new Turn();
        turn.take();
        return turn;
    }

    /** Returns whether the server still answers, which costs one round trip. */
    boolean isThere() throws SQLException {
        return connection.isValid(2);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.debug("closing the connection: {}", e.getMessage());
        }
    }

    /**
     * The right to change the cluster, which ends with the lock's release. A process that dies releases it with its
     * connection.
     */
    final class Turn implements AutoCloseable {
        Connection connection() {
            return connection;
        }

        ClusterReading reading() {
            return new ClusterReading(connection);
        }

        /** Waits for the lock, half a minute at most. */
        void take() throws SQLException {
            LOCK.await(connection, PATIENCE);
            Query.run(connection, "SET lock_timeout = " + locks.toMillis());
        }

        void release() throws SQLException {
            AdvisoryLock.release(connection);
        }

        /** @throws SQLException {@code e} itself, if the connection was lost and no further step is possible */
        void stillThere(SQLException e) throws SQLException {
            if (!isThere()) {
                throw e;
            }
        }

        @Override
        public void close() throws SQLException {
            if (!connection.isClosed()) {
                release();
            }
        }
    }
}
