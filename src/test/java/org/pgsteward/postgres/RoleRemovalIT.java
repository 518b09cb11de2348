package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
    void grantsFromOthersDoNotKeepIt() throws Exception {
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
    void itsOwnObjectsAreNotDropped() throws Exception {
        cluster.run("bait", "CREATE TABLE public.precious (n int)", "ALTER TABLE public.precious OWNER TO passing");

        assertThatThrownBy(() -> RoleRemoval.drop(cluster.server(), "passing"))
                .hasMessageContaining("cannot be dropped because some objects depend on it");
        cluster.run("bait", "SELECT * FROM public.precious");
    }

    @Test
    void itsObjectsInTheManagementDatabaseAreNotDropped() throws Exception {
        cluster.run("homelab", "CREATE TABLE public.precious (n int)", "ALTER TABLE public.precious OWNER TO passing");
        asEvil("Other bait", "GRANT CONNECT ON DATABASE bait TO passing");

        assertThatThrownBy(() -> RoleRemoval.drop(cluster.server(), "passing"))
                .hasMessageContaining("cannot be dropped because some objects depend on it");
        cluster.run("homelab", "SELECT * FROM public.precious");
    }

    @Test
    void aDatabaseThatIsClosedKeepsIt() throws Exception {
        asEvil("bait", "CREATE TABLE t (n int)", "GRANT SELECT ON t TO passing");
        asEvil("Other bait", "ALTER DATABASE bait ALLOW_CONNECTIONS false");

        assertThatThrownBy(() -> RoleRemoval.drop(cluster.server(), "passing"))
                .hasMessageContaining("cannot be dropped because some objects depend on it");
    }

    /**
     * The attacker's sessions release each table before the timeout for its lock. With no other limit, a statement over
     * many tables could take hours.
     */
    @Test
    void locksOfManyTablesDoNotHoldItForLong() throws Exception {
        int tables = 12;
        List<Connection> sessions = new ArrayList<>();
        AtomicBoolean over = new AtomicBoolean();
        try (Connection watching = cluster.server().connectAs("evil", PASSWORD, "bait")) {
            for (int n = 0; n < tables; n++) {
                asEvil("bait", "CREATE TABLE t" + n + " (n int)", "CREATE POLICY p ON t" + n + " TO passing");
                Connection session = cluster.server().connectAs("evil", PASSWORD, "bait");
                sessions.add(session);
                session.setAutoCommit(false);
                session.createStatement().execute("LOCK TABLE t" + n + " IN ACCESS SHARE MODE");
            }
            Thread releasing = new Thread(() -> {
                while (!over.get()) {
                    await().pollDelay(Duration.ofMillis(600)).until(() -> true);
                    waitedFor(watching).ifPresent(n -> close(sessions.get(n)));
                }
            });
            releasing.start();

            assertThatThrownBy(() -> RoleRemoval.drop(cluster.server(), "passing"))
                    .hasMessageContaining("statement timeout");

            over.set(true);
            releasing.join();
        } finally {
            over.set(true);
            sessions.forEach(RoleRemovalIT::close);
        }
        RoleRemoval.drop(cluster.server(), "passing");
        assertThat(roles()).isEqualTo("0");
    }

    private static Optional<Integer> waitedFor(Connection watching) {
        try (Statement statement = watching.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT substring(relation::regclass::text, '[0-9]+')::int FROM pg_locks WHERE NOT granted"
                                + " AND locktype = 'relation' AND relation::regclass::text ~ '^t[0-9]'")) {
            return row.next() ? Optional.of(row.getInt(1)) : Optional.empty();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private static void close(Connection session) {
        try {
            session.close();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
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
