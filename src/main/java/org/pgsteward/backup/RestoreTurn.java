package org.pgsteward.backup;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.pgsteward.postgres.Server;

/**
 * One restore at a time into one server, which may use little memory, whoever asks and from whichever host. The server
 * holds the lock and gives it back when its holder dies, so that what bears the name of a restore is nobody's while this
 * is held by somebody else.
 */
final class RestoreTurn implements AutoCloseable {
    /** Nothing but a number that nobody else will think of: "pgst", "rest". */
    private static final String KEY = "1885827956, 1919251316";

    private static final String TAKE = "SELECT pg_catalog.pg_try_advisory_lock(" + KEY + ")";

    private static final String GIVE_BACK = "SELECT pg_catalog.pg_advisory_unlock(" + KEY + ")";

    /** A service may connect here, and nothing keeps it from taking a lock of our number: then it is put out. */
    private static final String PUT_OUT = """
            SELECT count(pg_catalog.pg_terminate_backend(l.pid, 5000)) > 0
              FROM pg_catalog.pg_locks AS l
              JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
              JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
             WHERE l.locktype = 'advisory'
               AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
               AND (l.classid, l.objid) = (%s) AND l.objsubid = 2 AND NOT r.rolsuper
            """.formatted(KEY);

    private final Connection connection;

    private RestoreTurn(Connection connection) {
        this.connection = connection;
    }

    /** Empty while another restore is under way. */
    static Optional<RestoreTurn> take(Server server) throws SQLException {
        Connection connection = server.connectForLong(server.address().database());
        boolean taken = false;
        try (Statement statement = connection.createStatement()) {
            // It says nothing for as long as the restore lasts.
            statement.execute("SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings"
                    + " WHERE name = 'idle_session_timeout'");
            taken = isTrue(statement, TAKE) || (isTrue(statement, PUT_OUT) && isTrue(statement, TAKE));
            return taken ? Optional.of(new RestoreTurn(connection)) : Optional.empty();
        } finally {
            if (!taken) {
                connection.close();
            }
        }
    }

    private static boolean isTrue(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            return row.next() && row.getBoolean(1);
        }
    }

    /** @throws Restore.Refused while another restore is under way */
    static RestoreTurn orRefuse(Server server) throws SQLException, Restore.Refused {
        return take(server).orElseThrow(() -> new Restore.Refused("another restore is under way"));
    }

    @Override
    public void close() throws IOException {
        try (connection;
                Statement statement = connection.createStatement()) {
            // The server notices only a while after it that a connection is closed; the next restore may come before.
            statement.execute(GIVE_BACK);
        } catch (SQLException e) {
            throw new IOException("the turn of restores: " + e.getMessage(), e);
        }
    }
}
