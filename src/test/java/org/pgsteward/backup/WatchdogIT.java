package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.app.Daemon;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.io.Json;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Secret;
import org.pgsteward.model.Severity;
import org.pgsteward.monitor.guard.GuardAlerts;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/**
 * Backups and verifications that hang. After each of them the request has an answer, an alert fires, and no lock is
 * left. The next run succeeds and resolves the alert.
 */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class WatchdogIT {
    /**
     * The time after which a run without progress is stuck. No step of a small backup takes that long on a busy
     * machine.
     */
    private static final String LIMIT = "15s";

    private static final Duration PATIENCE = Duration.ofMinutes(8);

    private TestHost host;
    private Daemon daemon;
    private Path requests;
    private Path halt;
    private String wiki;
    private String chat;

    @BeforeAll
    void startDaemon() throws Exception {
        host = TestHost.start();
        halt = host.folder().resolve("halt");
        host.environment().put("PGSTEWARD_DOCKER_HOST", "tcp://127.0.0.1:1");
        host.environment().put("PGSTEWARD_HTTP_PORT", "0");
        host.environment().put("PGSTEWARD_REQUESTS_PERIOD", "100");
        host.environment().put("PGSTEWARD_SECRETS_DIR", host.folder().toString());
        host.environment().put("PGSTEWARD_BACKUP_STUCK_AFTER", LIMIT);
        host.environment().put("PGSTEWARD_POSTGRES_BINDIR", programs());
        requests = host.folder().resolve("requests");
        Wiring wiring = host.wiring();
        wiring.house.order();
        wiki = databaseOfTenRows();
        chat = databaseOfTenRows();
        daemon = wiring.daemon().start();
    }

    @AfterEach
    void letRun() throws IOException {
        Files.deleteIfExists(halt);
    }

    @AfterAll
    void stop() throws Exception {
        daemon.close();
        host.close();
    }

    @Test
    void endsADumpThatStandsStillAndTheNextRunWorks() throws Exception {
        Files.writeString(halt, "pg_dump " + wiki);

        JsonNode answer = answerTo("{\"backup\":[\"" + wiki + "\",\"" + chat + "\"]}");

        assertThat(state(answer, wiki)).isEqualTo("failed");
        assertThat(backup(answer, wiki).path("error").asText())
                .contains("it was stuck and was cancelled: no progress for ")
                .contains("in step 'locks the tables'");
        assertThat(state(answer, chat)).as("other backups of the same run").isEqualTo("verified");
        assertStuckAndNothingHeld(wiki);
        assertThat(host.stored(wiki)).isEmpty();

        Files.delete(halt);
        assertThat(state(answerTo("{\"backup\":[\"" + wiki + "\"]}"), wiki)).isEqualTo("verified");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.notices(Watchdog.STUCK, wiki))
                        .hasSize(2)
                        .anyMatch(notice -> notice.startsWith("resolved")));
    }

    /** All other dumps wait for this one. Each of its numbers has 7 bytes in the table and 131,072 in the dump. */
    @Test
    void endsADumpThatIsMuchLargerThanItsDatabaseWhileOthersWait() throws Exception {
        // The database sorts first by its name.
        String database = "a_numbers";
        host.cluster().run("homelab", "CREATE DATABASE " + database);
        host.cluster()
                .run(
                        database,
                        "CREATE TABLE public.numbers AS SELECT "
                                + IntStream.range(0, 40)
                                        .mapToObj(column -> "1e131071::numeric AS c" + column)
                                        .collect(Collectors.joining(", "))
                                + " FROM generate_series(1, 8000)");

        // At most one of the other two databases is dumped before it.
        JsonNode answer = answerTo("{\"backup\":[\"" + database + "\",\"" + chat + "\",\"" + wiki + "\"]}");

        assertThat(state(answer, database)).isEqualTo("failed");
        assertThat(backup(answer, database).path("error").asText())
                .startsWith("it was stuck and was cancelled: too slow while others wait: ");
        assertThat(List.of(state(answer, chat), state(answer, wiki)))
                .as("other backups of the same run")
                .containsOnly("verified");
        assertStuckAndNothingHeld(database);
        assertThat(host.stored(database)).isEmpty();
    }

    @Test
    void endsAVerificationThatStandsStill() throws Exception {
        String database = databaseOfTenRows();
        assertThat(state(answerTo("{\"backup\":[\"" + database + "\"]}"), database))
                .isEqualTo("verified");
        Files.writeString(halt, "pg_restore");

        JsonNode answer = answerTo("{\"verify\":[\"" + database + "\"]}");

        assertThat(state(answer, database)).isEqualTo("unverifiable");
        assertThat(backup(answer, database).path("error").asText()).startsWith("it was stuck and was cancelled: ");
        assertStuckAndNothingHeld(database);
        assertThat(host.stored(database)).hasSize(2);

        Files.delete(halt);
        assertThat(state(answerTo("{\"verify\":[\"" + database + "\"]}"), database))
                .isEqualTo("verified");
    }

    /** A thread that waits for PostgreSQL's answer wakes only when its connection ends. */
    @Test
    void endsARunThatWaitsForAnAnswerOfPostgresql() throws Exception {
        String database = databaseOfTenRows();
        try (Connection other = host.cluster().server().connect(database);
                Statement statement = other.createStatement()) {
            statement.execute("SET application_name = 'application'");
            other.setAutoCommit(false);
            // The run waits for this lock twice as long as the watchdog's limit.
            statement.execute("LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE");

            JsonNode answer = answerTo("{\"backup\":[\"" + database + "\"]}");

            assertThat(state(answer, database)).isEqualTo("failed");
            assertThat(backup(answer, database).path("error").asText())
                    .contains("it was stuck and was cancelled: ")
                    .contains("in step 'locks the tables'");
            assertStuckAndNothingHeld(database);
        }
        assertThat(state(answerTo("{\"backup\":[\"" + database + "\"]}"), database))
                .isEqualTo("verified");
    }

    @Test
    void aServiceThatLocksACatalogIsDisconnectedWithAnAlert() throws Exception {
        String service = databaseOfTenRows();
        host.cluster().run("homelab", "CREATE ROLE " + service + " LOGIN PASSWORD 'its-own'");
        host.cluster().run(service, "CREATE TABLE public.mine (n int)", "ALTER TABLE public.mine OWNER TO " + service);
        Secret password = new Secret("its-own");
        try (Connection first = host.cluster().server().connectAs(service, password, service);
                Connection second = host.cluster().server().connectAs(service, password, service);
                Statement holding = first.createStatement();
                Statement attacking = second.createStatement()) {
            first.setAutoCommit(false);
            holding.execute("LOCK TABLE public.mine");

            assertThatThrownBy(() -> attacking.execute("CREATE RULE r AS ON INSERT TO pg_database"
                            + " WHERE (SELECT count(*) FROM public.mine) > 0 DO INSTEAD NOTHING"))
                    .hasMessageContaining("terminating connection");
        }
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.notices(GuardAlerts.LOCKED, service))
                        .singleElement()
                        .asString()
                        .startsWith("firing"));
    }

    @Test
    void repeatedCatalogLocksShutTheRoleOut() throws Exception {
        String service = databaseOfTenRows();
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE " + service + " LOGIN PASSWORD 'its-own'",
                        "INSERT INTO public.service_configs (service_name, database_name, role_name) VALUES ('"
                                + service + "', '" + service + "', '" + service + "')");
        host.cluster().run(service, "CREATE TABLE public.mine (n int)", "ALTER TABLE public.mine OWNER TO " + service);
        Secret password = new Secret("its-own");
        Connection first = host.cluster().server().connectAs(service, password, service);
        first.setAutoCommit(false);
        try (Statement holding = first.createStatement()) {
            holding.execute("LOCK TABLE public.mine");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThatThrownBy(() -> lockCatalog(service, password))
                            .hasMessageContaining("not permitted to log in"));
            assertThat(first.isValid(5))
                    .as("the other sessions of the role end too")
                    .isFalse();
        } finally {
            first.close();
        }
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.notices(GuardAlerts.SHUT_OUT, service))
                        .singleElement()
                        .asString()
                        .startsWith("firing"));

        host.cluster().run("homelab", "ALTER ROLE " + service + " LOGIN CONNECTION LIMIT 50");

        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(host.notices(GuardAlerts.SHUT_OUT, service)).hasSize(2));
        host.cluster().server().connectAs(service, password, service).close();
    }

    private void lockCatalog(String service, Secret password) throws SQLException {
        try (Connection again = host.cluster().server().connectAs(service, password, service);
                Statement attacking = again.createStatement()) {
            attacking.execute("CREATE RULE r AS ON INSERT TO pg_database"
                    + " WHERE (SELECT count(*) FROM public.mine) > 0 DO INSTEAD NOTHING");
        }
    }

    /**
     * The previous process was killed or ran out of memory at three moments of a backup. The restarted daemon sends
     * the alerts.
     */
    @Test
    void aRestartSendsTheAlertsOfADeadBackupProcess() throws Exception {
        String died = databaseOfTenRows();
        String failed = databaseOfTenRows();
        String good = databaseOfTenRows();
        Wiring earlier = host.wiring();
        Instant now = earlier.clock.instant();
        try (Pipeline pipeline = earlier.backupPipeline().start()) {
            assertThat(pipeline).isNotNull();
            earlier.routeClient.ask("direct:journal-write", running(died, now));
            earlier.routeClient.ask(
                    "direct:journal-write", running(failed, now).failed(now, Duration.ZERO, "the disk is full"));
            earlier.routeClient.ask(
                    "direct:alert-raise",
                    Condition.bad(Severity.CRITICAL, BackupAlerts.FAILED, good, "it failed", "", now.minusSeconds(5)));
            earlier.routeClient.ask(
                    "direct:journal-write", running(good, now).judged(BackupState.VERIFIED, now, Duration.ZERO, ""));
        }
        assertThat(host.journal(died)).containsExactly("running");

        try (Daemon restarted = host.wiring().daemon().start()) {
            assertThat(restarted).isNotNull();
            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(host.journal(died)).containsExactly("failed: " + DeadRuns.DIED);
                assertThat(host.notices(died)).singleElement().asString().startsWith("firing");
                assertThat(host.notices(failed)).singleElement().asString().startsWith("firing");
                assertThat(host.notices(good)).hasSize(2).last().asString().startsWith("resolved");
            });
        }
    }

    private static Backup running(String service, Instant at) {
        return Backup.starting(service + "-20260101T000000Z", service, service, BackupKind.DUMP, at, "15");
    }

    private void assertStuckAndNothingHeld(String service) throws Exception {
        assertThat(host.notices(Watchdog.STUCK, service)).first().asString().startsWith("firing [critical]");
        Optional<RunLock> lock = RunLock.take(host.folder().resolve("state/locks"), service);
        assertThat(lock).isPresent();
        lock.get().close();
        assertThat(snapshot(service)).isEmpty();
        assertThat(pgDump()).isEmpty();
    }

    private String databaseOfTenRows() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster().run(database, "CREATE TABLE public.t AS SELECT generate_series(1, 10) AS n");
        return database;
    }

    /** Returns the process id of a session of the run. */
    private Optional<String> snapshot(String database) throws Exception {
        return host
                .rows(
                        "homelab",
                        "SELECT pid FROM pg_stat_activity WHERE datname = '" + database
                                + "' AND application_name = 'pgsteward'")
                .stream()
                .findFirst();
    }

    private static Optional<ProcessHandle> pgDump() {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> process.info()
                        .commandLine()
                        .filter(line -> line.contains("/pg_dump ") && line.contains("--snapshot="))
                        .isPresent())
                .findFirst();
    }

    /**
     * Returns a folder with wrappers of PostgreSQL's programs. The file {@code halt} names a program, and for a dump
     * also its database. That program stops as it begins.
     */
    private String programs() throws IOException {
        Path folder = Files.createTempDirectory(host.folder(), "programs-");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path real = TestCluster.programs().directory();
        for (String program : List.of("pg_dump", "pg_restore", "psql", "initdb", "postgres", "pg_dumpall")) {
            Path wrapper = Files.writeString(
                    folder.resolve(program), """
                    #!/bin/sh
                    case "$(cat %s 2>/dev/null)" in
                      "%s $PGDATABASE" | "%s") case "$1" in --version | --list) ;; *) kill -STOP $$ ;; esac ;;
                    esac
                    exec %s "$@"
                    """.formatted(halt, program, program, real.resolve(program)));
            Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        return folder.toString();
    }

    private JsonNode answerTo(String request) throws IOException {
        String name = "r" + System.nanoTime();
        ask(name, request);
        return answer(name);
    }

    private void ask(String name, String request) throws IOException {
        Files.createDirectories(requests);
        Path part = Files.writeString(requests.resolve("." + name + ".part"), request);
        Files.move(part, requests.resolve(name + ".json"), StandardCopyOption.ATOMIC_MOVE);
    }

    private JsonNode answer(String name) throws IOException {
        Path answer = requests.resolve(name + ".answer.json");
        await().atMost(PATIENCE).until(() -> Files.exists(answer));
        return Json.mapper().readTree(answer.toFile());
    }

    private static String state(JsonNode answer, String service) {
        return backup(answer, service).path("state").asText();
    }

    private static JsonNode backup(JsonNode answer, String service) {
        for (JsonNode backup : answer.path("backups")) {
            if (backup.path("service").asText().equals(service)) {
                return backup;
            }
        }
        throw new AssertionError("no backup of service " + service + " in " + answer);
    }
}
