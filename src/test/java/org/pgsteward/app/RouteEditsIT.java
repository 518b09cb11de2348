package org.pgsteward.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.camel.lint.Corpus;
import org.pgsteward.camel.receivers.CapturedLog;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;

/** Route files are edited while the daemon runs them, with and without mistakes. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class RouteEditsIT {
    private static final Duration PATIENCE = Duration.ofMinutes(8);
    private static final long SEED = 20_261_125;

    /** Edits that operators make on purpose. Each one is undone when it is made again. */
    private static final List<Edit> GOOD = List.of(
            new Edit("thresholds.yaml", "memory: {warn: 80%", "memory: {warn: 70%"),
            new Edit("thresholds.yaml", "# Deadlocks within", "# All deadlocks within"),
            new Edit("monitor.camel.yaml", "{{pgsteward.watch.period:1m}}", "2m"),
            new Edit("backup.camel.yaml", "0 * * * * ?", "30 * * * * ?"),
            new Edit("alerts.camel.yaml", "{{pgsteward.alerts.interval:1m}}", "3m"),
            new Edit("retention.camel.yaml", "0 30 4 * * ?", "0 45 4 * * ?"),
            new Edit("containers.camel.yaml", "# The checks of", "# All checks of"),
            new Edit("containers.camel.yaml", "id: containers-retry", "id: containers-again"),
            new Edit(
                    "receivers/mailbox.camel.yaml", "charset: UTF-8", "charset: UTF-8\n              bufferSize: 8192"),
            new Edit("heartbeat.camel.yaml", "- route:", "- route:"));

    private TestHost host;
    private Path routes;
    private Path state;
    private Wiring wiring;
    private Daemon daemon;
    private final Map<String, String> shipped = new TreeMap<>();

    private record Edit(String file, String from, String to) {}

    @BeforeAll
    void startHost() throws Exception {
        host = TestHost.start();
        host.wiring().house.order();
        try (Stream<Path> files = Files.walk(Path.of("routes"))) {
            for (Path file : files.filter(path -> path.toString().matches(".*\\.camel\\.yaml|.*/thresholds\\.yaml"))
                    .toList()) {
                shipped.put(Path.of("routes").relativize(file).toString(), Files.readString(file));
            }
        }
    }

    @BeforeEach
    void startDaemon() throws Exception {
        routes = Files.createTempDirectory(host.folder(), "routes-");
        state = Files.createTempDirectory(host.folder(), "state-");
        Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwx--x--x"));
        for (Map.Entry<String, String> file : shipped.entrySet()) {
            write(file.getKey(), file.getValue());
        }
        start();
    }

    private void start() throws Exception {
        wiring = host.wiring(Map.of(
                "pgsteward.routes.dir",
                routes.toString(),
                "pgsteward.state.dir",
                state.toString(),
                "pgsteward.docker.host",
                "unix://" + host.folder().resolve("no.sock"),
                "pgsteward.http.port",
                "0"));
        daemon = wiring.daemon().start();
    }

    @AfterEach
    void stopDaemon() {
        daemon.close();
    }

    @AfterAll
    void stopHost() throws Exception {
        host.close();
    }

    @Test
    void eachMistakeIsRefusedWithItsLineAndTheNextSaveIsInForceAtOnce() throws Exception {
        Set<String> before = running();
        for (Corpus.Mistake mistake : Corpus.all()) {
            Optional<String> good = read(mistake.file());
            save(mistake);

            assertThat(running()).as("routes after %s", mistake).isEqualTo(before);
            assertThat(refusal())
                    .as("refusal of %s", mistake)
                    .hasValueSatisfying(reported -> assertThat(reported)
                            .contains(mistake.file() + (mistake.line() > 0 ? ":" + mistake.line() + ": " : ": "))
                            .doesNotContain("geheim"));
            restore(mistake.file(), good);
            assertThat(refusal()).as("after the repair of %s", mistake).isEmpty();
        }
    }

    @Test
    void threeHundredMistakesWithGoodEditsBetweenLoseNoRoute() throws Exception {
        Random random = new Random(SEED);
        List<Corpus.Mistake> mistakes = Corpus.all();
        Set<Edit> done = new TreeSet<>((one, other) -> (one.file() + one.to()).compareTo(other.file() + other.to()));
        for (int sequence = 0; sequence < 300; sequence++) {
            Corpus.Mistake mistake = mistakes.get(random.nextInt(mistakes.size()));
            Set<String> before = running();
            Optional<String> good = read(mistake.file());
            save(mistake);
            assertThat(running())
                    .as("routes of sequence %d, %s", sequence, mistake)
                    .isEqualTo(before);
            assertThat(refusal())
                    .as("refusal of sequence %d, %s", sequence, mistake)
                    .isPresent();

            restore(mistake.file(), good);
            good(random, done);
            assertThat(refusal())
                    .as("after the repair in sequence %d, %s", sequence, mistake)
                    .isEmpty();
            assertThat(running())
                    .as("routes after the good edit of sequence %d", sequence)
                    .isEqualTo(wanted());
        }
        // Alerts are still routed after any swap.
        assertThat(wiring.routeClient.ask("direct:alert-raise", notice()).getException())
                .isNull();
    }

    @Test
    void anEditDoesNotDisturbABackupUnderWay() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster().run(database, "CREATE TABLE public.t (n integer) PARTITION BY LIST (n)");
        BackupTarget target = target(database);
        CompletableFuture<Backup> backup;
        try (Connection holding = host.cluster().server().connect(database)) {
            lock(holding, "public.t");
            backup = CompletableFuture.supplyAsync(() -> host.backUp(wiring, target));
            await().atMost(PATIENCE).until(() -> host.journal(database), rows -> rows.equals(List.of("running")));

            write(
                    "backup.camel.yaml",
                    shipped("backup.camel.yaml")
                            .replaceAll("(?m)^      steps:\n", "      steps:\n        - log: a new step\n"));
            settle();
            assertThat(refusal()).isEmpty();
            assertThat(backup).isNotDone();
            holding.rollback();
        }
        assertThat(backup.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).state()).isEqualTo(BackupState.VERIFIED);
        assertThat(host.backUp(wiring, target).state()).isEqualTo(BackupState.VERIFIED);
    }

    @Test
    void aMessageUnderWayEndsOnTheOldRouteAndTheNextTakesTheNewOne() throws Exception {
        host.cluster().run("homelab", "CREATE TABLE public.held (n integer)");
        write("operators.camel.yaml", held("old"));
        settle();
        CompletableFuture<String> old;
        try (Connection holding = host.cluster().server().connect("homelab")) {
            lock(holding, "public.held");
            old = CompletableFuture.supplyAsync(this::askHeld);
            await().atMost(PATIENCE)
                    .until(
                            () -> host.rows(
                                    "homelab",
                                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                                            + " AND query LIKE '%public.held%'"),
                            rows -> rows.equals(List.of("1")));

            write("operators.camel.yaml", held("new"));
            settle();
            assertThat(refusal()).isEmpty();
            assertThat(daemon.routes().leaving()).isPositive();
            assertThat(old).isNotDone();
            holding.rollback();
        }
        assertThat(old.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo("old");
        assertThat(askHeld()).isEqualTo("new");
        await().atMost(PATIENCE).until(() -> {
            settle();
            return daemon.routes().leaving() == 0;
        });
    }

    private String askHeld() {
        return wiring.routeClient.ask("direct:op-held", "").getMessage().getBody(String.class);
    }

    private static String held(String answer) {
        return """
                - route:
                    id: op-held
                    from:
                      uri: direct:op-held
                      steps:
                        - to:
                            uri: sql:SELECT n FROM public.held
                            parameters:
                              dataSource: "#management"
                        - setBody:
                            expression:
                              constant:
                                expression: %s
                """.formatted(answer);
    }

    private static void lock(Connection holding, String table) throws SQLException {
        holding.setAutoCommit(false);
        try (Statement statement = holding.createStatement()) {
            statement.execute("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
        }
    }

    @Test
    void aRouteOfAnOperatorsHasTheSafetyNetUnderItAndGoesWithItsFile() throws Exception {
        try (CapturedLog log = new CapturedLog()) {
            write("operators.camel.yaml", """
                    - route:
                        id: op-fails
                        from:
                          uri: timer:op-fails
                          parameters:
                            delay: 0
                            period: 100
                          steps:
                            - throwException:
                                exceptionType: java.lang.IllegalStateException
                                message: on purpose
                    """);
            settle();
            await().atMost(PATIENCE).until(() -> log.text().contains("route op-fails failed"));
            assertThat(log.text()).contains("on purpose").doesNotContain("\tat ");
        }
        assertThat(running()).contains("op-fails");
        Files.delete(routes.resolve("operators.camel.yaml"));
        settle();
        assertThat(running()).doesNotContain("op-fails");
    }

    @Test
    void editThatFailsToStartChangesNothing() throws Exception {
        Set<String> before = running();
        write("thresholds.yaml", shipped("thresholds.yaml").replace("memory: {warn: 80%", "memory: {warn: 70%"));
        write("retention.camel.yaml", shipped("retention.camel.yaml").replace("0 30 4 * * ?", "0 45 4 * * ?"));
        write("alerts.camel.yaml", shipped("alerts.camel.yaml").replace("${body.title}", "told: ${body.title}"));
        write("operators.camel.yaml", """
                - route:
                    id: op-waits
                    from:
                      uri: file:nowhere/at/all
                      parameters:
                        autoCreate: false
                        startingDirectoryMustExist: true
                      steps:
                        - log: "${body}"
                """);
        settle();

        assertThat(running()).isEqualTo(before);
        assertThat(refusal())
                .hasValueSatisfying(reported -> assertThat(reported).contains("operators.camel.yaml:"));
        assertThat(wiring.routeClient.ask("direct:alert-raise", notice()).getException())
                .isNull();
        Files.delete(routes.resolve("operators.camel.yaml"));
        settle();
        assertThat(refusal()).isEmpty();
        assertThat(running()).isEqualTo(before);
        String database = host.cluster().newDatabase();
        assertThat(host.backUp(wiring, target(database)).state()).isEqualTo(BackupState.VERIFIED);
    }

    @Test
    void startWithABadFileRunsLastGoodRoutesWithAnAlert() throws Exception {
        Set<String> before = running();
        write("thresholds.yaml", shipped("thresholds.yaml").replace("memory: {warn: 80%", "memory: {warn: 70%"));
        settle();
        daemon.close();
        write("monitor.camel.yaml", shipped("monitor.camel.yaml").replace("timer:monitor-host", "tmer:monitor-host"));
        Files.delete(routes.resolve("backup.camel.yaml"));
        start();

        assertThat(running()).isEqualTo(before);
        assertThat(refusal())
                .hasValueSatisfying(reported -> assertThat(reported).contains("monitor.camel.yaml:"));
        write("backup.camel.yaml", shipped("backup.camel.yaml"));
        write("monitor.camel.yaml", shipped("monitor.camel.yaml"));
        settle();
        assertThat(refusal()).isEmpty();
    }

    @Test
    void aFirstStartOverABadFileIsRefusedWithFileAndLine() throws Exception {
        write("monitor.camel.yaml", shipped("monitor.camel.yaml").replace("timer:monitor-host", "tmer:monitor-host"));
        Wiring first = host.wiring(Map.of(
                "pgsteward.routes.dir",
                routes.toString(),
                "pgsteward.state.dir",
                state.resolve("new").toString(),
                "pgsteward.docker.host",
                "unix://" + host.folder().resolve("no.sock"),
                "pgsteward.http.port",
                "0"));

        assertThatThrownBy(() -> first.daemon().start())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(routes + "/monitor.camel.yaml:")
                .hasMessageContaining("unknown component 'tmer'; did you mean 'timer'?");
    }

    private void good(Random random, Set<Edit> done) throws IOException {
        Edit edit = GOOD.get(random.nextInt(GOOD.size()));
        if (edit.from().equals(edit.to())) {
            restore(edit.file(), read(edit.file()).isPresent() ? Optional.empty() : Optional.of(shipped(edit.file())));
            return;
        }
        if (!done.remove(edit)) {
            done.add(edit);
        }
        String text = shipped(edit.file());
        for (Edit each : done) {
            text = each.file().equals(edit.file()) ? text.replace(each.from(), each.to()) : text;
        }
        restore(edit.file(), Optional.of(text));
    }

    /**
     * Returns the ids of the routes that the files contain, except those excluded by preconditions, and of the routes
     * in Java.
     */
    private Set<String> wanted() throws IOException {
        Set<String> ids = new TreeSet<>(
                Set.of("journal-write", "journal-drain", "journal-insert", "backup-write", "containers-connected"));
        for (String file : shipped.keySet()) {
            String text = read(file).orElse("");
            for (String route : List.of(text.split("- route:\n", -1)).subList(1, text.split("- route:\n", -1).length)) {
                boolean off = route.contains("enabled:false}}") && !route.contains("pgsteward.mailbox.enabled");
                if (!off) {
                    ids.add(route.replaceFirst("(?s).*?id: (\\S+).*", "$1"));
                }
            }
        }
        return ids;
    }

    private String shipped(String file) {
        return Objects.requireNonNull(shipped.get(file), file);
    }

    private Set<String> running() {
        return new TreeSet<>(daemon.routes().running());
    }

    private Optional<String> refusal() {
        return wiring.alerts.firing().stream()
                .filter(alert -> alert.kind().equals("route-refused"))
                .map(alert -> alert.last().reason())
                .findFirst();
    }

    private static org.pgsteward.model.Condition notice() {
        return org.pgsteward.model.Condition.well("kind", "service", "all is well", java.time.Instant.now());
    }

    private void save(Corpus.Mistake mistake) throws IOException {
        Files.write(routes.resolve(mistake.file()), mistake.content());
        settle();
    }

    private void restore(String file, Optional<String> text) throws IOException {
        if (text.isPresent()) {
            write(file, text.get());
        } else {
            Files.delete(routes.resolve(file));
        }
        settle();
    }

    private void settle() throws IOException {
        daemon.routes().look();
        daemon.routes().look();
        daemon.routes().look();
    }

    private Optional<String> read(String file) throws IOException {
        Path path = routes.resolve(file);
        return Files.exists(path) ? Optional.of(Files.readString(path)) : Optional.empty();
    }

    private void write(String file, String text) throws IOException {
        Files.createDirectories(routes.resolve(file).getParent());
        Files.writeString(routes.resolve(file), text);
    }

    private BackupTarget target(String database) throws Exception {
        return host.target(wiring, database);
    }
}
