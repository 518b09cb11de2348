package org.pgsteward.backup.dump;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.backup.store.DatabaseEnvironment;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.TestCluster;
import org.pgsteward.postgres.UnprivilegedUser;

@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class SnapshotIT {
    private TestCluster cluster;

    @BeforeAll
    void start() {
        cluster = TestCluster.start();
    }

    @AfterAll
    void stop() throws Exception {
        cluster.close();
    }

    /**
     * pg_dump alone takes its snapshot first and its locks later. It would store a table that was truncated in
     * between as empty.
     */
    @Test
    void aTruncateWaitsUntilTheSnapshotEnds() throws Exception {
        String database = cluster.newDatabase();
        cluster.run(database, "CREATE TABLE public.t AS SELECT generate_series(1, 7)");
        try (Snapshot snapshot = Snapshot.export(cluster.server(), database)) {
            assertThatThrownBy(() -> cluster.run(database, "SET lock_timeout = 200", "TRUNCATE public.t"))
                    .hasMessageContaining("lock timeout");
            cluster.run(database, "INSERT INTO public.t VALUES (8)");
            assertThat(snapshot.countRows()).isEqualTo(Map.of("public.t", 7L));
        }
    }

    /**
     * A session keeps memory for each table until it ends, so several sessions count the tables one after the other.
     */
    @Test
    void thousandsOfTablesAreCountedAtTheSameMoment() throws Exception {
        String database = databaseWithTables(2500);
        try (Snapshot snapshot = Snapshot.export(cluster.server(), database)) {
            cluster.run(database, "INSERT INTO public.t7 VALUES (1)", "INSERT INTO public.t2400 VALUES (1)");

            Map<String, Long> counts = snapshot.countRows();

            assertThat(counts).hasSize(2500);
            assertThat(counts.values()).containsOnly(3L);
        }
    }

    /**
     * The ALTER TABLE waits until the snapshot ends, and the snapshot waits for the count. A count that queued
     * behind it would never end.
     */
    @Test
    void countsATableWithAQueuedAlterTable() throws Exception {
        String database = databaseWithTables(1200);
        try (Connection other = cluster.server().connect(database);
                Statement statement = other.createStatement()) {
            CompletableFuture<Void> change;
            try (Snapshot snapshot = Snapshot.export(cluster.server(), database)) {
                change = CompletableFuture.runAsync(() -> {
                    try {
                        statement.execute("ALTER TABLE public.t5 ADD COLUMN m int");
                    } catch (SQLException e) {
                        throw new IllegalStateException(e);
                    }
                });
                await().atMost(Duration.ofMinutes(8))
                        .until(() -> cluster.server()
                                .ask("SELECT count(*) FROM pg_locks WHERE NOT granted")
                                .equals("1"));

                assertThat(snapshot.countRows()).hasSize(1200).containsEntry("public.t5", 3L);
            }
            change.get(8, TimeUnit.MINUTES);
        }
    }

    private String databaseWithTables(int count) throws SQLException {
        String database = cluster.newDatabase();
        for (int from = 1; from <= count; from += 100) {
            cluster.run(
                    database,
                    "DO $$ BEGIN FOR i IN " + from + ".." + (from + 99) + " LOOP"
                            + " EXECUTE format('CREATE TABLE public.t%s AS SELECT generate_series(1, 3) AS n', i);"
                            + " END LOOP; END $$");
        }
        return database;
    }

    @Test
    void namesTheSessionThatLocksATableTooLong() throws Exception {
        String database = cluster.newDatabase();
        cluster.run(database, "CREATE TABLE public.\"T t\" (n int)");
        try (Connection other = cluster.server().connect(database);
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("SET application_name = 'a migration'");
            statement.execute("LOCK TABLE public.\"T t\"");
            assertThatThrownBy(() -> Snapshot.export(cluster.server(), database, Duration.ofMillis(200)))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("pgsteward waited too long for a lock: public.\"T t\" is locked by session ")
                    .hasMessageContaining("(role homelab, a migration), open since ")
                    .hasMessageContaining("; to end it: SELECT pg_terminate_backend(");
        }
    }

    /**
     * An owner locked one table after the other, each for less than pgsteward's limit, and so delayed all other
     * backups.
     */
    @Test
    void oneTimeLimitCoversAllLocks() throws Exception {
        String database = cluster.newDatabase();
        cluster.run(database, "CREATE TABLE public.t (n int)");
        try (Connection other = cluster.server().connect(database);
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE public.t");
            TimeLimit limit = TimeLimit.in(Duration.ofSeconds(1));

            assertThatThrownBy(() -> Snapshot.of(cluster.server(), database, Optional.empty(), limit))
                    .hasMessageMatching(
                            "cannot lock and describe all tables within 1 s: public\\.t is locked by session \\d+ \\(.*\\), open since .*");
        }
        TimeLimit limit = TimeLimit.in(Duration.ofSeconds(5));
        try (Snapshot snapshot = Snapshot.of(cluster.server(), database, Optional.empty(), limit)) {
            await().atMost(Duration.ofMinutes(1)).until(limit::isOver);
            assertThat(snapshot.countRows())
                    .as("the limit applies only until the tables are locked")
                    .hasSize(1);
        }
    }

    /** pg_dump has a time limit for locks of tables only. It waited for an hour for these locks. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "DROP VIEW public.v",
                "LOCK TABLE public.v",
                "DROP SEQUENCE public.s",
                "DROP MATERIALIZED VIEW public.m"
            })
    void namesTheSessionThatBlocksPgDump(String lock) throws Exception {
        String database = cluster.newDatabase();
        cluster.run(
                database,
                "CREATE VIEW public.v AS SELECT 1 AS n",
                "CREATE SEQUENCE public.s",
                "CREATE MATERIALIZED VIEW public.m AS SELECT 1 AS n");
        try (Connection other = cluster.server().connect(database);
                Statement statement = other.createStatement();
                Snapshot snapshot = Snapshot.export(cluster.server(), database)) {
            other.setAutoCommit(false);
            statement.execute("SET application_name = 'a migration'");
            statement.execute(lock);
            try (ClientProgram dump = cluster.server()
                    .start(
                            UnprivilegedUser.ofThisProcess(),
                            DatabaseDump.command(TestCluster.programs(), snapshot),
                            database,
                            cluster.server().ownSettings())) {
                assertThatThrownBy(() -> DumpLocks.await(dump, snapshot, Duration.ofSeconds(1)))
                        .isInstanceOf(IOException.class)
                        .hasMessageStartingWith("pg_dump waited too long for a lock: public.")
                        .hasMessageContaining("(role homelab, a migration), open since ")
                        .hasMessageContaining("; to end it: SELECT pg_terminate_backend(");
            }
        }
    }

    @Test
    void aPreparedTransactionThatLocksATableIsNamed() throws Exception {
        try (TestCluster preparing =
                TestCluster.start(TestCluster.programs(), Map.of("max_prepared_transactions", "2"))) {
            preparing.run("homelab", "CREATE TABLE public.t (n int)");
            preparing.run("homelab", "BEGIN", "ALTER TABLE public.t ADD m int", "PREPARE TRANSACTION 'of a migration'");

            assertThatThrownBy(() -> Snapshot.export(preparing.server(), "homelab", Duration.ofMillis(200)))
                    .hasMessageContaining(
                            "public.t is locked by a prepared transaction: ROLLBACK PREPARED 'of a migration'");
        }
    }

    @Test
    void tablesMayComeAndGoWhileItIsTaken() throws Exception {
        String database = cluster.newDatabase();
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Void> others = CompletableFuture.runAsync(() -> {
            try (Connection other = cluster.server().connect(database);
                    Statement statement = other.createStatement()) {
                while (!over.get()) {
                    statement.execute("CREATE TABLE public.coming (n int)");
                    statement.execute("CREATE TABLE public.going (n int)");
                    statement.execute("DROP TABLE public.coming, public.going");
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        });
        for (int i = 0; i < 20; i++) {
            try (Snapshot snapshot = Snapshot.export(cluster.server(), database)) {
                assertThat(snapshot.id()).isNotBlank();
            }
        }
        over.set(true);
        others.get(8, TimeUnit.MINUTES);
    }

    @Test
    void recordsEncodingLocaleRolesAndExtensionSchemas() throws Exception {
        String database = cluster.newDatabase();
        cluster.run(
                database,
                "CREATE ROLE \"of a policy\"",
                "CREATE ROLE unconcerned",
                "CREATE SCHEMA \"Ext\"",
                "CREATE EXTENSION hstore SCHEMA \"Ext\"",
                "CREATE TABLE public.t (n int)",
                "CREATE POLICY p ON public.t TO \"of a policy\" USING (true)");
        try (Snapshot snapshot = Snapshot.export(cluster.server(), database)) {
            assertThat(snapshot.surroundings())
                    .isEqualTo(new DatabaseEnvironment(
                            "UTF8",
                            "c",
                            "C",
                            "C",
                            "",
                            java.util.List.of("of a policy"),
                            Map.of("hstore", "Ext"),
                            "",
                            "",
                            java.util.List.of(),
                            "",
                            DatabaseEnvironment.UNKNOWN.losses(),
                            Map.of(),
                            0));
        }
    }

    @Test
    void theOwnerCannotLimitTheSnapshotsTransaction() throws Exception {
        Programs programs;
        try {
            programs = Programs.find(Optional.empty(), 17);
        } catch (IOException notHere) {
            assumeTrue(false, "skipped: PostgreSQL 17 is not on this machine; install postgresql-17");
            return;
        }
        try (TestCluster newer = TestCluster.start(programs)) {
            String database = newer.newDatabase();
            newer.run(
                    database,
                    "CREATE TABLE public.t AS SELECT generate_series(1, 7)",
                    "ALTER DATABASE " + database + " SET transaction_timeout = '1ms'");
            try (Snapshot snapshot = Snapshot.export(newer.server(), database)) {
                newer.run("homelab", "SELECT pg_sleep(0.2)");
                assertThat(snapshot.countRows()).isEqualTo(Map.of("public.t", 7L));
            }
        }
    }
}
