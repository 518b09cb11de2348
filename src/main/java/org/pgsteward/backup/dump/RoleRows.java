package org.pgsteward.backup.dump;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Server;

/**
 * The number of roles that a dump of the globals must contain. {@code pg_dumpall} cannot use the snapshot of another
 * session. So a lock prevents the creation and removal of roles from the count to the end of the dump. Other sessions
 * wait for it, usually less than a second.
 *
 * <p>Any role can block this lock. Then the dump runs without it, and a role that is created meanwhile fails the
 * verification.
 */
final class RoleRows implements AutoCloseable {
    private static final String LOCK_TIMEOUT = "5s";

    /** lock_not_available. */
    private static final String TIMED_OUT = "55P03";

    private static final String COUNT = "SELECT count(*) FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_'";

    private final Connection connection;
    private final long roles;

    private RoleRows(Connection connection, long roles) {
        this.connection = connection;
        this.roles = roles;
    }

    /** Takes the lock and counts. Must be called before the dump starts. */
    static RoleRows before(Server server) throws SQLException {
        Connection connection = server.connectForLong(server.address().database());
        boolean counted = false;
        try {
            lock(connection);
            RoleRows rows = new RoleRows(connection, Query.one(connection, COUNT, row -> row.getLong(1)));
            counted = true;
            return rows;
        } finally {
            if (!counted) {
                connection.close();
            }
        }
    }

    private static void lock(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try {
            Query.run(connection, "SET LOCAL lock_timeout = '" + LOCK_TIMEOUT + "'");
            Query.run(connection, "LOCK TABLE pg_catalog.pg_authid IN SHARE MODE");
        } catch (SQLException e) {
            if (!TIMED_OUT.equals(e.getSQLState())) {
                throw e;
            }
            connection.rollback();
        }
    }

    /** Releases the lock as soon as {@code dump} has ended. */
    CompletableFuture<Map<String, Long>> after(ClientProgram dump) {
        return RowCount.start("count-roles", () -> {
            try (this) {
                dump.awaitSuccess();
                return Map.of("pg_catalog.pg_roles", roles);
            }
        });
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
