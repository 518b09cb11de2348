package org.pgsteward.postgres.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

@NeedsPostgres
class MultixactBytesIT {
    private static final Secret PASSWORD = new Secret("its-own");

    private final List<Connection> sessions = new ArrayList<>();
    private TestCluster cluster;
    private Connection administrator;

    @BeforeEach
    void start() throws Exception {
        cluster = TestCluster.start();
        for (String role : List.of("evil", "wiki")) {
            cluster.run(
                    "homelab",
                    "CREATE ROLE " + role + " LOGIN PASSWORD '" + PASSWORD.reveal() + "'",
                    "CREATE TABLE public." + role + " AS SELECT generate_series(1, 3) AS n",
                    "GRANT SELECT, UPDATE ON public." + role + " TO " + role);
        }
        administrator = cluster.server().connect("homelab");
        administrator.setAutoCommit(false);
    }

    @AfterEach
    void stop() throws Exception {
        for (Connection session : sessions) {
            session.close();
        }
        administrator.close();
        cluster.close();
    }

    @Test
    void withoutAnyMultixactThereIsNoRole() throws SQLException {
        assertThat(MultixactBytes.role(administrator)).isEmpty();
    }

    /** The locks imitate concurrent changes with a foreign key. The last multixact belongs to the other role. */
    @Test
    void theRoleOfMostTransactionsIsFound() throws SQLException {
        lock("wiki", 1);
        lock("wiki", 1);
        for (int n = 0; n < 8; n++) {
            lock("evil", 1);
        }
        for (int n = 0; n < 60; n++) {
            lockForAMoment("evil");
        }
        lock("wiki", 1);

        assertThat(MultixactBytes.role(administrator)).isEqualTo("evil");

        administrator.commit();
        cluster.run("homelab", "CHECKPOINT");
        assertThat(MultixactBytes.role(administrator)).isEqualTo("evil");
    }

    @Test
    void growthIsCountedForThatRole() throws SQLException {
        MultixactBytes bytes = new MultixactBytes();
        bytes.read(administrator);
        for (int n = 0; n < 40; n++) {
            lock("evil", 1);
        }
        bytes.read(administrator);
        assertThat(bytes.byRole()).isEmpty();

        for (int n = 0; n < 100; n++) {
            lockForAMoment("evil");
        }
        cluster.run("homelab", "CHECKPOINT");
        bytes.read(administrator);

        assertThat(bytes.byRole()).containsOnlyKeys("evil");
        assertThat(bytes.byRole().get("evil")).isBetween(1L << 20, 4L << 20);
    }

    /** Locks a row in a transaction that stays open. */
    private void lock(String role, int row) throws SQLException {
        Connection session = cluster.server().connectAs(role, PASSWORD, "homelab");
        sessions.add(session);
        session.setAutoCommit(false);
        try (Statement statement = session.createStatement()) {
            statement.execute("SELECT FROM public." + role + " WHERE n = " + row + " FOR KEY SHARE");
        }
    }

    /** Locks rows in subtransactions. Each one creates a new multixact. */
    private void lockForAMoment(String role) throws SQLException {
        try (Connection session = cluster.server().connectAs(role, PASSWORD, "homelab");
                Statement statement = session.createStatement()) {
            statement.execute("DO $$ BEGIN FOR i IN 1..100 LOOP BEGIN PERFORM FROM public." + role
                    + " WHERE n = 1 FOR KEY SHARE; RAISE EXCEPTION 'x'; EXCEPTION WHEN raise_exception THEN NULL; END;"
                    + " END LOOP; END $$");
        }
    }
}
