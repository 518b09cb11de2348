package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.model.Secret;

@NeedsPostgres
@Timeout(240)
class RoleRemovalIT {
    private static final Secret PASSWORD = new Secret("its-own");

    private TestCluster cluster;

    @BeforeEach
    void start() throws SQLException {
        cluster = TestCluster.start();
        cluster.run(
                "homelab",
                "CREATE ROLE evil LOGIN PASSWORD '" + PASSWORD.reveal() + "'",
                "CREATE DATABASE bait OWNER evil",
                "CREATE DATABASE \"Other bait\" OWNER evil",
                "CREATE ROLE passing LOGIN");
    }

    @AfterEach
    void stop() throws Exception {
        cluster.close();
    }

    @Test
    void whatOthersGaveItDoesNotKeepIt() throws Exception {
        cluster.run(
                "bait",
                "CREATE EXTENSION postgres_fdw SCHEMA public",
                "GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO evil");
        asEvil(
                "bait",
                "CREATE TABLE t (n int)",
                "GRANT SELECT ON t TO passing",
                "CREATE POLICY p ON t TO passing, evil");
        asEvil("bait", "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw", "CREATE USER MAPPING FOR passing SERVER s");
        asEvil("Other bait", "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO passing");
        asEvil("Other bait", "GRANT CONNECT ON DATABASE bait TO passing");

        RoleRemoval.drop(cluster.server(), "passing");
        RoleRemoval.drop(cluster.server(), "passing");

        assertThat(roles()).isEqualTo("0");
        asEvil("bait", "SELECT * FROM t");
    }

    @Test
    void grantsThatComeAgainAndAgainDoNotKeepIt() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger granted = new AtomicInteger();
        Thread thread = new Thread(() -> {
            try (Connection evil = cluster.server().connectAs("evil", PASSWORD, "bait");
                    Statement statement = evil.createStatement()) {
                statement.execute("CREATE TABLE t (n int)");
                while (!over.get()) {
                    grant(statement, granted);
                }
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        });
        thread.start();
        try {
            for (int n = 0; n < 20; n++) {
                int before = granted.get();
                cluster.run("homelab", "DO $$ BEGIN CREATE ROLE passing; EXCEPTION WHEN duplicate_object THEN END $$");
                while (granted.get() == before) {
                    Thread.onSpinWait();
                }
                RoleRemoval.drop(cluster.server(), "passing");
                assertThat(roles()).isEqualTo("0");
            }
        } finally {
            over.set(true);
            thread.join();
        }
    }

    private static void grant(Statement statement, AtomicInteger granted) {
        try {
            statement.execute("GRANT SELECT ON t TO passing");
            granted.incrementAndGet();
        } catch (SQLException gone) {
            Thread.onSpinWait();
        }
    }

    @Test
    void whatItOwnsIsNotDropped() throws Exception {
        cluster.run("bait", "CREATE TABLE public.precious (n int)", "ALTER TABLE public.precious OWNER TO passing");

        assertThatThrownBy(() -> RoleRemoval.drop(cluster.server(), "passing"))
                .hasMessageContaining("cannot be dropped because some objects depend on it");
        cluster.run("bait", "SELECT * FROM public.precious");
    }

    @Test
    void aDatabaseThatIsClosedKeepsIt() throws Exception {
        asEvil("bait", "CREATE TABLE t (n int)", "GRANT SELECT ON t TO passing");
        asEvil("Other bait", "ALTER DATABASE bait ALLOW_CONNECTIONS false");

        assertThatThrownBy(() -> RoleRemoval.drop(cluster.server(), "passing"))
                .hasMessageContaining("cannot be dropped because some objects depend on it");
    }

    @Test
    void anOpenTransactionKeepsIt() throws Exception {
        try (Connection evil = cluster.server().connectAs("evil", PASSWORD, "bait");
                Statement statement = evil.createStatement()) {
            statement.execute("CREATE TABLE t (n int)");
            evil.setAutoCommit(false);
            statement.execute("GRANT SELECT ON t TO passing");

            assertThatThrownBy(() -> RoleRemoval.drop(cluster.server(), "passing"))
                    .hasMessageContaining("lock timeout");
        }
        RoleRemoval.drop(cluster.server(), "passing");
    }

    private String roles() throws SQLException {
        return cluster.server().ask("SELECT count(*) FROM pg_roles WHERE rolname = 'passing'");
    }

    private void asEvil(String database, String... statements) throws SQLException {
        try (Connection evil = cluster.server().connectAs("evil", PASSWORD, database);
                Statement statement = evil.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }
}
