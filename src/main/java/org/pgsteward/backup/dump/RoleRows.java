package org.pgsteward.backup.dump;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Server;

/**
 * How many roles a dump of them must hold. {@code pg_dumpall} takes no snapshot of another session, so nobody makes or
 * removes a role from the count to the end of the dump: whoever does waits, for less than a second as a rule.
 *
 * <p>Any role can keep this lock from us. Then there is none, and a role that is made meanwhile fails the verification.
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

    /** The count, to be had before the dump starts. */
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
