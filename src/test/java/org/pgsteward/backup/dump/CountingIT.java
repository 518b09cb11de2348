package org.pgsteward.backup.dump;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.backup.Contents;
import org.pgsteward.backup.OnEachMajor;
import org.pgsteward.backup.Trap;
import org.pgsteward.camel.receivers.CapturedLog;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;
import org.pgsteward.postgres.UnprivilegedUser;

/**
 * Row counts as the administrator or as another role. Code that a service put into its tables never runs as the
 * administrator.
 */
@NeedsPostgres
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class CountingIT extends OnEachMajor {
    private static final Secret PASSWORD = new Secret("pw");

    private static String database(TestCluster cluster) throws SQLException {
        String database = cluster.newDatabase();
        cluster.run("homelab", "ALTER DATABASE " + database + " OWNER TO svc");
        return database;
    }

    private void asSvc(TestCluster cluster, String database, String... statements) throws SQLException {
        Contents.runAs(cluster.server(), "svc", PASSWORD, database, statements);
    }

    @ParameterizedTest
    @MethodSource("majors")
    void countsForADumpRunNoIndexCodeAsAdministrator(int major) throws Exception {
        TestCluster cluster = cluster(major);
        String database = database(cluster);
        asSvc(cluster, database, Trap.statements(marker));
        try (Snapshot snapshot = Snapshot.export(cluster.server(), database)) {
            assertThat(snapshot.countRows()).isEqualTo(Map.of("public.t", 7L));
        }
        assertThat(marker).doesNotExist();

        cluster.run(database, "SELECT count(*) FROM ONLY public.t");
        assertThat(marker).as("control: the trap works outside the snapshot").exists();
    }

    @ParameterizedTest
    @MethodSource("majors")
    void aTableReplacedByAViewIsNotCounted(int major) throws Exception {
        TestCluster cluster = cluster(major);
        String database = database(cluster);
        asSvc(cluster, database, Trap.statements(marker));
        asSvc(cluster, database, "CREATE TABLE public.a AS SELECT 1 AS id");
        try (Connection other = cluster.server().connectAs("svc", PASSWORD, database);
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE public.a");
            var taking = java.util.concurrent.CompletableFuture.supplyAsync(() -> {
                try {
                    return Snapshot.export(cluster.server(), database);
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            org.awaitility.Awaitility.await()
                    .until(() -> !Contents.rows(cluster.server(), database, "SELECT 1 FROM pg_locks WHERE NOT granted")
                            .isEmpty());
            statement.execute("CREATE TABLE public.zz AS SELECT 1 AS id");
            other.commit();
            try (Snapshot snapshot = taking.get(8, TimeUnit.MINUTES)) {
                statement.execute("DROP TABLE public.zz");
                statement.execute("CREATE VIEW public.zz AS SELECT 1 AS id WHERE public.act() > 0");
                other.commit();
                assertThatThrownBy(snapshot::countRows).hasMessageContaining("cannot copy from view");
            }
        }
        assertThat(marker).doesNotExist();
    }

    /** A small host has no memory for two server processes that hold the table's longest row at the same time. */
    @ParameterizedTest
    @MethodSource("majors")
    void countsATableWithoutAShortColumnAfterItsOtherReader(int major) throws Exception {
        TestCluster cluster = cluster(major);
        String database = database(cluster);
        asSvc(
                cluster,
                database,
                "CREATE TABLE public.short (id int, text text)",
                "CREATE TABLE public.long (text text)",
                "INSERT INTO public.long VALUES ('x')");
        try (Snapshot snapshot = Snapshot.export(cluster.server(), database)) {
            assertThatThrownBy(() -> snapshot.countRows(() -> {
                        throw new IOException("is awaited");
                    }))
                    .hasMessage("is awaited");
        }
        asSvc(cluster, database, "DROP TABLE public.long");
        try (Snapshot snapshot = Snapshot.export(cluster.server(), database)) {
            assertThat(snapshot.countRows(() -> {
                        throw new IOException("is awaited");
                    }))
                    .isEqualTo(Map.of("public.short", 0L));
        }
    }

    @ParameterizedTest
    @MethodSource("majors")
    void countsTablesWithAnyColumns(int major) throws Exception {
        TestCluster cluster = cluster(major);
        String database = database(cluster);
        asSvc(
                cluster,
                database,
                "CREATE TABLE public.columnless ()",
                "INSERT INTO public.columnless DEFAULT VALUES",
                "CREATE TABLE public.computed (a int GENERATED ALWAYS AS (1) STORED)",
                "INSERT INTO public.computed DEFAULT VALUES",
                "CREATE TABLE public.\"A \"\"b\" (dropped int, \"select\" text)",
                "ALTER TABLE public.\"A \"\"b\" DROP COLUMN dropped",
                "INSERT INTO public.\"A \"\"b\" VALUES (E'two\\nlines'), (NULL)",
                "CREATE TABLE public.child () INHERITS (public.\"A \"\"b\")",
                "INSERT INTO public.child VALUES ('x')",
                "SELECT lo_from_bytea(0, 'x')");
        try (Snapshot snapshot = Snapshot.export(cluster.server(), database)) {
            assertThat(snapshot.countRows())
                    .isEqualTo(Map.of(
                            "public.columnless", 1L,
                            "public.computed", 1L,
                            "public.\"A \"\"b\"", 2L,
                            "public.child", 1L,
                            "pg_catalog.pg_largeobject_metadata", 1L));
        }
    }

    @ParameterizedTest
    @MethodSource("majors")
    void countsForABaseBackupRunNoIndexCodeAsAdministrator(int major) throws Exception {
        TestCluster cluster = cluster(major);
        String database = database(cluster);
        asSvc(cluster, database, Trap.statements(marker));
        cluster.run(
                database,
                "CREATE MATERIALIZED VIEW public.filled AS SELECT generate_series(1, 3) AS n",
                "ALTER MATERIALIZED VIEW public.filled OWNER TO svc",
                "CREATE TABLE public.administrators AS SELECT 1 AS n",
                "CREATE TABLE public.everybodys AS SELECT 1 AS n",
                "ALTER TABLE public.everybodys OWNER TO pg_database_owner");
        try (BaseRows rows = BaseRows.before(cluster.server());
                ClientProgram done = ClientProgram.start(UnprivilegedUser.ofThisProcess(), List.of("true"), Map.of())) {
            Map<String, Long> counted = rows.after(done).get(8, TimeUnit.MINUTES);
            assertThat(counted)
                    .containsEntry(database + ".public.t", 7L)
                    .containsEntry(database + ".public.filled", 3L)
                    .containsEntry(database + ".public.administrators", 1L)
                    .containsKey(database + ".pg_catalog.pg_class");
        }
        assertThat(marker).doesNotExist();
        assertThat(Contents.rows(
                        cluster.server(), "homelab", "SELECT rolname FROM pg_roles WHERE rolname LIKE 'pgsteward%'"))
                .isEmpty();
    }

    /** One service made each base backup of the whole cluster fail, or delayed it by an hour. */
    @ParameterizedTest
    @ValueSource(strings = {"RAISE EXCEPTION 'mine'", "PERFORM pg_catalog.pg_sleep(3600)"})
    void failingOrSleepingIndexCodeHindersNoOtherCount(String deed) throws Exception {
        TestCluster cluster = cluster(majors().findFirst().orElseThrow());
        String database = database(cluster);
        asSvc(
                cluster,
                database,
                "CREATE FUNCTION public.f(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'",
                "CREATE TABLE public.a AS SELECT generate_series(1, 7) AS n",
                "CREATE TABLE public.b AS SELECT generate_series(1, 8) AS n",
                "CREATE INDEX ON public.b ((n + public.f(1)))",
                "CREATE OR REPLACE FUNCTION public.f(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN"
                        + " IF session_user LIKE 'pgsteward%' THEN " + deed + "; END IF; RETURN 1; END $$");
        cluster.run(
                database,
                "CREATE TABLE public.of_another AS SELECT generate_series(1, 9) AS n",
                "CREATE ROLE zoe_" + database,
                "ALTER TABLE public.of_another OWNER TO zoe_" + database);
        String neighbour = database(cluster);
        asSvc(cluster, neighbour, "CREATE TABLE public.t AS SELECT generate_series(1, 3) AS n");
        try (CapturedLog log = new CapturedLog();
                BaseRows rows = BaseRows.before(cluster.server(), Duration.ofSeconds(2));
                ClientProgram done = ClientProgram.start(UnprivilegedUser.ofThisProcess(), List.of("true"), Map.of())) {
            Map<String, Long> counted = rows.after(done).get(8, TimeUnit.MINUTES);
            assertThat(counted)
                    .containsEntry(database + ".public.a", 7L)
                    .doesNotContainKey(database + ".public.b")
                    .containsEntry(neighbour + ".public.t", 3L)
                    .containsKey(database + ".pg_catalog.pg_class");
            assertThat(log.text())
                    .contains(
                            "tables of role svc in database " + database + " are not compared with the base backup: ");
            if (deed.startsWith("RAISE")) {
                assertThat(counted).containsEntry(database + ".public.of_another", 9L);
            }
        }
        assertThat(Contents.rows(
                        cluster.server(), "homelab", "SELECT rolname FROM pg_roles WHERE rolname LIKE 'pgsteward%'"))
                .isEmpty();
    }

    /**
     * pgsteward waits up to half a minute for a lock. An owner with locks on 300 tables delayed all other backups
     * for hours.
     */
    @Test
    void lockedTablesHinderNoCountOfAnotherDatabase() throws Exception {
        TestCluster cluster = cluster(majors().findFirst().orElseThrow());
        String database = database(cluster);
        asSvc(cluster, database, "CREATE TABLE public.long (t text)", "INSERT INTO public.long VALUES ('t')");
        String neighbour = database(cluster);
        asSvc(cluster, neighbour, "CREATE TABLE public.t AS SELECT generate_series(1, 3) AS n");
        try (Connection other = cluster.server().connectAs("svc", PASSWORD, database);
                Statement holding = other.createStatement();
                CapturedLog log = new CapturedLog();
                BaseRows rows = BaseRows.before(cluster.server(), Duration.ofSeconds(2));
                ClientProgram done = ClientProgram.start(UnprivilegedUser.ofThisProcess(), List.of("true"), Map.of())) {
            other.setAutoCommit(false);
            // TRUNCATE also locks the TOAST table. The administrator counts the rows of that table.
            holding.execute("TRUNCATE public.long");

            Map<String, Long> counted = rows.after(done).get(8, TimeUnit.MINUTES);

            assertThat(counted)
                    .containsKey(database + ".pg_catalog.pg_class")
                    .containsEntry(neighbour + ".public.t", 3L);
            assertThat(log.text())
                    .contains("not all tables of database " + database
                            + " are compared with the base backup: counting took longer than 2 s");
        }
    }

    @Test
    void aDatabaseBlockedByItsOwnerIsNotCounted() throws Exception {
        TestCluster cluster = cluster(majors().findFirst().orElseThrow());
        String database = database(cluster);
        String neighbour = database(cluster);
        asSvc(cluster, neighbour, "CREATE TABLE public.t AS SELECT generate_series(1, 3) AS n");
        try (Connection holder = cluster.server().connectAs("svc", PASSWORD, neighbour);
                Connection dropper = cluster.server().connectAs("svc", PASSWORD, neighbour);
                Statement holding = holder.createStatement();
                CapturedLog log = new CapturedLog();
                BaseRows rows = BaseRows.before(cluster.server());
                ClientProgram done = ClientProgram.start(UnprivilegedUser.ofThisProcess(), List.of("true"), Map.of())) {
            holder.setAutoCommit(false);
            holding.execute("ALTER ROLE CURRENT_USER IN DATABASE " + database + " SET work_mem = '2MB'");
            CompletableFuture<Boolean> drop =
                    CompletableFuture.supplyAsync(() -> execute(dropper, "DROP DATABASE " + database));
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> Contents.rows(
                                            cluster.server(),
                                            "homelab",
                                            "SELECT 1 FROM pg_locks WHERE locktype = 'object' AND NOT granted")
                                    .size()
                            == 1);

            Map<String, Long> counted = rows.after(done).get(8, TimeUnit.MINUTES);

            assertThat(counted)
                    .containsEntry(neighbour + ".public.t", 3L)
                    .doesNotContainKey(database + ".pg_catalog.pg_class");
            assertThat(log.text()).contains("database " + database + " is not compared with the base backup: ");
            holder.rollback();
            // The client of the drop may have timed out.
            drop.handle((dropped, late) -> late).get(1, TimeUnit.MINUTES);
        }
    }

    private static boolean execute(Connection connection, String sql) {
        try (Statement statement = connection.createStatement()) {
            return statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Without a limit the process that made a base backup ran out of memory. */
    @Test
    void comparesALimitedNumberOfTablesWithABaseBackup() throws Exception {
        TestCluster cluster = cluster(majors().findFirst().orElseThrow());
        String database = database(cluster);
        // Each quotation mark is doubled in a quoted name, so these names are long.
        asSvc(cluster, database, "DO $$ BEGIN EXECUTE format('CREATE SCHEMA %I', repeat('\"', 60)); END $$");
        for (int from = 0; from < 3000; from += 1000) {
            asSvc(
                    cluster,
                    database,
                    "DO $$ BEGIN FOR i IN " + from + ".." + (from + 999) + " LOOP EXECUTE"
                            + " format('CREATE TABLE %I.%I ()', repeat('\"', 60), repeat('\"', 55) || i); END LOOP; END $$");
        }
        String neighbour = database(cluster);
        asSvc(cluster, neighbour, "CREATE TABLE public.t AS SELECT generate_series(1, 3) AS n");
        try (CapturedLog log = new CapturedLog();
                BaseRows rows = BaseRows.before(cluster.server());
                ClientProgram done = ClientProgram.start(UnprivilegedUser.ofThisProcess(), List.of("true"), Map.of())) {
            Map<String, Long> counted = rows.after(done).get(8, TimeUnit.MINUTES);

            assertThat(counted)
                    .containsKey(database + ".pg_catalog.pg_class")
                    .containsEntry(neighbour + ".public.t", 3L)
                    .hasSizeBetween(1000, 2800);
            assertThat(log.text()).contains(" tables of database " + database + " are compared with the base backup:");
        }
    }
}
