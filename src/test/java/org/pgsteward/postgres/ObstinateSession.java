package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.pgsteward.ProcessSignal;
import org.pgsteward.model.Secret;
import org.postgresql.PGConnection;

/**
 * A service's session in the management database, with every lock there that could obstruct pgsteward. Its server
 * process is stopped, so it ignores the request to terminate, as some functions do.
 */
public final class ObstinateSession implements AutoCloseable {
    private final Connection connection;
    private final int process;

    /** @param role has the privilege to connect to the management database, and no other */
    public ObstinateSession(Server server, String role, Secret password) throws Exception {
        connection = server.connectAs(role, password, server.address().database());
        process = connection.unwrap(PGConnection.class).getBackendPID();
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            // The present and former keys of pgsteward's locks.
            for (int kind : new int[] {0x6461_656d, 0x7374_6279, 0x7265_7374, 0x6577_7264}) {
                statement.execute("SELECT pg_advisory_lock(" + 0x7067_7374 + ", " + kind + ")");
                statement.execute("SELECT pg_advisory_lock(" + kind + ", 1)");
            }
            // The strongest lock that a role can hold on a table without a privilege on it.
            for (String table : List.of("pg_tablespace", "pg_authid")) {
                statement.execute("PREPARE of_" + table + " AS DELETE FROM pg_catalog." + table);
                statement.execute("SAVEPOINT before");
                assertThatThrownBy(() -> statement.execute("LOCK TABLE pg_catalog." + table + " IN SHARE MODE"))
                        .hasMessageContaining("permission denied");
                statement.execute("ROLLBACK TO before");
            }
        }
        assertThat(ProcessSignal.send("STOP", process)).isTrue();
    }

    @Override
    public void close() throws IOException, SQLException {
        try {
            assertThat(ProcessSignal.send("CONT", process)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        connection.close();
    }
}
