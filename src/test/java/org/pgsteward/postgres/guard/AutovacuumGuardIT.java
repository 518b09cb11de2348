package org.pgsteward.postgres.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.engine.NeedsEngine;

/** The guard with a real autovacuum, whose workers run code that a service put into its tables. */
@NeedsEngine
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
class AutovacuumGuardIT {
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    private PostgresContainer container;

    @BeforeAll
    void start() throws SQLException {
        container = PostgresContainer.start("--memory", "256m");
        asAdministrator(
                "homelab",
                "ALTER SYSTEM SET autovacuum_naptime = '1s'",
                "ALTER SYSTEM SET autovacuum_analyze_threshold = 1",
                "SELECT pg_reload_conf()",
                "CREATE DATABASE evil OWNER evil",
                "CREATE DATABASE wiki OWNER wiki");
        asAdministrator("evil", "GRANT CREATE ON SCHEMA public TO evil");
        asAdministrator("wiki", "GRANT CREATE ON SCHEMA public TO wiki");
    }

    @AfterAll
    void stop() {
        container.close();
    }

    /** Each table has a constraint of 0.9 MB, and each worker kept all of them in memory. */
    @Test
    void endsAWorkerWithTheLargeDefinitionsOfAService() throws Exception {
        asAdministrator("homelab", "ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()");
        try (Connection session = container.as("evil", "evil");
                Statement statement = session.createStatement()) {
            statement.execute("DO $$ BEGIN FOR n IN 1..100 LOOP EXECUTE format('CREATE TABLE public.t%s (x text,"
                    + " CHECK (x <> %L))', n, repeat('a', 300000)); END LOOP; END $$");
        }
        // A worker drops the definition of a table from its cache when it corrects the table's number of rows. So
        // ANALYZE sets the number first.
        asAdministrator(
                "evil",
                "DO $$ BEGIN FOR n IN 1..100 LOOP EXECUTE format('INSERT INTO public.t%s VALUES (''x''), (''y'')', n);"
                        + " COMMIT; END LOOP; END $$",
                "ANALYZE",
                "DO $$ BEGIN FOR n IN 1..100 LOOP EXECUTE format('UPDATE public.t%s SET x = x', n);"
                        + " COMMIT; END LOOP; END $$");
        // This table comes last, so that the worker keeps the definitions in memory.
        sleepsInAnIndex("evil");
        asAdministrator("homelab", "ALTER SYSTEM SET autovacuum = on", "SELECT pg_reload_conf()");

        try (ServerGuard guard = new ServerGuard(container.server(), FreeSpace.UNKNOWN)) {
            AutovacuumWorker ended = firstOf(() -> guard.check().workers());

            assertThat(ended.owner()).isEqualTo("evil");
            assertThat(ended.database()).isEqualTo("evil");
            assertThat(ended.work()).startsWith("autovacuum: ");
            assertThat(ended.limit()).isEqualTo(256 << 20);
            assertThat(ended.bytes()).isBetween(52L << 20, 256L << 20);
            assertThat(ended.isLarge()).isTrue();
            assertGone(ended);
        } finally {
            asAdministrator("evil", "DROP OWNED BY evil CASCADE", "GRANT CREATE ON SCHEMA public TO evil");
        }
    }

    @Test
    void endsAWorkerThatAnalyzesATableForTooLong() throws Exception {
        sleepsInAnIndex("wiki");
        try (Connection connection = container.server().connect("homelab")) {
            connection.setAutoCommit(false);
            await().atMost(PATIENCE)
                    .until(() -> container
                            .server()
                            .ask("SELECT count(*) FROM pg_stat_progress_analyze WHERE datname = 'wiki'")
                            .equals("1"));
            assertThat(AutovacuumGuard.endHarmful(connection, Duration.ofMinutes(10)))
                    .isEmpty();

            AutovacuumWorker ended = firstOf(() -> {
                Sql.clearStatistics(connection);
                return AutovacuumGuard.endHarmful(connection, Duration.ofSeconds(1));
            });

            assertThat(ended.owner()).isEqualTo("wiki");
            assertThat(ended.work()).isEqualTo("autovacuum: ANALYZE public.slow");
            assertThat(ended.analyzed()).isGreaterThan(Duration.ofSeconds(1));
            assertThat(ended.isLarge()).isFalse();
            assertGone(ended);
        } finally {
            asAdministrator("wiki", "DROP OWNED BY wiki CASCADE", "GRANT CREATE ON SCHEMA public TO wiki");
        }
    }

    /**
     * Creates a table whose index runs a function. The function sleeps in an autovacuum worker, which has no
     * application name.
     */
    private void sleepsInAnIndex(String role) throws SQLException {
        try (Connection session = container.as(role, role);
                Statement statement = session.createStatement()) {
            statement.execute("CREATE FUNCTION public.f(x text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN"
                    + " IF pg_catalog.current_setting('application_name') = '' THEN PERFORM pg_catalog.pg_sleep(300); END IF;"
                    + " RETURN x; END $$");
            statement.execute("CREATE TABLE public.slow (x text)");
            statement.execute("CREATE INDEX ON public.slow (public.f(x))");
            statement.execute("INSERT INTO public.slow SELECT 'x' FROM generate_series(1, 100)");
        }
    }

    private static AutovacuumWorker firstOf(Callable<List<AutovacuumWorker>> ended) {
        return await().atMost(PATIENCE).until(ended, list -> !list.isEmpty()).get(0);
    }

    private void assertGone(AutovacuumWorker worker) {
        await().atMost(PATIENCE)
                .until(() -> container
                        .server()
                        .ask("SELECT count(*) FROM pg_stat_activity WHERE pid = " + worker.pid())
                        .equals("0"));
    }

    private void asAdministrator(String database, String... statements) throws SQLException {
        try (Connection connection = container.server().connect(database);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }
}
