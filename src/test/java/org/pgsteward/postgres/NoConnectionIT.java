package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Secret;

/** The messages about a mistyped address, login or database. */
@NeedsPostgres
class NoConnectionIT {
    @Test
    void eachMistakeNamesTheAttemptAndItsSetting() throws Exception {
        try (TestCluster cluster = TestCluster.start()) {
            ServerAddress right = cluster.server().address();
            String where = right.where();

            assertThat(said(new ServerAddress("postgrsql.invalid", 5432, "homelab", new Secret("x"), "homelab")))
                    .isEqualTo("PostgreSQL does not answer: cannot resolve host 'postgrsql.invalid'"
                            + ": its container does not run, or PGSTEWARD_POSTGRES_HOST is wrong");
            int nobody;
            try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                nobody = free.getLocalPort();
            }
            assertThat(said(new ServerAddress("127.0.0.1", nobody, "homelab", new Secret("x"), "homelab")))
                    .isEqualTo("PostgreSQL does not answer: no server listens at 127.0.0.1:" + nobody
                            + " (PGSTEWARD_POSTGRES_HOST and _PORT)");
            assertThat(said(new ServerAddress(
                            right.host(), right.port(), right.user(), new Secret("not it"), right.database())))
                    .startsWith("PostgreSQL refuses the connection of pgsteward: " + where + " refuses the login of '"
                            + right.user() + "' (password authentication failed")
                    .contains("PGSTEWARD_POSTGRES_USER and _PASSWORD")
                    .doesNotContain("not it");
            assertThat(said(new ServerAddress(right.host(), right.port(), right.user(), right.password(), "homlab")))
                    .startsWith("PostgreSQL refuses the connection of pgsteward: " + where
                            + " has no database 'homlab'; create it, or set PGSTEWARD_POSTGRES_DATABASE");
        }
    }

    /**
     * Returns the message, and checks that both kinds of connection give it. The journal writes its tables through a
     * data source, other code through the server.
     */
    private static String said(ServerAddress address) {
        Server server = new Server(address);
        String asked = NoConnection.words(catchThrowableOfType(SQLException.class, () -> server.ask("SELECT 1")));
        assertThat(NoConnection.words(catchThrowableOfType(
                        SQLException.class, () -> server.managementDatabase().getConnection())))
                .isEqualTo(asked);
        return asked;
    }
}
