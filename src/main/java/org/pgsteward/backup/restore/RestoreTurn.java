package org.pgsteward.backup.restore;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.AdvisoryLock;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Server;

/**
 * The turn of restores: one at a time into one server, from any process on any host, since the server may use little
 * memory. The server holds the lock and releases it when the holder dies. So for the holder, every object with the name
 * of another restore is a leftover.
 */
final class RestoreTurn implements AutoCloseable {
    private static final AdvisoryLock LOCK = new AdvisoryLock(AdvisoryLock.Kind.RESTORE);

    private final Connection connection;

    private RestoreTurn(Connection connection) {
        this.connection = connection;
    }

    /** Returns the turn; empty while another restore is under way. */
    static Optional<RestoreTurn> take(Server server) throws SQLException {
        Connection connection = server.connectForLong(server.address().database());
        boolean taken = false;
        try {
            // The session is idle for the whole restore, so no timeout may end it.
            Query.run(
                    connection,
                    "SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings"
                            + " WHERE name = 'idle_session_timeout'");
            taken = LOCK.take(connection, "");
            return taken ? Optional.of(new RestoreTurn(connection)) : Optional.empty();
        } finally {
            if (!taken) {
                connection.close();
            }
        }
    }

    /** @throws Refusal while another restore is under way */
    static RestoreTurn orRefuse(Server server) throws SQLException, Refusal {
        return take(server)
                .orElseThrow(
                        () -> new Refusal("another restore is running on this server; try again when it has ended"));
    }

    @Override
    public void close() throws IOException {
        try (connection) {
            // The server notices a closed connection only after a while, and the next restore may come earlier.
            AdvisoryLock.release(connection);
        } catch (SQLException e) {
            throw new IOException("cannot release the lock of restores: " + e.getMessage(), e);
        }
    }
}
