package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.AdvisoryLock;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/** The probe reads a real PostgreSQL with real problems. Each test has a database of its own. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class DatabaseProbeIT {
    private static final Secret PASSWORD = new Secret("an-applications-own");
    private static final DatabaseProbe.Host HOST =
            new DatabaseProbe.Host("postgresql", Optional.empty(), Optional.empty(), Map.of());

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private TestCluster cluster;
    private DatabaseProbe probe;

    @BeforeAll
    void start() {
        cluster = TestCluster.start(
                TestCluster.programs(),
                Map.of("shared_preload_libraries", "pg_stat_statements", "deadlock_timeout", "100ms"));
        probe = new DatabaseProbe(cluster.server(), Clock.systemUTC(), Duration.ZERO);
    }

    @AfterAll
    void stop() throws IOException {
        threads.shutdownNow();
        cluster.close();
    }

    @Test
    @Order(1)
    void serverWithoutServicesIsRead() throws SQLException {
        DatabaseObservation look = probe.read(HOST);

        assertThat(look.database("homelab").orElseThrow().enrolledAt()).isEmpty();
        assertThat(look.databases())
                .extracting(DatabaseObservation.Database::name)
                .contains("template0", "postgres");
        assertThat(look.queries()).as("pg_stat_statements is not installed").isEmpty();
        assertThat(look.server().memory().sharedBytes()).isEqualTo(32L * 1024 * 1024);
        assertThat(look.server().maxConnections()).isPositive();
        assertThat(look.server().notifyShare()).isBetween(0.0, 0.01);
        assertThat(look.server().recoveredAt())
                .isBefore(look.server().startedAt().plusSeconds(30));
        new Tables(cluster.server().managementDatabase()).prepare();
    }

    @Test
    @Order(2)
    void aPasswordThatWasSetWithinTheHourIsKnown() throws SQLException {
        enrol("shop", "");
        String set =
                "INSERT INTO public.user_activity (service_name, action, created_at) VALUES ('shop', 'password set', ";
        cluster.run("homelab", set + "now() AT TIME ZONE 'UTC' - interval '2 hours')");
        assertThat(database("shop").passwordSetAt()).isEmpty();

        cluster.run("homelab", set + "now() AT TIME ZONE 'UTC' - interval '1 minute')");
        assertThat(database("shop").passwordSetAt().orElseThrow())
                .isBetween(Instant.now().minusSeconds(600), Instant.now().minusSeconds(30));
    }

    @Test
    @Order(2)
    void countsSessionsAndTheirLimit() throws SQLException {
        enrol("wiki", "CONNECTION LIMIT 2");
        assertThat(database("wiki").lastSession()).isEmpty();
        try (Connection one = as("wiki");
                Connection two = as("wiki")) {
            assertThat(one.isClosed() || two.isClosed()).isFalse();
            assertThatThrownBy(() -> as("wiki").close()).hasMessageContaining("too many connections for role");
            DatabaseObservation.Database full = database("wiki");
            assertThat(full.limit()).contains(2);
            assertThat(full.counted()).isEqualTo(2);
            assertThat(full.sessions()).isEqualTo(2);
            assertThat(full.sizeBytes()).isGreaterThan(1_000_000);
            assertThat(full.enrolledAt()).isPresent();
            assertThat(probe.read(HOST).present())
                    .filteredOn(there -> there.service().equals("wiki"))
                    .singleElement()
                    .satisfies(there -> {
                        assertThat(there.user()).isEqualTo("wiki");
                        assertThat(there.address()).isEqualTo("127.0.0.1");
                        assertThat(there.since()).isBetween(Instant.now().minusSeconds(60), Instant.now());
                    });
        }
        await().until(() -> database("wiki").sessions() == 0);
        assertThat(database("wiki").lastSession())
                .as("keeps the time of a closed session")
                .isPresent();
        try (Connection ours = cluster.server().connect("wiki")) {
            assertThat(ours.isClosed()).isFalse();
            assertThat(database("wiki").sessions())
                    .as("sessions of pgsteward do not count")
                    .isZero();
        }
    }

    /** Otherwise the alert would suggest to end the daemon's session. */
    @Test
    @Order(3)
    void waitsForPgstewardsOwnLocksAreIgnored() throws Exception {
        enrol("thief", "");
        String own = "SELECT pg_advisory_lock(" + AdvisoryLock.Kind.numbers().replaceAll(",.*", "") + ", 7)";
        String other = "SELECT pg_advisory_lock(7, 7)";
        try (Connection holder = as("thief");
                Connection first = as("thief");
                Connection second = as("thief")) {
            run(holder, own);
            run(holder, other);
            threads.execute(() -> runUntilEnded(first, own));
            await().until(() -> cluster.server()
                    .ask("SELECT count(*) FROM pg_locks WHERE NOT granted")
                    .equals("1"));
            assertThat(probe.read(HOST).waits()).isEmpty();

            threads.execute(() -> runUntilEnded(second, other));
            await().until(() -> probe.read(HOST).waits().size() == 1);
            cluster.run("homelab", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'thief'");
        }
    }

    @Test
    @Order(3)
    void findsLockWaitsAndSessionsIdleInATransaction() throws Exception {
        enrol("notes", "");
        cluster.run(
                "notes",
                "CREATE TABLE public.t (id int PRIMARY KEY, n int)",
                "INSERT INTO public.t VALUES (1, 0), (2, 0)");
        cluster.run("notes", "GRANT ALL ON public.t TO notes");
        try (Connection holder = as("notes");
                Connection waiter = as("notes")) {
            holder.setAutoCommit(false);
            run(holder, "UPDATE t SET n = 1 WHERE id = 1");
            Future<?> waiting =
                    threads.submit((Callable<Boolean>) () -> run(waiter, "UPDATE t SET n = 2 WHERE id = 1"));
            await().until(() -> !probe.read(HOST).waits().isEmpty());

            DatabaseObservation look = probe.read(HOST);
            assertThat(look.waits()).singleElement().satisfies(wait -> {
                assertThat(wait.service()).isEqualTo("notes");
                assertThat(wait.session().pid()).isEqualTo(pid(look, false));
                assertThat(wait.seconds()).isBetween(0.0, 60.0);
                assertThat(wait.blockers()).singleElement().satisfies(blocker -> {
                    assertThat(blocker.state()).isEqualTo("idle in transaction");
                    assertThat(blocker.session().orElseThrow().pid()).isEqualTo(pid(look, true));
                    assertThat(blocker.session().orElseThrow().address()).isEqualTo("127.0.0.1");
                });
            });
            LockRule rule = new LockRule();
            Finding finding = rule.look(look, List.of()).stream()
                    .filter(found -> found.service().equals("notes"))
                    .findFirst()
                    .orElseThrow();
            // The last line of the alert's own remedy ends the problem.
            String line = finding.remedy().lines().reduce((first, last) -> last).orElseThrow();
            cluster.run("homelab", line.substring(line.indexOf('"') + 1, line.lastIndexOf('"')));
            assertThat(waiting.get(8, TimeUnit.MINUTES)).isEqualTo(true);
            await().until(() -> probe.read(HOST).waits().isEmpty());
        }
    }

    @Test
    @Order(4)
    void deadlocksAreCounted() throws Exception {
        enrol("tasks", "");
        cluster.run(
                "tasks",
                "CREATE TABLE public.t (id int PRIMARY KEY, n int)",
                "INSERT INTO public.t VALUES (1, 0), (2, 0)");
        cluster.run("tasks", "GRANT ALL ON public.t TO tasks");
        long before = database("tasks").deadlocks();
        try (Connection one = as("tasks");
                Connection other = as("tasks")) {
            one.setAutoCommit(false);
            other.setAutoCommit(false);
            run(one, "UPDATE t SET n = 1 WHERE id = 1");
            run(other, "UPDATE t SET n = 1 WHERE id = 2");
            Future<Boolean> crossing = threads.submit(() -> succeeds(one, "UPDATE t SET n = 2 WHERE id = 2"));
            boolean second = succeeds(other, "UPDATE t SET n = 2 WHERE id = 1");
            assertThat(List.of(crossing.get(8, TimeUnit.MINUTES), second)).containsExactlyInAnyOrder(true, false);
        }
        await().until(() -> database("tasks").deadlocks() == before + 1);
    }

    @Test
    @Order(5)
    void aDatabaseThatGetsAnotherNameKeepsItsCountersAndIsNoNews() throws SQLException {
        DatabaseObservation before = probe.read(HOST);
        assertThat(database("tasks").deadlocks()).isPositive();
        cluster.run(
                "homelab",
                "ALTER DATABASE tasks RENAME TO tasks_before",
                "CREATE DATABASE tasks OWNER tasks",
                "INSERT INTO public.service_configs (service_name, database_name, role_name)"
                        + " VALUES ('archive', 'tasks_before', 'tasks')");
        DatabaseObservation now = probe.read(HOST);

        assertThat(now.database("archive").orElseThrow().deadlocks())
                .isEqualTo(before.database("tasks").orElseThrow().deadlocks());
        assertThat(new DeadlockRule().look(now, List.of(before)))
                .isNotEmpty()
                .allSatisfy(finding -> assertThat(finding.value()).isZero());
    }

    @Test
    @Order(6)
    void slowStatementsOfServicesAreReadFromTheExtension() throws Exception {
        enrol("slow", "");
        cluster.run("homelab", "CREATE SCHEMA \"odd schema\"");
        cluster.run("homelab", "CREATE EXTENSION pg_stat_statements SCHEMA \"odd schema\"");
        try (Connection connection = as("slow")) {
            run(connection, "SELECT pg_sleep(0.2)");
        }
        List<DatabaseObservation.Query> queries = probe.read(HOST).queries().orElseThrow();

        assertThat(queries)
                .filteredOn(query -> query.service().equals("slow"))
                .anySatisfy(query -> assertThat(query.seconds() / query.calls()).isBetween(0.2, 5.0));
        assertThat(queries).noneMatch(query -> query.service().equals("homelab"));
    }

    @Test
    @Order(7)
    void aKilledProcessIsSeenAlthoughTheServerWasNotStartedAnew() throws Exception {
        enrol("victim", "");
        DatabaseObservation.Server before = probe.read(HOST).server();
        try (Connection connection = as("victim");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
            row.next();
            ProcessHandle.of(row.getLong(1)).orElseThrow().destroyForcibly();
        }
        await().ignoreExceptionsInstanceOf(SQLException.class)
                .until(() -> probe.read(HOST).server().recoveredAt().isAfter(before.recoveredAt()));
        assertThat(probe.read(HOST).server().startedAt()).isEqualTo(before.startedAt());
    }

    private static int pid(DatabaseObservation look, boolean idle) {
        return look.transactions().stream()
                .filter(open -> open.service().equals("notes") && open.idle() == idle)
                .findFirst()
                .orElseThrow()
                .session()
                .pid();
    }

    private DatabaseObservation.Database database(String service) throws SQLException {
        return probe.read(HOST).database(service).orElseThrow();
    }

    private void enrol(String name, String options) throws SQLException {
        cluster.run(
                "homelab",
                "CREATE ROLE " + name + " LOGIN PASSWORD '" + PASSWORD.reveal() + "' " + options,
                "CREATE DATABASE " + name + " OWNER " + name,
                "INSERT INTO public.service_configs (service_name, database_name, role_name) VALUES ('" + name + "', '"
                        + name + "', '" + name + "')");
    }

    private Connection as(String name) throws SQLException {
        return cluster.server().connectAs(name, PASSWORD, name);
    }

    private static void runUntilEnded(Connection connection, String sql) {
        try {
            run(connection, sql);
        } catch (SQLException ended) {
            // The test terminated the session.
            Thread.onSpinWait();
        }
    }

    private static boolean run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
            return true;
        }
    }

    private static boolean succeeds(Connection connection, String sql) {
        try {
            return run(connection, sql);
        } catch (SQLException deadlock) {
            return false;
        }
    }
}
