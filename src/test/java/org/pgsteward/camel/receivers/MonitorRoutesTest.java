package org.pgsteward.camel.receivers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.Reporter;
import org.pgsteward.camel.RouteClient;
import org.pgsteward.camel.RouteReporter;
import org.pgsteward.containers.MemorySample;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Console;
import org.pgsteward.model.Container;
import org.pgsteward.model.Memory;
import org.pgsteward.model.Severity;
import org.pgsteward.monitor.CatalogObservation;
import org.pgsteward.monitor.DatabaseObservation;
import org.pgsteward.monitor.HostObservation;
import org.pgsteward.monitor.LogEvent;
import org.pgsteward.monitor.LogObservation;
import org.pgsteward.monitor.Monitor;
import org.pgsteward.monitor.PostgresReading;
import org.pgsteward.monitor.Restarts;
import org.pgsteward.monitor.ThresholdsFile;
import org.pgsteward.monitor.Upkeep;
import org.pgsteward.monitor.Watches;
import org.pgsteward.postgres.ServerLog;

@Tag("fast")
class MonitorRoutesTest {
    private static final String MONITOR = "routes/monitor.camel.yaml";

    @TempDir
    private Path state;

    /** Replaces the sampling of the engine. */
    private static final class Sampler {
        private volatile int percent = 10;

        List<MemorySample> sample() {
            return List.of(
                    new MemorySample("vikunja", container(), new Memory(percent, 100), Instant.now()),
                    new MemorySample("gitea", container(), new Memory(10, 100), Instant.now()));
        }

        private static Container container() {
            return new Container(
                    "0123456789abcdef",
                    "vikunja",
                    "vikunja:1",
                    "sha256:1",
                    Container.State.RUNNING,
                    Container.Health.NONE,
                    0,
                    false,
                    false,
                    Map.of(),
                    Map.of(),
                    Map.of(),
                    100,
                    Instant.EPOCH,
                    Optional.of(Instant.EPOCH));
        }
    }

    /** Replaces the JDBC probe. */
    private static final class Probe {
        private volatile Optional<String> error = Optional.empty();

        PostgresReading probe() {
            return new PostgresReading("postgresql:5432", error, false, Instant.now());
        }
    }

    /** Replaces the comparison of the journal with the schedules. */
    public static final class Late {
        private final Reporter reporter;
        private volatile List<Condition> found = List.of();

        Late(Reporter reporter) {
            this.reporter = reporter;
        }

        public void report() {
            found.forEach(reporter::raise);
        }
    }

    /** Replaces the probes of PostgreSQL, the disks and pgsteward's own folders. */
    private static final class Eyes {
        private volatile int spooled;
        private volatile @Nullable DatabaseObservation databases;
        private volatile @Nullable CatalogObservation catalogs;
        private volatile @Nullable LogObservation log;

        HostObservation host() {
            HostObservation.Disk disk =
                    new HostObservation.Disk("/backups", List.of("backups"), 100, 50, Optional.empty());
            return new HostObservation(
                    Instant.now(), List.of(disk), Optional.empty(), "", spooled, Map.of(), Optional.empty());
        }
    }

    /** Replaces the reading of the overview from PostgreSQL. */
    public static final class Overviews {
        private final CountDownLatch looked = new CountDownLatch(1);

        public void look() {
            looked.countDown();
        }
    }

    private final Overviews overview = new Overviews();
    private final Sampler sampler = new Sampler();
    private final Eyes eyes = new Eyes();
    private final RouteClient routeClient = new RouteClient();
    private final Reporter reporter = new RouteReporter(routeClient);
    private final Late late = new Late(reporter);
    private final Probe probe = new Probe();

    @Test
    void memoryBeginsAndEnds() throws Exception {
        try (Desk desk = desk(Map.of(), "")) {
            sampler.percent = 85;
            await().until(() -> desk.alerts.firing().size() == 1);
            assertThat(desk.alerts.firing()).extracting(Alert::key).containsExactly("memory-high:vikunja");
            sampler.percent = 10;
            await().until(() -> desk.alerts.firing().isEmpty());
        }
    }

    @Test
    void theLevelsAreTheOperators() throws Exception {
        try (Desk desk = desk(Map.of(), "memory: {warn: 5, critical: 95%}")) {
            await().until(() -> desk.alerts.firing().size() == 2);
        }
    }

    @Test
    void postgresBeginsAndEndsAsTheProbeSaysIt() throws Exception {
        try (Desk desk = desk(Map.of(), "")) {
            probe.error = Optional.of("Connection refused");
            await().until(() -> desk.alerts.firing().size() == 1);
            assertThat(desk.alerts.firing().get(0).causes()).containsOnlyKeys("probe");
            probe.error = Optional.empty();
            await().until(() -> desk.alerts.firing().isEmpty());
        }
    }

    @Test
    void overdueVerifiedBackupFiresAndResolves() throws Exception {
        try (Desk desk = desk(Map.of(), "")) {
            late.found = List.of(Condition.bad(
                    Severity.CRITICAL, "backup-overdue", "vikunja", "none since Monday", "", Instant.now()));
            await().until(() -> desk.alerts.firing().size() == 1);
            assertThat(desk.alerts.firing()).extracting(Alert::key).containsExactly("backup-overdue:vikunja");
            late.found = List.of(Condition.well("backup-overdue", "vikunja", "proved today", Instant.now()));
            await().until(() -> desk.alerts.firing().isEmpty());
        }
    }

    @Test
    void spooledRowsFireAndResolve() throws Exception {
        try (Desk desk = desk(Map.of(), "journal-spool: {warn: 5, lasting: 0s}")) {
            eyes.spooled = 5;
            await().until(() -> desk.alerts.firing().size() == 1);
            assertThat(desk.alerts.firing()).extracting(Alert::key).containsExactly("journal-waiting:pgsteward");
            eyes.spooled = 0;
            await().until(() -> desk.alerts.firing().isEmpty());
        }
    }

    @Test
    void fullServerFiresAndResolvesButNotWhileUnavailable() throws Exception {
        try (Desk desk = desk(Map.of(), "connections: {lasting: 0s}")) {
            eyes.databases = look(96);
            await().until(() -> desk.alerts.firing().size() == 1);
            assertThat(desk.alerts.firing())
                    .extracting(Alert::key)
                    .containsExactly("connections-near-maximum:postgresql");
            eyes.databases = null;
            await().during(Duration.ofMillis(300))
                    .until(() -> desk.alerts.firing().size() == 1);
            eyes.databases = look(5);
            await().until(() -> desk.alerts.firing().isEmpty());
        }
    }

    @Test
    void failedLoginsFireAndResolveButNotWithoutTheLog() throws Exception {
        try (Desk desk = desk(Map.of(), "failed-logins: {lasting: 0s}")) {
            eyes.databases = look(5);
            eyes.log = refused(3);
            await().until(() -> desk.alerts.firing().size() == 1);
            assertThat(desk.alerts.firing()).extracting(Alert::key).containsExactly("logins-failed:vikunja");
            eyes.log = null;
            await().during(Duration.ofMillis(300))
                    .until(() -> desk.alerts.firing().size() == 1);
            eyes.log = refused(0);
            await().until(() -> desk.alerts.firing().isEmpty());
        }
    }

    @Test
    void endingSequenceFiresAndResolves() throws Exception {
        try (Desk desk = desk(Map.of(), "")) {
            eyes.catalogs = catalogs(91);
            await().until(() -> desk.alerts.firing().size() == 1);
            assertThat(desk.alerts.firing()).extracting(Alert::key).containsExactly("sequence-ending:vikunja");
            eyes.catalogs = catalogs(10);
            await().until(() -> desk.alerts.firing().isEmpty());
        }
    }

    private static CatalogObservation catalogs(double percent) {
        CatalogObservation.Sequence sequence =
                new CatalogObservation.Sequence("public", "t_id_seq", Optional.empty(), percent, 1, 100, true, false);
        CatalogObservation.Contents contents = new CatalogObservation.Contents(List.of(sequence), 0);
        return new CatalogObservation(
                Instant.now(),
                new Console("postgresql", "homelab", "homelab"),
                List.of(new CatalogObservation.Database(
                        "vikunja", "vikunja", true, Optional.empty(), Optional.empty(), Optional.of(contents))));
    }

    private static LogObservation refused(int count) {
        LogObservation.Attempts attempts = new LogObservation.Attempts(
                LogEvent.Reason.WRONG_PASSWORD, "vikunja", "vikunja", "web (172.18.0.5)", count);
        return new LogObservation(
                Instant.now(),
                new Console("postgresql", "homelab", "homelab"),
                List.of(new LogObservation.Refusals("vikunja", false, count, List.of(attempts), Instant.now())),
                Optional.empty());
    }

    private static DatabaseObservation look(int sessions) {
        DatabaseObservation.Server server = new DatabaseObservation.Server(
                Instant.EPOCH,
                Instant.EPOCH,
                "15.14",
                sessions,
                100,
                3,
                0,
                new DatabaseObservation.MemorySettings(1, 1, 1, 1),
                Optional.of(0L),
                Optional.empty(),
                new ServerLog(ServerLog.PREFIX, true, Optional.empty()),
                "",
                Optional.empty(),
                Restarts.NONE);
        return new DatabaseObservation(
                Instant.now(),
                new Console("postgresql", "homelab", "homelab"),
                server,
                List.of(),
                List.of(),
                List.of(),
                Optional.empty(),
                List.of(),
                Upkeep.NONE);
    }

    @Test
    void overviewIsReadAheadOfAnOutage() throws Exception {
        try (Desk desk = desk(Map.of("pgsteward.overview.delay", "50ms"), "")) {
            assertThat(overview.looked.await(2, TimeUnit.MINUTES)).isTrue();
            assertThat(desk.alerts.firing()).isEmpty();
        }
    }

    private Desk desk(Map<String, String> more, String levels) throws Exception {
        Map<String, String> settings = new HashMap<>(Map.of(
                "pgsteward.watch.catalogs.delay", "50ms",
                "pgsteward.watch.catalogs.period", "50ms",
                "pgsteward.monitor.period", "50ms",
                "pgsteward.monitor.postgres.period", "50ms",
                "pgsteward.watch.delay", "50ms",
                "pgsteward.watch.period", "50ms",
                "pgsteward.monitor.backups.delay", "50ms",
                "pgsteward.monitor.backups.period", "50ms"));
        settings.putAll(more);
        Desk desk = new Desk(state, settings);
        Watches watches = new Watches(ThresholdsFile.read(Optional.of(levels), Map.of()));
        routeClient.open(desk.context);
        Monitor.Sources sources = new Monitor.Sources(
                sampler::sample,
                probe::probe,
                () -> Optional.ofNullable(eyes.databases),
                () -> Optional.ofNullable(eyes.catalogs),
                databases -> Optional.ofNullable(eyes.log),
                () -> Optional.of(eyes.host()));
        desk.context.getRegistry().bind("monitor", new Monitor(sources, watches, desk.alerts::firing, reporter));
        desk.context.getRegistry().bind("overdue", late);
        desk.context.getRegistry().bind("overview", overview);
        return desk.load(Desk.ALERTS).load(MONITOR).start();
    }
}
