package org.pgsteward.provision;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection to the management database, and whose turn it is to change the cluster. */
final class Management implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Management.class);

    /** Any number that is the same in every pgsteward; these are the letters of "pgstewrd". */
    private static final long LOCK = 0x7067_7374_6577_7264L;

    /** A service may connect here, and nothing keeps it from taking a lock of our number: then it is put out. */
    private static final String PUT_OUT = """
            SELECT count(pg_catalog.pg_terminate_backend(l.pid))
              FROM pg_catalog.pg_locks AS l
              JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
              JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
             WHERE l.locktype = 'advisory'
               AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
               AND ((l.classid::bigint << 32) | l.objid::bigint) = ?
               AND l.objsubid = 1 AND NOT r.rolsuper
            """;

    private final Connection connection;

    Management(Connection connection) {
        this.connection = connection;
    }

    /** Waits for the lock, half a minute at most. */
    Turn turn() throws SQLException {
        if (!isTrue("SELECT pg_catalog.pg_try_advisory_lock(?)")) {
            try (PreparedStatement statement = connection.prepareStatement(PUT_OUT)) {
                statement.setLong(1, LOCK);
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    if (row.getInt(1) > 0) {
                        LOG.warn("a service's session held pgsteward's lock and was ended");
                    }
                }
            }
            try (PreparedStatement statement = connection.prepareStatement("SELECT pg_catalog.pg_advisory_lock(?)")) {
                statement.setLong(1, LOCK);
                statement.execute();
            }
        }
        return new Turn();
    }

    /** Whether the server has not gone since, which costs one round trip. */
    boolean isThere() throws SQLException {
        return connection.isValid(2);
    }

    private boolean isTrue(String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setLong(1, LOCK);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.debug("closing the connection: {}", e.getMessage());
        }
    }

    /** Ends with the lock's release; a process that dies releases it with its connection. */
    final class Turn implements AutoCloseable {
        Connection connection() {
            return connection;
        }

        ClusterReading reading() {
            return new ClusterReading(connection);
        }

        /** @throws SQLException {@code e} itself, when the connection went with it and nothing more can be done */
        void stillThere(SQLException e) throws SQLException {
            if (!isThere()) {
                throw e;
            }
        }

        @Override
        public void close() throws SQLException {
            if (!connection.isClosed()) {
                isTrue("SELECT pg_catalog.pg_advisory_unlock(?)");
            }
        }
    }
}
