package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.engine.recorded.RecordedEngine;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.ServerLog;
import org.pgsteward.postgres.TestCluster;
import org.pgsteward.postgres.guard.FreeSpace;
import org.pgsteward.postgres.guard.ServerCrash;
import org.pgsteward.postgres.guard.ServerGuard;
import org.postgresql.PGConnection;

/**
 * The lines of a real PostgreSQL when logins fail, first with the prefix of {@code compose.yaml} and then with
 * PostgreSQL's default.
 */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class LogProbeIT {
    private static final Secret RIGHT = new Secret("an-applications-own");
    private static final Secret WRONG = new Secret("anybody-elses");
    private static final DatabaseProbe.Host HOST =
            new DatabaseProbe.Host("postgresql", Optional.empty(), Optional.empty(), Map.of());

    /** At this time, an unknown role no longer counts as one that pgsteward is about to create. */
    private static final Clock LATER = Clock.offset(Clock.systemUTC(), LogTally.ENROLLING);

    private TestCluster cluster;
    private RecordedEngine recorded;
    private DockerEngine engine;

    @BeforeAll
    void start() throws Exception {
        cluster = TestCluster.start(
                TestCluster.programs(),
                Map.of(
                        "log_line_prefix", ServerLog.PREFIX,
                        "log_min_duration_statement", "200ms",
                        "log_parameter_max_length", "0",
                        "log_timezone", "UTC"));
        recorded = new RecordedEngine(Clock.systemUTC());
        recorded.logs(cluster.cluster()::log);
        engine = DockerEngine.at(recorded.host());
        new Tables(cluster.server().managementDatabase()).prepare();
        Path hba = Path.of(cluster.server().ask("SELECT current_setting('hba_file')"));
        Files.writeString(hba, "host all unlisted 127.0.0.1/32 reject\n" + Files.readString(hba));
        cluster.run(
                "homelab",
                "SELECT pg_reload_conf()",
                "CREATE ROLE wiki LOGIN CONNECTION LIMIT 1 PASSWORD '" + RIGHT.reveal() + "'",
                "CREATE ROLE other LOGIN PASSWORD '" + RIGHT.reveal() + "'",
                "CREATE ROLE resting NOLOGIN PASSWORD '" + RIGHT.reveal() + "'",
                "CREATE DATABASE wiki OWNER wiki",
                "REVOKE CONNECT ON DATABASE wiki FROM PUBLIC",
                "INSERT INTO public.service_configs (service_name, database_name, role_name, created_at) VALUES ('wiki', 'wiki', 'wiki', now() - interval '1 hour')");
    }

    @AfterAll
    void stop() throws IOException {
        engine.close();
        recorded.close();
        cluster.close();
    }

    /** The test has its own cluster, since the crash ends all sessions. */
    @Test
    void crashIsReportedWithTheRoleOfTheEndedProcess() throws Exception {
        try (TestCluster crashing =
                        TestCluster.start(TestCluster.programs(), Map.of("log_line_prefix", ServerLog.PREFIX));
                RecordedEngine itsEngine = new RecordedEngine(Clock.systemUTC());
                DockerEngine itsDocker = DockerEngine.at(itsEngine.host());
                ServerGuard guard = new ServerGuard(crashing.server(), FreeSpace.UNKNOWN)) {
            itsEngine.logs(crashing.cluster()::log);
            new Tables(crashing.server().managementDatabase()).prepare();
            crashing.run("homelab", "CREATE ROLE wiki LOGIN PASSWORD '" + RIGHT.reveal() + "'", "CREATE DATABASE wiki");
            CrashProbe probe = new CrashProbe(itsDocker, guard::clients);
            DatabaseProbe databases = new DatabaseProbe(crashing.server(), Clock.systemUTC());
            assertThat(before(databases, probe)).isEmpty();
            int pid;
            try (Connection killed = crashing.server().connectAs("wiki", RIGHT, "wiki");
                    Statement statement = killed.createStatement()) {
                // A role must not be able to forge the server's line about the end of another process.
                statement.execute(
                        "DO $$ BEGIN RAISE LOG 'server process (PID 1) was terminated by signal 9: Killed'; END $$");
                pid = killed.unwrap(PGConnection.class).getBackendPID();
                guard.check();
                ProcessHandle.of(pid).orElseThrow().destroyForcibly();
                await().until(() -> !killed.isValid(5));
            }
            await().ignoreExceptions().until(() -> guard.check().terminated().isEmpty());

            assertThat(before(databases, probe).orElseThrow().words())
                    .isEqualTo("process " + pid + " of role wiki in database wiki was terminated by signal 9: Killed,"
                            + " probably for lack of memory (any process may have used it)");
            DatabaseObservation.Server server = databases.read(HOST).server();
            ServerCrash crash = new ServerCrash(
                    server.startedAt(), server.recoveredAt(), true, server.log().prefix(), Set.of());
            assertThat(probe.killed("postgresql", crash)).contains("wiki");

            CrashProbe ofAutovacuum =
                    new CrashProbe(itsDocker, () -> Map.of(pid, new ServerGuard.Client("wiki", "wiki", true, false)));
            assertThat(before(databases, ofAutovacuum).orElseThrow().words())
                    .startsWith("process " + pid + " of autovacuum for role wiki in database wiki was terminated");
            assertThat(ofAutovacuum.killed("postgresql", crash))
                    .as("the killed process was an autovacuum worker")
                    .isEmpty();
        }
    }

    private static Optional<ServerProcessCrash> before(DatabaseProbe databases, CrashProbe probe) throws SQLException {
        DatabaseObservation.Server server = databases.read(HOST).server();
        return probe.before("postgresql", server.startedAt(), server.recoveredAt(), server.log());
    }

    @Test
    void everyFailedLoginIsCountedWithItsReason() throws Exception {
        LogProbe probe = new LogProbe(engine, LATER);
        refused("wiki", WRONG, "wiki");
        refused("nobody", WRONG, "wiki");
        refused("unlisted", RIGHT, "wiki");
        refused("resting", RIGHT, "wiki");
        refused("wiki", RIGHT, "nowhere");
        refused("other", RIGHT, "wiki");
        try (Connection only = as("wiki");
                Statement statement = only.createStatement()) {
            refused("wiki", RIGHT, "wiki");
            statement.execute("SELECT pg_sleep(0.3), 'a-secret-in-a-text'");
            assertThatThrownBy(() -> statement.execute("SELECT * FROM pg_catalog.pg_authid"))
                    .hasMessageContaining("permission denied");
            assertThatThrownBy(() -> statement.execute("SET ROLE other")).hasMessageContaining("permission denied");
            // Every role that can log in can write any text into the log.
            statement.execute("""
                    DO $$ BEGIN RAISE LOG E'x\n%', 'FATAL:  password authentication failed for user "gitea"'; END $$""");
            statement.execute("SET application_name = 'FATAL:  password authentication failed for user \"gitea\"'");
        }
        // A client whose login fails can also choose any name.
        refused("gitea database=gitea session=1 FATAL:  x", WRONG, "wiki");
        refused("gitea\n2026-11-25 01:54:43.202 UTC [77] state=28P01", WRONG, "x\ny");
        refused("wiki", WRONG, "wiki");

        LogObservation look = await().until(() -> read(probe), said -> count(said) == 10);

        assertThat(words(look, "wiki"))
                .contains("2 x wrong password: role wiki, database wiki, from 127.0.0.1")
                .contains("1 x no entry in pg_hba.conf allows it: role unlisted, database wiki, from 127.0.0.1")
                .contains("; 4 more");
        assertThat(words(look, "postgresql"))
                .contains("2 x ")
                .contains("role (unreadable name), database (unreadable name)");
        assertThat(look.toString()).doesNotContain("gitea").doesNotContain("a-secret");
        assertThat(look.slow().orElseThrow())
                .filteredOn(slow -> slow.service().equals("wiki"))
                .singleElement()
                .satisfies(slow -> {
                    assertThat(slow.count()).isEqualTo(1);
                    assertThat(slow.longest()).isBetween(0.3, 10.0);
                });
        assertThat(count(read(probe))).as("second read counts nothing twice").isEqualTo(10);
    }

    @Test
    void aServerThatWasLeftAsItCameSaysLessAndIsReadAsWell() throws Exception {
        try (TestCluster plain = TestCluster.start(TestCluster.programs(), Map.of("log_timezone", "UTC"));
                RecordedEngine itsEngine = new RecordedEngine(Clock.systemUTC());
                DockerEngine client = DockerEngine.at(itsEngine.host())) {
            itsEngine.logs(plain.cluster()::log);
            for (String user : List.of("homelab", "nobody", "gitea\" and \"wiki")) {
                assertThatThrownBy(() ->
                                plain.server().connectAs(user, WRONG, "homelab").close())
                        .isInstanceOf(SQLException.class);
            }
            assertThatThrownBy(() -> plain.server()
                            .connectAs("homelab", TestCluster.PASSWORD, "gone")
                            .close())
                    .isInstanceOf(SQLException.class);
            DatabaseObservation seen = new DatabaseProbe(plain.server(), Clock.systemUTC()).read(HOST);
            assertThat(seen.server().log()).isEqualTo(new ServerLog(ServerLog.DEFAULT_PREFIX, true, Optional.empty()));
            assertThat(seen.server().ourAddress()).isEqualTo("127.0.0.1");
            LogProbe probe = new LogProbe(client, LATER);

            LogObservation look =
                    await().until(() -> probe.read("postgresql", seen).look().orElseThrow(), said -> count(said) == 4);

            assertThat(words(look, "postgresql"))
                    .contains("1 x wrong password: role homelab")
                    .contains("1 x no such role: role nobody")
                    .contains("; 1 more");
            assertThat(look.toString()).doesNotContain("gitea");
            assertThat(look.slow()).isEmpty();
            assertThat(probe.read("no-such", seen).why()).isEqualTo("there is no container no-such");
        }
    }

    private LogObservation read(LogProbe probe) throws SQLException {
        LogProbe.Result read = probe.read("postgresql", server());
        assertThat(read.why()).isEmpty();
        return read.look().orElseThrow();
    }

    private DatabaseObservation server() throws SQLException {
        return new DatabaseProbe(cluster.server(), Clock.systemUTC()).read(HOST);
    }

    private static int count(LogObservation look) {
        return look.refusals().stream().mapToInt(LogObservation.Refusals::count).sum();
    }

    private static String words(LogObservation look, String service) {
        return look.refusals().stream()
                .filter(refused -> refused.service().equals(service))
                .map(LogObservation.Refusals::words)
                .findFirst()
                .orElseThrow();
    }

    private void refused(String user, Secret password, String database) {
        assertThatThrownBy(() ->
                        cluster.server().connectAs(user, password, database).close())
                .isInstanceOf(SQLException.class);
    }

    private Connection as(String name) throws SQLException {
        return cluster.server().connectAs(name, RIGHT, name);
    }
}
