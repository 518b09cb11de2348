package org.pgsteward.provision;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.pgsteward.postgres.AdvisoryLock;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Server;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection to the management database, and the advisory lock that lets one process at a time change the cluster. */
final class ManagementConnection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ManagementConnection.class);

    private static final AdvisoryLock LOCK = new AdvisoryLock(AdvisoryLock.Kind.PROVISION);

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Connection connection;
    private final Duration locks;

    /** @param locks how long a statement waits for a lock of PostgreSQL: a role can keep its own catalog row locked */
    ManagementConnection(Server server, Duration locks) throws SQLException {
        this.connection = server.connect(server.address().database());
        this.locks = locks;
    }

    /** Waits up to {@link #PATIENCE} for the advisory lock. */
    Turn turn() throws SQLException {
        Turn turn = new Turn();
        turn.take();
        return turn;
    }

    /** Returns whether the connection still works, after one round trip. */
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

    /** The time during which this process holds the lock. PostgreSQL releases it too if the connection ends. */
    final class Turn implements AutoCloseable {
        Connection connection() {
            return connection;
        }

        ClusterReading reading() {
            return new ClusterReading(connection);
        }

        ManagementReading managementReading() {
            return new ManagementReading(connection);
        }

        /** Waits up to {@link #PATIENCE} for the advisory lock. */
        void take() throws SQLException {
            LOCK.await(connection, PATIENCE);
            Query.run(connection, "SET lock_timeout = " + locks.toMillis());
        }

        void release() throws SQLException {
            AdvisoryLock.release(connection);
        }

        /** @throws SQLException {@code e} itself, if the connection was lost */
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
