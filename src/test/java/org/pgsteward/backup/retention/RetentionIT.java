package org.pgsteward.backup.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.TestHost;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.SettableClock;
import org.pgsteward.app.Daemon;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.BackupRun;
import org.pgsteward.backup.RetentionPolicies;
import org.pgsteward.backup.Reverification;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.backup.store.Holdings;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.backup.store.Removal;
import org.pgsteward.backup.underway.ProcessDeaths;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.camel.JournalInsert;
import org.pgsteward.camel.receivers.CapturedLog;
import org.pgsteward.camel.receivers.HookServer;
import org.pgsteward.io.Json;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.journal.JournalRow;
import org.pgsteward.journal.Spool;
import org.pgsteward.model.Activity;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Expiry;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.NeedsPostgres;

/** What is kept and what is missing: the daemon with the shipped routes on a real PostgreSQL, by a clock that is moved. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class RetentionIT {
    private static final Duration PATIENCE = Duration.ofMinutes(8);
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    private static final String RETENTION = "direct:retention";
    private static final String NIGHT_OVER = "direct:backup-night";

    private final SettableClock clock = new SettableClock();
    private TestHost host;
    private Wiring wiring;
    private Optional<Daemon> daemon = Optional.empty();

    @BeforeAll
    void startHost() throws Exception {
        host = TestHost.start();
        wiring = host.wiring(settings(), clock);
    }

    @AfterAll
    void stopHost() throws Exception {
        host.close();
    }

    @BeforeEach
    void nothingWasBefore() throws Exception {
        clock.set(berlin("2026-03-02T03:00:05"));
        host.wiring().house.order();
        host.cluster().run("homelab", "TRUNCATE public.backup_log, public.service_configs");
        for (String database : host.rows(
                "homelab",
                "SELECT datname FROM pg_database WHERE datname NOT IN ('homelab', 'postgres')"
                        + " AND NOT datistemplate")) {
            host.cluster().run("homelab", "DROP DATABASE \"" + database + "\" WITH (FORCE)");
        }
        delete(host.store());
        delete(host.folder().resolve("state"));
        host.newState();
        delete(host.folder().resolve("mailbox"));
    }

    @AfterEach
    void stop() {
        daemon.ifPresent(Daemon::close);
        daemon = Optional.empty();
    }

    /** The whole daemon, on a host without a Docker Engine, whose timers are not in the way. */
    private void start(String... settings) throws IOException {
        wiring = host.wiring(settings(settings), clock);
        daemon = Optional.of(wiring.daemon().start());
    }

    private Map<String, String> settings(String... more) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "pgsteward.docker.host", "unix://" + host.folder().resolve("no-engine.sock"),
                "pgsteward.http.port", "0",
                "pgsteward.backup.base.schedule", "",
                "pgsteward.timezone", "Europe/Berlin",
                "pgsteward.retention.tick", "0 0 0 1 1 ?",
                "pgsteward.reproof.tick", "0 0 0 1 1 ?",
                "pgsteward.interrupted.tick", "0 0 0 1 1 ?",
                "pgsteward.monitor.postgres.period", "1h",
                "pgsteward.monitor.backups.delay", "1h",
                "pgsteward.relist.period", "1h"));
        for (int i = 0; i < more.length; i += 2) {
            settings.put(more[i], more[i + 1]);
        }
        return settings;
    }

    private static Instant berlin(String local) {
        return LocalDateTime.parse(local).atZone(BERLIN).toInstant();
    }

    /** An absence of 20 seconds made 16 of 60 services fail, and each of them raised an alert. */
    @Test
    void aNightWaitsForAServerThatIsRestarted() throws Exception {
        List<String> databases = List.of("a_first", "b_next", "c_next", "d_next", "e_next");
        for (String database : databases) {
            host.cluster().run("homelab", "CREATE DATABASE " + database);
        }
        host.cluster().run("a_first", "CREATE TABLE public.notes AS SELECT 1 AS n");
        try (CapturedLog log = new CapturedLog()) {
            try (Connection held = host.cluster().server().connect("a_first");
                    Statement lock = held.createStatement()) {
                held.setAutoCommit(false);
                lock.execute("LOCK TABLE public.notes");
                start("pgsteward.backup.tick", "* * * * * ?");
                await().atMost(PATIENCE)
                        .until(() -> host.rows(
                                        "homelab",
                                        "SELECT 'waits' FROM pg_stat_activity WHERE datname = 'a_first'"
                                                + " AND wait_event_type = 'Lock'")
                                .contains("waits"));
                host.cluster().kill();
            }
            await().atMost(PATIENCE).until(() -> log.text().contains("the backups that are due wait for it"));
        }
        host.cluster().startAgain();

        for (String database : databases) {
            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> host.journal(database).equals(List.of("verified")));
            assertThat(host.notices("backup-failed", database)).isEmpty();
        }
    }

    /** Nobody else was backed up for four hours, although no other verification waited: no other backup was made. */
    @Test
    void aVerificationWithoutEndKeepsNoBackupWaitingThatComesDueMeanwhile() throws Exception {
        host.cluster().run("homelab", "CREATE DATABASE endless");
        host.cluster()
                .run(
                        "endless",
                        "CREATE FUNCTION public.sleeps(n int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN"
                                + " IF current_database() LIKE 'proof%' THEN PERFORM pg_catalog.pg_sleep(3600); END IF;"
                                + " RETURN true; END $$",
                        "CREATE TABLE public.t (n int CHECK (public.sleeps(n)))",
                        "INSERT INTO public.t VALUES (1)");
        clock.set(Instant.now());
        start("pgsteward.backup.tick", "* * * * * ?", "pgsteward.backup.stuck.after", "12s");
        await().atMost(PATIENCE).until(() -> host.journal("endless").equals(List.of("made")));

        host.cluster().run("homelab", "CREATE DATABASE fresh");

        await().atMost(PATIENCE).until(() -> host.journal("fresh").equals(List.of("verified")));
        assertThat(host.journal("endless"))
                .singleElement()
                .asString()
                .startsWith("unverifiable: it was stuck and was cancelled: too slow while others wait: ");
    }

    /** One database whose verification ended pgsteward did so after each start, and all others waited for it. */
    @Test
    void aServiceAtWhichTheProcessEndedAgainAndAgainIsHeldAndToldAndTriedAgainLater() throws Exception {
        host.cluster().run("homelab", "CREATE DATABASE heavy", "CREATE DATABASE light");
        Path underWay = Files.createDirectories(host.folder().resolve("state/under-way"));
        long now = clock.instant().toEpochMilli();
        Files.writeString(underWay.resolve("heavy.ended"), (now - 120_000) + "\n" + (now - 60_000));
        Files.writeString(underWay.resolve("heavy.running"), "heavy");

        start("pgsteward.backup.tick", "* * * * * ?");
        await().atMost(PATIENCE).until(() -> host.journal("light").equals(List.of("verified")));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("backup-ends-pgsteward", "heavy"))
                        .singleElement()
                        .asString()
                        .startsWith("firing [critical]")
                        .contains("pgsteward ended again and again while it backed up or verified heavy"));
        assertThat(host.journal("heavy")).isEmpty();

        clock.pass(Duration.ofHours(6));
        await().atMost(PATIENCE).until(() -> host.journal("heavy").equals(List.of("verified")));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("backup-ends-pgsteward", "heavy"))
                        .hasSize(2)
                        .anyMatch(notice -> notice.startsWith("resolved")));
    }

    /** As a kill between a dump and its verification leaves it: until then the next day verified it, and nobody heard of it. */
    @Test
    void aBackupWhoseProcessEndedBeforeItsVerificationIsVerifiedWithinMinutes() throws Exception {
        start("pgsteward.interrupted.tick", "* * * * * ?");
        stored("waiting");
        interrupted("waiting");
        await().atMost(PATIENCE).until(() -> host.journal("waiting").equals(List.of("verified")));
        await().atMost(PATIENCE).until(() -> !Files.exists(underWay()));
        assertThat(host.notices("backup-failed", "waiting")).isEmpty();
    }

    /** The host has too little memory for it, for one: each start would end in the next kill. */
    @Test
    void aVerificationInWhichTheProcessEndsTwiceIsNotTriedAThirdTimeAndAnAlertSaysSo() throws Exception {
        start();
        Backup backup = stored("heavy");
        stored("light");
        interrupted("heavy");
        interrupted("light");
        stop();
        Files.writeString(underWay(), backup.identity().eventId().toString());

        start("pgsteward.interrupted.tick", "* * * * * ?");
        await().atMost(PATIENCE).until(() -> host.journal("light").equals(List.of("verified")));
        assertThat(host.journal("heavy"))
                .singleElement()
                .asString()
                .startsWith("unverifiable: pgsteward ended twice while it verified it");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("backup-failed", "heavy"))
                        .singleElement()
                        .asString()
                        .startsWith("firing"));
        await().atMost(PATIENCE).until(() -> !Files.exists(underWay()));
    }

    @Test
    void aVerifiedBackupThatSomebodyDeletedIsAnAlertAtTheNextLookAndAnotherOneEndsIt() throws Exception {
        start("pgsteward.monitor.backups.delay", "0", "pgsteward.monitor.backups.period", "200");
        Backup backup = stored("deleted");
        Files.delete(host.store().resolve(backup.path().orElseThrow()));

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("backup-missing", "deleted"))
                        .singleElement()
                        .asString()
                        .startsWith("firing [critical]")
                        .contains(backup.path().orElseThrow() + " is not in the store"));
        assertThat(backUp("deleted").state()).isEqualTo(BackupState.VERIFIED);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("backup-missing", "deleted"))
                        .hasSize(2)
                        .anyMatch(notice -> notice.startsWith("resolved")));
    }

    private Backup stored(String service) throws Exception {
        host.cluster().run("homelab", "CREATE DATABASE " + service);
        Backup backup = backUp(service);
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        return backup;
    }

    private void interrupted(String service) throws Exception {
        host.cluster()
                .run(
                        "homelab",
                        "UPDATE public.backup_log SET state = 'made', verified_at = NULL WHERE service_name = '"
                                + service + "'");
    }

    private Path underWay() {
        return host.folder().resolve("state/verification-under-way");
    }

    /** "Backup was failing for few days … everything was deleted." (pgbackweb, issue 121) */
    @Test
    void thirtyNightsOfFailedRunsCostNoGoodBackupAndAHealthyNeighbourOfAlmostTheSameNameCostsNoneEither()
            throws Exception {
        start(
                "pgsteward.backup.keep",
                "last=2,daily=2",
                "pgsteward.monitor.backups.delay",
                "0",
                "pgsteward.monitor.backups.period",
                "200");
        host.cluster().run("homelab", "CREATE DATABASE app", "CREATE DATABASE \"app-test\"");
        host.cluster().run("app", "CREATE TABLE public.notes AS SELECT generate_series(1, 100) AS n");
        for (int night = 0; night < 3; night++) {
            assertThat(backUp("app").state()).isEqualTo(BackupState.VERIFIED);
            night();
        }
        retainUntil("app", 4);
        List<String> good = host.stored("app");

        int proofsOfTheNeighbour = 0;
        for (int night = 1; night <= 30; night++) {
            boolean wholeAndWorthless = night % 10 == 0;
            if (wholeAndWorthless) {
                // From here on no restore of it comes to an end.
                host.cluster().run("homelab", "ALTER DATABASE app RESET session_preload_libraries");
                host.cluster()
                        .run(
                                "app",
                                "SET check_function_bodies = off",
                                "CREATE OR REPLACE FUNCTION public.fine(INT) RETURNS BOOLEAN LANGUAGE plpgsql AS"
                                        + " 'BEGIN RETURN true; END'",
                                "DROP TABLE IF EXISTS public.trap",
                                "CREATE TABLE public.trap (n INT CHECK (public.fine(n)))",
                                "INSERT INTO public.trap VALUES (1)",
                                "CREATE OR REPLACE FUNCTION public.fine(INT) RETURNS BOOLEAN LANGUAGE plpgsql AS"
                                        + " 'BEGIN RETURN false; END'");
            } else {
                host.cluster().run("homelab", "ALTER DATABASE app SET session_preload_libraries = 'no-such-library'");
            }
            Backup failed = backUp("app");
            assertThat(failed.state()).as("night %s", night).isEqualTo(BackupState.FAILED);
            assertThat(failed.path().isPresent()).isEqualTo(wholeAndWorthless);
            if (night % 10 == 0) {
                assertThat(backUp("app-test").state()).isEqualTo(BackupState.VERIFIED);
                proofsOfTheNeighbour++;
            }
            night();
            assertThat(host.stored("app")).as("after night %s", night).containsAll(good);
            if (night == 1) {
                // The nights go by faster than anybody looks, and this one is told of as less than the next.
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(host.notices("backup-overdue", "app"))
                                .anyMatch(notice -> notice.startsWith("firing [warning]")));
            }
        }

        assertThat(host.stored("app"))
                .as("and what failed its proof is still there too")
                .hasSize(4 + 3 * 2);
        assertThat(proofsOfTheNeighbour).isEqualTo(3);
        retainUntil("app-test", 4);
        assertThat(host.journal("app-test")).containsExactly("expired", "verified", "verified");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("backup-overdue", "app"))
                        .anyMatch(notice -> notice.startsWith("firing [warning]"))
                        .anyMatch(notice -> notice.startsWith("firing [critical]"))
                        .hasSize(2));
        assertThat(host.notices("app")).singleElement().asString().startsWith("firing [critical]");

        host.cluster().run("homelab", "ALTER DATABASE app RESET session_preload_libraries");
        assertThat(card())
                .as("it restores the proved one, and says that a newer one is none")
                .contains("- app: here is its newest proved one, of ", ", is not proved: `app/app-")
                .containsPattern("zstd -dc app/" + newestOf(good) + " \\| pg_restore");
        host.cluster().run("app", "DROP TABLE public.trap");
        assertThat(backUp("app").state()).isEqualTo(BackupState.VERIFIED);
        assertThat(card()).doesNotContain("- app:", newestOf(good));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("backup-overdue", "app"))
                        .filteredOn(notice -> notice.startsWith("resolved"))
                        .hasSize(1));
    }

    private String card() throws IOException {
        return Files.readString(host.store().resolve("RECOVERY.md"));
    }

    private String writtenSets() throws IOException {
        try (Stream<Path> documents = Files.list(host.store().resolve("_sets"))) {
            StringBuilder written = new StringBuilder();
            for (Path document : documents.sorted().toList()) {
                written.append(Files.readString(document));
            }
            return written.toString();
        }
    }

    private static String newestOf(List<String> stored) {
        return stored.stream()
                .filter(name -> name.endsWith(".dump.zst"))
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }

    /** Nothing is removed while a row waits, and one may still be on its way. */
    private void retain() {
        awaitRows();
        wiring.routeClient.ask(RETENTION, "");
    }

    private void verifyOldest() throws Exception {
        new Reverification(
                        wiring.store,
                        new Holdings(wiring.store),
                        wiring.rows,
                        wiring.house,
                        wiring.proof,
                        new ProcessDeaths(host.folder().resolve("state/under-way"), clock),
                        wiring.alerts,
                        wiring.reporter,
                        clock)
                .verifyOldest(1);
    }

    private void awaitRows() {
        await().atMost(PATIENCE)
                .until(() -> new Spool(host.folder().resolve("state/spool"), Json.mapper(), clock)
                        .waiting()
                        .isEmpty());
    }

    /** Retention does nothing while a row waits, and an alert may write one at any time. */
    private void retainUntil(String service, int files) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            retain();
            assertThat(host.stored(service)).hasSize(files);
        });
    }

    private void night() {
        retain();
        clock.set(clock.instant().atZone(BERLIN).plusDays(1).toInstant());
    }

    @Test
    void whatGoesGoesWholeAndItsRowSaysSoAndNothingElseChanges() throws Exception {
        start("pgsteward.backup.keep", "last=1");
        String database = host.cluster().newDatabase();
        List<Backup> backups = backUpSeveral(database, 4);
        host.cluster()
                .run(
                        "homelab",
                        "UPDATE public.backup_log SET pinned = 'before an update' WHERE backup_id = '"
                                + backups.get(0).id() + "'");

        clock.pass(Duration.ofMinutes(1));

        retain();

        assertThat(host.stored(database)).containsExactlyInAnyOrderElementsOf(files(backups.get(0), backups.get(3)));
        assertThat(card()).contains("Written at " + clock.instant());
        assertThat(host.rows(
                        "homelab",
                        "SELECT concat_ws(' ', backup_id, state, success, size_bytes > 0, backup_path IS NOT NULL,"
                                + " verified_at IS NOT NULL) FROM public.backup_log ORDER BY started_at"))
                .containsExactly(
                        backups.get(0).id() + " verified t t t t",
                        backups.get(1).id() + " expired t t t t",
                        backups.get(2).id() + " expired t t t t",
                        backups.get(3).id() + " verified t t t t");
        // A row of before that comes late takes nothing back.
        wiring.routeClient.ask("direct:journal-write", backups.get(1));
        assertThat(host.journal(database)).containsExactly("verified", "expired", "expired", "verified");
    }

    /** How many of the four steps were done when it died. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void aRemovalThatDiedHalfWayIsNoBackupAndIsFinishedByTheNext(int steps) throws Exception {
        start("pgsteward.backup.keep", "last=9");
        String database = host.cluster().newDatabase();
        Backup going = backUp(database);
        String path = going.path().orElseThrow();
        Removal removal = new Removal(wiring.store);
        removal.mark(path);
        if (steps >= 2) {
            removal.deleteFile(path);
        }
        if (steps >= 3) {
            wiring.routeClient.ask(
                    "direct:journal-write",
                    new Expiry(database, going.id(), going.identity().eventId(), "last=9", clock.instant()));
        }
        stop();
        assertThat(Manifests.of(wiring.store, database)).isEmpty();

        start("pgsteward.backup.keep", "last=9", "pgsteward.retention.tick", "* * * * * ?");

        await().atMost(PATIENCE).until(() -> host.stored(database).isEmpty());
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.journal(database)).containsExactly("expired"));
    }

    @Test
    void afterANightTheOldOnesGoAndTheWatcherHearsOfIt() throws Exception {
        try (HookServer watcher = new HookServer(0)) {
            start(
                    "pgsteward.backup.tick", "* * * * * ?",
                    "pgsteward.backup.keep", "last=1",
                    "pgsteward.backup.ping.url", watcher.url());
            await().atMost(PATIENCE).until(() -> watcher.taken.size() == 1);
            assertThat(host.journal("homelab")).containsExactly("verified");

            clock.pass(Duration.ofDays(1));

            await().atMost(PATIENCE).until(() -> watcher.taken.size() == 2);
            for (String service : List.of("homelab", "postgres", "_globals")) {
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(host.journal(service)).containsExactly("expired", "verified"));
                // The row says "expired" a step before the mark of the removal goes.
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(host.stored(service)).hasSize(2));
            }
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(writtenSets())
                            .as("the first night's document")
                            .contains("\"reason\" : \"expired\""));
        }
    }

    /** As after a restore of the journal from an older dump: the files of the last days are in the store, and no row of them. */
    @Test
    void aBackupThatTheJournalDoesNotKnowStays() throws Exception {
        start("pgsteward.backup.keep", "last=1");
        String database = host.cluster().newDatabase();
        List<Backup> backups = backUpSeveral(database, 4);
        awaitRows();
        host.cluster()
                .run(
                        "homelab",
                        "DELETE FROM public.backup_log WHERE backup_id IN ('"
                                + backups.get(0).id() + "', '" + backups.get(2).id() + "')");

        retain();

        List<String> left = host.stored(database);
        assertThat(left).hasSize(6);
        for (int kept : new int[] {0, 2, 3}) {
            assertThat(left).anyMatch(name -> name.startsWith(backups.get(kept).id()));
        }

        // A verification writes their rows, theirs before those of what is known, and from then on they may go.
        clock.pass(Duration.ofDays(1));
        verifyOldest();
        verifyOldest();
        awaitRows();
        retain();
        assertThat(host.stored(database))
                .hasSize(2)
                .anyMatch(name -> name.startsWith(backups.get(3).id()));
    }

    @Test
    void nothingIsRemovedWhileSomebodyIsAtWorkOrRowsWaitOrTheJournalIsEmpty() throws Exception {
        start("pgsteward.backup.keep", "last=1");
        String database = host.cluster().newDatabase();
        backUpSeveral(database, 2);
        Path state = host.folder().resolve("state");

        try (RunLock lock = RunLock.take(state.resolve("locks"), database).orElseThrow()) {
            assertThat(lock).isNotNull();
            wiring.routeClient.ask(RETENTION, "");
            assertThat(host.stored(database)).as("a run of it is under way").hasSize(4);
        }
        try (Spool.Claim spool =
                new Spool(state.resolve("spool"), Json.mapper(), clock).claim().orElseThrow()) {
            assertThat(spool).isNotNull();
            wiring.routeClient.ask("direct:journal-write", Activity.ours(database, "waits", clock.instant()));
            wiring.routeClient.ask(RETENTION, "");
            assertThat(host.stored(database)).as("rows wait for PostgreSQL").hasSize(4);
        }
        awaitRows();
        host.cluster()
                .run(
                        "homelab",
                        "CREATE TABLE public.kept AS SELECT * FROM public.backup_log",
                        "TRUNCATE public.backup_log");
        wiring.routeClient.ask(RETENTION, "");
        assertThat(host.stored(database)).as("the journal has forgotten all").hasSize(4);
        host.cluster()
                .run("homelab", "INSERT INTO public.backup_log SELECT * FROM public.kept", "DROP TABLE public.kept");

        retain();

        assertThat(host.stored(database)).as("now nothing is in the way").hasSize(2);
    }

    @Test
    void aServiceOfItsOwnMindIsAskedItsOwnWay() throws Exception {
        BackupRows rows = new BackupRows(host.cluster().server().managementDatabase());
        host.cluster()
                .run(
                        "homelab",
                        "INSERT INTO public.service_configs (service_name, database_name)"
                                + " VALUES ('labelled', 'l'), ('mistyped', 'm'), ('plain', 'p')");
        Map<String, String> labels = new HashMap<>(Map.of("labelled", "last=7", "mistyped", "last=many"));
        List<String> containers = new ArrayList<>(List.of("labelled", "mistyped", "plain", "ruled"));
        RetentionSettings keeps =
                new RetentionSettings(rows, containers::contains, service -> Optional.ofNullable(labels.get(service)));
        RetentionPolicies policies = new RetentionPolicies();
        policies.setUsual("last=1");
        policies.setOwn("ruled: last=30");

        assertThat(keeps.of("plain", policies)).hasToString("Optional[last=1]");
        assertThat(keeps.of("labelled", policies)).hasToString("Optional[last=7]");
        labels.put("ruled", "last=2");
        assertThat(keeps.of("ruled", policies))
                .as("the route file goes before the label")
                .hasToString("Optional[last=30]");
        try (CapturedLog log = new CapturedLog()) {
            assertThat(keeps.of("mistyped", policies)).as("all of it is kept").isEmpty();
            assertThat(keeps.of("mistyped", policies)).isEmpty();
            assertThat(log.text()).containsOnlyOnce("label pgsteward.backup.keep of mistyped is 'last=many'");
        }
        labels.put("mistyped", "last=4");
        assertThat(keeps.of("mistyped", policies)).as("repaired").hasToString("Optional[last=4]");

        containers.clear();
        labels.clear();
        assertThat(keeps.of("labelled", policies)).as("its container is gone").hasToString("Optional[last=7]");
        containers.add("labelled");
        assertThat(keeps.of("labelled", policies))
                .as("it is back without the label")
                .hasToString("Optional[last=1]");
        containers.clear();
        assertThat(keeps.of("labelled", policies)).hasToString("Optional[last=1]");
    }

    @Test
    void theRouteFileMaySayWhatIsKeptOfOneServiceAndMayBeTakenAway() throws Exception {
        Path routes = editedRoutes("own: \"\"", "own: |\n          app-test: last=2\n          appp: last=7");
        start("pgsteward.backup.keep", "last=1", "pgsteward.routes.dir", routes.toString());
        host.cluster().run("homelab", "CREATE DATABASE app", "CREATE DATABASE \"app-test\"");
        backUpSeveral("app", 2);
        backUpSeveral("app-test", 3);

        wiring.routeClient.ask(NIGHT_OVER, "");

        assertThat(host.stored("app")).hasSize(2);
        assertThat(host.stored("app-test")).hasSize(4);

        stop();
        Files.delete(routes.resolve("retention.camel.yaml"));
        start("pgsteward.backup.keep", "last=1", "pgsteward.routes.dir", routes.toString());
        assertThat(wiring.routeClient.ask(NIGHT_OVER, "").getException()).isNull();
        assertThat(host.stored("app-test")).hasSize(4);
    }

    @Test
    void aPolicyThatCannotBeReadStopsTheStartInOneLine() throws Exception {
        assertThatThrownBy(() -> start("pgsteward.backup.keep", "last=few"))
                .hasMessageContaining("PGSTEWARD_BACKUP_KEEP is 'last=few': 'few' behind last= is no whole number")
                .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("\n"));
        Path routes = editedRoutes("own: \"\"", "own: \"app: last=0\"");
        assertThatThrownBy(() -> start("pgsteward.routes.dir", routes.toString()))
                .hasMessageContaining("own of app is 'last=0': it keeps 0 backups");
    }

    @Test
    void whatHasNoProvedBackupInTimeIsToldOnceAndHealthSaysSoUntilThereIsOne() throws Exception {
        host.cluster().run("homelab", "CREATE DATABASE wiki");
        host.cluster()
                .run(
                        "homelab",
                        "INSERT INTO public.service_configs (service_name, database_name, created_at)"
                                + " VALUES ('wiki', 'wiki', '2026-03-01 12:00')");
        clock.set(berlin("2026-03-01T14:00:00"));
        start("pgsteward.monitor.backups.delay", "0", "pgsteward.monitor.backups.period", "200");

        assertThat(health("backups")).isEqualTo("UP ");
        clock.set(berlin("2026-03-02T09:00:00"));
        assertThat(health("backups")).as("the last second of the grace").isEqualTo("UP ");
        clock.set(berlin("2026-03-02T09:00:01"));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("backup-overdue", "wiki"))
                        .singleElement()
                        .asString()
                        .startsWith(
                                "firing [warning] wiki backup overdue: it has never had a proved backup, since 2026-03-01"
                                        + " 13:00 CET; one was due at 2026-03-02 03:00 CET"));
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(host.notices("backup-overdue", "_globals")).hasSize(1));
        assertThat(health("backups"))
                .startsWith("DOWN no proved backup in time of: ")
                .contains("wiki", "_globals", "homelab", "postgres");

        for (BackupTarget target : everything()) {
            assertThat(backUp(target).state()).isEqualTo(BackupState.VERIFIED);
        }

        assertThat(health("backups")).isEqualTo("UP ");
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(host.notices("backup-overdue", "wiki")).hasSize(2));
        // The next night PostgreSQL is away: what is known is enough to tell.
        host.cluster().kill();
        clock.set(berlin("2026-03-03T09:00:01"));
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(host.notices("backup-overdue", "wiki")).hasSize(3));
        host.cluster().startAgain();
        // That nobody may connect to it makes it no better.
        host.cluster().run("homelab", "ALTER DATABASE wiki ALLOW_CONNECTIONS false");
        assertThat(health("backups")).contains("wiki");
        host.cluster().run("homelab", "DROP DATABASE wiki", "TRUNCATE public.service_configs");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("backup-overdue", "wiki"))
                        .as("and of what is no more, nothing is overdue")
                        .hasSize(4));
    }

    @Test
    void aDatabaseThatARestoreMadeIsNoServiceAndRaisesAnAlertWhenForgotten() throws Exception {
        clock.set(berlin("2026-03-01T14:00:00"));
        start("pgsteward.monitor.backups.delay", "0", "pgsteward.monitor.backups.period", "200");
        host.cluster().run("homelab", "CREATE DATABASE wiki_back", "CREATE DATABASE \"wiki_before_20260301T130000Z\"");
        host.cluster()
                .run(
                        "homelab",
                        "ALTER DATABASE \"wiki_before_20260301T130000Z\" ALLOW_CONNECTIONS false",
                        "INSERT INTO public.kept_databases SELECT oid, datname, 'wiki', 'restored', '2026-03-01 13:00Z' FROM"
                                + " pg_database WHERE datname = 'wiki_back'");
        assertThat(everything()).extracting(BackupTarget::service).doesNotContain("wiki_back");
        clock.set(berlin("2026-03-15T13:59:59"));
        assertThat(health("backups")).doesNotContain("wiki");
        clock.set(berlin("2026-03-15T14:00:01"));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("database-forgotten", "wiki_back"))
                        .singleElement()
                        .asString()
                        .contains("database wiki_back, restored beside wiki 14 days ago, still takes"));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("database-forgotten", "wiki_before_20260301T130000Z"))
                        .hasSize(1));
        host.cluster().run("homelab", "DROP DATABASE wiki_back", "DROP DATABASE \"wiki_before_20260301T130000Z\"");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("database-forgotten", "wiki_back"))
                        .hasSize(2));
    }

    @Test
    void anEmptyManagementDatabaseInThePlaceOfTheOneThatWasStopsNoBackups() throws Exception {
        start("pgsteward.backup.tick", "* * * * * ?");
        String database = host.cluster().newDatabase();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.journal(database)).containsExactly("verified"));

        host.cluster().run("postgres", "DROP DATABASE homelab WITH (FORCE)", "CREATE DATABASE homelab");

        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(host.journal(database)).containsExactly("verified"));
    }

    @Test
    void whatARunToldIsOverOnceTheDatabaseIsDroppedAndTheGlobalsAreNoDatabase() throws Exception {
        start("pgsteward.monitor.backups.delay", "0", "pgsteward.monitor.backups.period", "200");
        String database = host.cluster().newDatabase();
        for (String folder : List.of(database, Targets.GLOBALS)) {
            Files.createDirectories(host.store());
            Files.writeString(host.store().resolve(folder), "a file where the folder should be");
        }
        host.backUp(wiring, database);
        host.backUp(wiring, wiring.targets.all(BackupKind.GLOBALS).get(0).target());
        wiring.routeClient.ask("direct:alert-raise", trouble("backup-shrunk", database));
        await().during(Duration.ofSeconds(1)).atMost(PATIENCE).untilAsserted(() -> {
            assertThat(host.notices(database)).hasSize(1);
            assertThat(host.notices("backup-shrunk", database)).hasSize(1);
        });

        host.cluster().run("homelab", "DROP DATABASE " + database);

        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(host.notices(database)).hasSize(2).anyMatch(notice -> notice.startsWith("resolved"));
            assertThat(host.notices("backup-shrunk", database)).hasSize(2);
        });
        assertThat(host.notices(Targets.GLOBALS)).singleElement().asString().startsWith("firing");
    }

    @Test
    void whatIsToldOfAStoredBackupOutlastsItsDatabaseAndIsOverOnceNothingOfItIsStored() throws Exception {
        start("pgsteward.monitor.backups.delay", "0", "pgsteward.monitor.backups.period", "200");
        String database = host.cluster().newDatabase();
        Backup backup = backUp(database);
        host.cluster().run("homelab", "DROP DATABASE " + database);
        Files.write(host.store().resolve(backup.path().orElseThrow()), new byte[] {1, 2, 3});

        Backup proved = wiring.backups.verify(
                Inventory.of(wiring.store).named(backup.id()).orElseThrow().asMade());
        List<String> kinds = List.of("backup-reproof", "backup-damaged");
        kinds.forEach(kind -> wiring.routeClient.ask("direct:alert-raise", trouble(kind, database)));

        assertThat(proved.state()).isEqualTo(BackupState.FAILED);
        await().during(Duration.ofSeconds(1))
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(firing(database)).hasSize(3));
        delete(host.store().resolve(database));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(firing(database)).isEmpty());
    }

    private Condition trouble(String kind, String service) {
        return Condition.bad(Severity.WARNING, kind, service, "it was seen", "pgsteward status", clock.instant());
    }

    private List<String> firing(String service) {
        return wiring.alerts.firing().stream()
                .filter(alert -> alert.service().equals(service))
                .map(Alert::kind)
                .toList();
    }

    private String health(String check) throws Exception {
        try {
            HttpResponse<String> answer = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:"
                                            + daemon.orElseThrow().httpPort() + "/observe/health"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            for (JsonNode one : Json.mapper().readTree(answer.body()).path("checks")) {
                if (one.path("name").asText().equals(check)) {
                    return one.path("status").asText() + " "
                            + one.path("message").asText();
                }
            }
            return "not among " + answer.body();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw e;
        }
    }

    @Test
    void aDatabaseThatSomebodyHasEmptiedIsToldOnceAndTheLastFullBackupStays() throws Exception {
        start("pgsteward.backup.keep", "last=1");
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE TABLE public.notes AS SELECT n, repeat(md5(n::text), 10) AS text"
                                + " FROM generate_series(1, 10000) AS n");
        Backup full = backUp(database);
        clock.pass(Duration.ofDays(1));
        assertThat(host.notices("backup-shrunk", database))
                .as("nothing to compare with")
                .isEmpty();
        host.cluster().run(database, "DELETE FROM public.notes WHERE n > 3000");

        Backup shrunk = backUp(database);
        retain();

        assertThat(host.notices("backup-shrunk", database))
                .singleElement()
                .asString()
                .startsWith("firing [warning]")
                .contains("70.0% smaller");
        assertThat(host.stored(database)).containsExactlyInAnyOrderElementsOf(files(full, shrunk));

        clock.pass(Duration.ofDays(1));
        Backup next = backUp(database);
        retain();

        assertThat(host.notices("backup-shrunk", database))
                .hasSize(2)
                .anyMatch(notice -> notice.startsWith("resolved"));
        assertThat(host.stored(database)).containsExactlyElementsOf(files(next));
        // An old one that is proved again is compared with nothing.
        wiring.backups.verify(next);
        assertThat(host.notices("backup-shrunk", database)).hasSize(2);
    }

    @Test
    void theWatcherOutsideHearsOnceANightAndOnlyWhenAllIsProved() throws Exception {
        try (HookServer watcher = new HookServer(0);
                CapturedLog log = new CapturedLog()) {
            start("pgsteward.backup.ping.url", watcher.url(), "pgsteward.backup.ping.again", "20");
            wiring.routeClient.ask(NIGHT_OVER, "");
            assertThat(watcher.taken).as("nothing is proved").isEmpty();

            for (BackupTarget target : everything()) {
                backUp(target);
            }
            wiring.routeClient.ask(NIGHT_OVER, "");
            assertThat(watcher.taken).as("all of it is").containsExactly("");

            String late = host.cluster().newDatabase();
            wiring.routeClient.ask(NIGHT_OVER, "");
            assertThat(watcher.taken).as("all but one").hasSize(1);
            assertThat(log.text())
                    .contains("not proved since its time, so nobody outside is told that all is: " + late);
            backUp(late);

            AtomicInteger asked = new AtomicInteger();
            watcher.answer =
                    (HttpExchange request) -> request.sendResponseHeaders(asked.incrementAndGet() < 3 ? 503 : 200, -1);
            wiring.routeClient.ask(NIGHT_OVER, "");
            assertThat(asked).as("a watcher that stumbles is asked again").hasValue(3);
            assertThat(watcher.taken).hasSize(2);

            watcher.answer = (HttpExchange request) -> request.sendResponseHeaders(500, -1);
            wiring.routeClient.ask(NIGHT_OVER, "");
            assertThat(watcher.taken).hasSize(2);
            assertThat(log.text())
                    .containsOnlyOnce("route backup-all-proved failed")
                    .doesNotContain("T0S3CRET");

            clock.set(berlin("2026-03-03T03:00:00"));
            watcher.answer = (HttpExchange request) -> request.sendResponseHeaders(204, -1);
            wiring.routeClient.ask(NIGHT_OVER, "");
            assertThat(watcher.taken)
                    .as("the next night's are due and not there")
                    .hasSize(2);
        }
    }

    @Test
    void whatTheDiskHasForgottenIsFoundOutAndToldAndKept() throws Exception {
        start("pgsteward.backup.keep", "last=1,daily=9");
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE TABLE public.notes AS SELECT n, md5(n::text) FROM generate_series(1, 5000) AS n");
        List<Backup> backups = backUpSeveral(database, 2);
        Path rotten = host.store().resolve(backups.get(0).path().orElseThrow());
        byte[] whole = Files.readAllBytes(rotten);
        byte[] flipped = whole.clone();
        flipped[flipped.length / 2] ^= 0x10;
        Files.write(rotten, flipped);
        Optional<Instant> lastVerified = history(database);

        verifyOldest();
        assertThat(host.journal(database))
                .as("what was proved a moment ago is not looked at")
                .containsExactly("verified", "verified");
        clock.pass(Duration.ofDays(1));
        verifyOldest();

        assertThat(host.journal(database)).hasSize(2).first().asString().startsWith("failed: restoring it failed: ");
        assertThat(host.journal(database)).last().isEqualTo("verified");
        assertThat(host.rows(
                        "homelab",
                        "SELECT concat_ws(' ', success, verified_at = '"
                                + backups.get(0).verification().at().orElseThrow()
                                + "') FROM public.backup_log ORDER BY started_at LIMIT 1"))
                .as("when it was last proved stays known")
                .containsExactly("f t");
        assertThat(host.notices("backup-damaged", database))
                .singleElement()
                .asString()
                .startsWith("firing [critical]")
                .contains(backups.get(0).path().orElseThrow());
        retain();
        assertThat(host.stored(database)).as("and it is not removed for that").hasSize(4);

        // The next round is another's, and that one is proved later now, and made no later.
        verifyOldest();
        assertThat(host.rows(
                        "homelab",
                        "SELECT verified_at FROM public.backup_log WHERE backup_id = '"
                                + backups.get(1).id() + "'"
                                + " AND verified_at > timestamptz '"
                                + backups.get(1).verification().at().orElseThrow()
                                + "' + interval '20 hours'"))
                .hasSize(1);
        assertThat(history(database)).isEqualTo(lastVerified);

        // The file is put back, but another program changes its manifest.
        Files.write(rotten, whole);
        Path manifest = Path.of(rotten + ".manifest.json");
        String written = Files.readString(manifest);
        Files.writeString(manifest, written.replace("\"owner\" : \"", "\"owner\" : \"x"));
        clock.pass(Duration.ofDays(1));
        verifyOldest();
        assertThat(host.journal(database))
                .first()
                .asString()
                .startsWith("failed: its manifest was changed since it was written");
        Files.writeString(manifest, written);
        clock.pass(Duration.ofDays(1));
        // The other backup is due first, since it was verified before this one failed.
        verifyOldest();
        verifyOldest();
        assertThat(host.journal(database)).containsExactly("verified", "verified");
        assertThat(host.notices("backup-damaged", database))
                .hasSize(2)
                .anyMatch(notice -> notice.startsWith("resolved"));
    }

    @Test
    void thatThisHostCannotRestoreTodayDoesNotMakeABackupBad() throws Exception {
        start();
        String database = host.cluster().newDatabase();
        host.cluster().run(database, "CREATE TABLE public.notes AS SELECT generate_series(1, 10) AS n");
        Backup backup = backUp(database);
        stop();
        // Where scratch clusters should be, there is a file.
        Path blocked = Files.writeString(host.folder().resolve("blocked-" + database), "in the way");
        clock.pass(Duration.ofDays(1));
        start("pgsteward.scratch.dir", blocked.toString());

        verifyOldest();

        assertThat(host.journal(database)).containsExactly("verified");
        assertThat(host.notices("backup-damaged", database)).isEmpty();
        assertThat(host.notices("backup-reproof", database))
                .singleElement()
                .asString()
                .startsWith("firing [warning]")
                .contains(backup.path().orElseThrow());
        stop();
        clock.pass(Duration.ofDays(1));
        start();
        verifyOldest();
        assertThat(host.notices("backup-reproof", database))
                .hasSize(2)
                .anyMatch(notice -> notice.startsWith("resolved"));
    }

    @Test
    void aRowThatComesLateDoesNotMakeADamagedBackupGood() throws Exception {
        start();
        Backup backup = backUp(host.cluster().newDatabase());
        clock.pass(Duration.ofDays(1));
        Backup damaged = backup.judged(BackupState.FAILED, clock.instant(), Duration.ofSeconds(1), "bit rot");
        wiring.routeClient.ask("direct:journal-write", damaged);
        // Another process kept this row in its spool a day ago.
        Map<String, Object> late = new HashMap<>(JournalRow.of(backup).columns());
        late.put("said_at", clock.instant().minus(Duration.ofHours(20)).toString());
        new JournalInsert(wiring.routeClient).write(new JournalRow("backup", late));
        assertThat(host.journal(backup.service())).containsExactly("failed: bit rot");
    }

    private Optional<Instant> history(String service) throws Exception {
        return wiring.tables.history().all().stream()
                .filter(history -> history.service().equals(service))
                .findFirst()
                .flatMap(org.pgsteward.journal.BackupHistory::lastVerified);
    }

    private List<BackupTarget> everything() throws Exception {
        return Stream.concat(
                        wiring.targets.all(BackupKind.DUMP).stream(), wiring.targets.all(BackupKind.GLOBALS).stream())
                .map(Targets.Found::target)
                .toList();
    }

    private List<Backup> backUpSeveral(String database, int count) throws Exception {
        List<Backup> backups = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clock.pass(Duration.ofMinutes(1));
            backups.add(backUp(database));
            assertThat(backups.get(i).state()).isEqualTo(BackupState.VERIFIED);
        }
        return backups;
    }

    private Backup backUp(String database) throws Exception {
        return backUp(host.target(wiring, database));
    }

    private Backup backUp(BackupTarget target) {
        return wiring.backups.run(target, BackupRun.Patience.FAILS_AT_ONCE).backup();
    }

    private static List<String> files(Backup... backups) {
        List<String> files = new ArrayList<>();
        for (Backup backup : backups) {
            files.add(backup.id() + ".dump.zst");
            files.add(backup.id() + ".dump.zst.manifest.json");
        }
        return files;
    }

    private Path editedRoutes(String what, String by) throws IOException {
        Path copy = Files.createTempDirectory(host.folder(), "routes-");
        try (Stream<Path> files = Files.walk(Path.of("routes"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = copy.resolve(Path.of("routes").relativize(file));
                Files.createDirectories(target.getParent());
                String text = Files.readString(file);
                if (file.endsWith("retention.camel.yaml")) {
                    assertThat(text).contains(what);
                    text = text.replace(what, by);
                }
                Files.writeString(target, text);
            }
        }
        return copy;
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
