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
 * One restore at a time into one server, which may use little memory, whoever asks and from whichever host. The server
 * holds the lock and gives it back when its holder dies, so that what bears the name of a restore is nobody's while this
 * is held by somebody else.
 */
final class RestoreTurn implements AutoCloseable {
    private static final AdvisoryLock LOCK = new AdvisoryLock(AdvisoryLock.Kind.RESTORE);

    private final Connection connection;

    private RestoreTurn(Connection connection) {
        this.connection = connection;
    }

    /** Empty while another restore is under way. */
    static Optional<RestoreTurn> take(Server server) throws SQLException {
        Connection connection = server.connectForLong(server.address().database());
        boolean taken = false;
        try {
            // It says nothing for as long as the restore lasts.
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
        return take(server).orElseThrow(() -> new Refusal("another restore is under way"));
    }

    @Override
    public void close() throws IOException {
        try (connection) {
            // The server notices only a while after it that a connection is closed; the next restore may come before.
            AdvisoryLock.release(connection);
        } catch (SQLException e) {
            throw new IOException("the turn of restores: " + e.getMessage(), e);
        }
    }
}
