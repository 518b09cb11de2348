package org.pgsteward.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.io.Json;
import org.pgsteward.model.Activity;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.ImageChange;
import org.pgsteward.model.Login;
import org.pgsteward.postgres.NeedsPostgres;

@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JournalIT {
    private static final String WRITE = "direct:journal-write";
    private static final Instant NIGHT = Instant.parse("2026-03-01T03:00:00Z");

    private static final String PINNED =
            "SELECT backup_id || ': ' || pinned FROM public.backup_log WHERE pinned IS NOT NULL ORDER BY started_at";

    private TestHost host;
    private Path state;
    private Wiring wiring;
    private Pipeline pipeline;

    @BeforeAll
    void startHost() throws Exception {
        host = TestHost.start();
        host.wiring().tables.prepare();
    }

    @AfterAll
    void stopHost() throws Exception {
        host.close();
    }

    @BeforeEach
    void start() throws Exception {
        host.cluster().run("homelab", "TRUNCATE public.service_configs, public.backup_log, public.user_activity");
        state = Files.createTempDirectory(host.folder(), "state-");
        wiring = process();
        pipeline = wiring.backupPipeline().start();
    }

    @AfterEach
    void stop() {
        pipeline.close();
    }

    @Test
    void eachNounBecomesARowWithItsTimesInUtc() throws Exception {
        host.cluster().run("homelab", "ALTER ROLE homelab SET timezone = 'Asia/Tokyo'");
        Backup started = started("app");
        write(Activity.ours("app", "provisioned", NIGHT));
        write(started.withImage("app:1.2"));
        write(started.made("app/a.dump.zst", NIGHT.plusSeconds(5), 10, 20, "ab", Duration.ofSeconds(5)));

        assertThat(host.rows(
                        "homelab",
                        "SELECT concat_ws(' ', service_name, action, user_identifier, created_at)"
                                + " FROM public.user_activity"))
                .containsExactly("app provisioned pgsteward 2026-03-01 03:00:00");
        assertThat(host.rows(
                        "homelab",
                        "SELECT concat_ws(' ', service_name, backup_type, backup_path, created_at,"
                                + " success, backup_id, state, extract(epoch FROM finished_at - started_at)::int, size_bytes,"
                                + " source_bytes, sha256, server_version, image) FROM public.backup_log"))
                .as("a second row without an image keeps the image")
                .containsExactly("app dump app/a.dump.zst 2026-03-01 03:00:00 t app-id made 5 10 20 ab 15.20 app:1.2");
        assertThat(waiting()).isEmpty();
    }

    @Test
    void dayOfLoginsIsOneRowInAnyOrderOfWriting() throws Exception {
        write(new Login("app", "app_user", "10.0.0.7", NIGHT, NIGHT.plusSeconds(3600)));
        write(new Login("app", "app_user", "10.0.0.7", NIGHT.plusSeconds(1800), NIGHT.plusSeconds(1800)));
        write(new Login("app", "app_user", "", NIGHT, NIGHT));

        assertThat(host.rows(
                        "homelab",
                        "SELECT concat_ws(' ', service_name, action, user_identifier, host(ip_address), created_at,"
                                + " extract(epoch FROM last_seen_at - '2026-03-01 03:00Z')::int)"
                                + " FROM public.user_activity ORDER BY ip_address"))
                .containsExactly(
                        "app login app_user 10.0.0.7 2026-03-01 03:00:00 3600",
                        "app login app_user 2026-03-01 03:00:00 0");
        assertThat(refused()).isEmpty();
    }

    @Test
    void onlyOldRowsAreRemoved() throws Exception {
        write(Activity.ours("app", "long ago", Instant.now().minus(Duration.ofDays(11))));
        write(Activity.ours("app", "lately", Instant.now().minus(Duration.ofDays(9))));

        pipeline.context()
                .createFluentProducerTemplate()
                .withHeader("keep", "10d")
                .to("sql:classpath:sql/activity-expire.sql?dataSource=#management")
                .send();

        assertThat(host.rows("homelab", "SELECT action FROM public.user_activity"))
                .containsExactly("lately");
    }

    @Test
    void rowThatThePreviousVersionLeftInTheSpoolKeepsItsVerification() throws Exception {
        Backup made = started("app")
                .made("app/a.dump.zst", NIGHT.plusSeconds(5), 10, 20, "ab", Duration.ofSeconds(5))
                .judged(BackupState.VERIFIED, NIGHT.plusSeconds(9), Duration.ofSeconds(4), "");
        Map<String, @Nullable Object> columns =
                new LinkedHashMap<>(JournalRow.of(made).columns());
        columns.put("proof", columns.remove("verification"));
        Files.writeString(
                spoolFolder().resolve("20260301T030000.000000000-old.json"),
                Json.mapper().writeValueAsString(Map.of("table", "backup", "columns", columns)));

        write(Activity.ours("app", "provisioned", NIGHT));

        assertThat(host.rows("homelab", "SELECT concat_ws(' ', state, proof, verification) FROM public.backup_log"))
                .containsExactly("verified file file");
        assertThat(refused()).isEmpty();
    }

    /** Provisioning writes {@code service_configs}. An older pgsteward wrote it through the spool as well. */
    @Test
    void anEnrolmentThatAnOlderVersionLeftInTheSpoolChangesNoRow() throws Exception {
        Files.writeString(
                spoolFolder().resolve("20260301T030000.000000000-old.json"),
                "{\"table\": \"enrolment\", \"columns\": {\"service\": \"app\", \"database\": \"other\"}}");

        write(Activity.ours("app", "provisioned", NIGHT));

        assertThat(waiting()).isEmpty();
        assertThat(refused()).isEmpty();
        assertThat(host.rows("homelab", "SELECT service_name FROM public.service_configs"))
                .isEmpty();
    }

    @Test
    void changeOfImagePinsTheNewestVerifiedDumpBeforeIt() throws SQLException {
        verified("app", "oldest", BackupKind.DUMP, NIGHT);
        verified("app", "newest", BackupKind.DUMP, NIGHT.plusSeconds(60));
        verified("app", "base", BackupKind.BASE, NIGHT.plusSeconds(70));
        verified("other", "other", BackupKind.DUMP, NIGHT.plusSeconds(70));
        write(made("app", "unverified", BackupKind.DUMP, NIGHT.plusSeconds(80)));
        verified("app", "after", BackupKind.DUMP, NIGHT.plusSeconds(90));

        write(change(NIGHT.plusSeconds(90)));

        assertThat(host.rows("homelab", PINNED))
                .containsExactly("newest: before the change from app:1 (1) to app:2 (2) at 2026-03-01T03:01:30Z");
    }

    @Test
    void aChangeOfImageThatIsReplayedPinsNoSecondBackup() throws SQLException {
        verified("app", "first", BackupKind.DUMP, NIGHT);
        write(change(NIGHT.plusSeconds(90)));
        List<String> before = host.rows("homelab", PINNED);
        verified("app", "proved-late", BackupKind.DUMP, NIGHT.plusSeconds(60));

        write(change(NIGHT.plusSeconds(90)));

        assertThat(host.rows("homelab", PINNED)).isEqualTo(before).hasSize(1);
    }

    @Test
    void aPinKeepsItsFirstReasonAndANextChangePinsTheNextBackup() throws SQLException {
        verified("app", "first", BackupKind.DUMP, NIGHT);
        write(change(NIGHT.plusSeconds(30)));
        write(change(NIGHT.plusSeconds(40)));
        verified("app", "second", BackupKind.DUMP, NIGHT.plusSeconds(60));
        write(change(NIGHT.plusSeconds(90)));

        assertThat(host.rows("homelab", PINNED))
                .containsExactly(
                        "first: before the change from app:1 (1) to app:2 (2) at 2026-03-01T03:00:30Z",
                        "second: before the change from app:1 (1) to app:2 (2) at 2026-03-01T03:01:30Z");
    }

    @Test
    void aChangeOfImageWithoutABackupBeforeItIsNoError() throws SQLException, IOException {
        write(change(NIGHT));
        assertThat(host.rows("homelab", PINNED)).isEmpty();
        assertThat(waiting()).isEmpty();
        assertThat(refused()).isEmpty();
    }

    @Test
    void rowsFromAnOutageAreWrittenOnceInOrder() throws Exception {
        write(Activity.ours("app", "before", NIGHT));
        Backup started = started("app");
        write(started);

        host.cluster().kill();
        for (int i = 0; i < 40; i++) {
            write(Activity.ours("app", "action " + i, NIGHT));
        }
        write(started.made("app/a.dump.zst", NIGHT, 10, 20, "ab", Duration.ofSeconds(5)));
        write(started.made("app/a.dump.zst", NIGHT, 10, 20, "ab", Duration.ofSeconds(5))
                .judged(BackupState.VERIFIED, NIGHT, Duration.ofSeconds(2), ""));
        assertThat(waiting()).as("rows in the spool").hasSize(42);
        host.cluster().startAgain();

        await().until(() -> waiting().isEmpty());
        List<String> expected = new ArrayList<>(List.of("before"));
        for (int i = 0; i < 40; i++) {
            expected.add("action " + i);
        }
        assertThat(host.rows("homelab", "SELECT action FROM public.user_activity ORDER BY id"))
                .containsExactlyElementsOf(expected);
        assertThat(host.journal("app")).containsExactly("verified");
        assertThat(refused()).isEmpty();
    }

    /** As on a full disk, the server answers and each login fails, with an SQLSTATE of any class. */
    @Test
    void rowsAreKeptWhileEveryLoginFails() throws Exception {
        write(Activity.ours("app", "before", NIGHT));
        Path map = host.cluster()
                .cluster()
                .data()
                .resolve("base/"
                        + host.rows("homelab", "SELECT oid FROM pg_database WHERE datname = 'homelab'")
                                .get(0) + "/pg_filenode.map");
        Set<PosixFilePermission> before = Files.getPosixFilePermissions(map);

        Files.setPosixFilePermissions(map, Set.of());
        write(Activity.ours("app", "kept", NIGHT));
        assertThat(waiting()).hasSize(1);
        assertThat(refused()).isEmpty();
        Files.setPosixFilePermissions(map, before);

        await().until(() -> waiting().isEmpty());
        assertThat(host.rows("homelab", "SELECT action FROM public.user_activity ORDER BY id"))
                .containsExactly("before", "kept");
    }

    /** An empty server replaced the previous one. It may have the tables of an init script, which lack our columns. */
    @ParameterizedTest
    @ValueSource(strings = {"DROP DATABASE", "DROP SCHEMA", "an init script's"})
    void tablesThatAreNotThereAnyMoreAreMadeAgainAndTheRowsGoIntoThem(String how) throws Exception {
        write(Activity.ours("app", "before", NIGHT));
        if (how.equals("DROP SCHEMA")) {
            host.cluster().run("homelab", "DROP SCHEMA public CASCADE", "CREATE SCHEMA public");
        } else {
            host.cluster().run("postgres", "DROP DATABASE homelab WITH (FORCE)", "CREATE DATABASE homelab");
        }
        if (how.equals("an init script's")) {
            host.cluster()
                    .run(
                            "homelab",
                            "CREATE TABLE public.user_activity (id SERIAL PRIMARY KEY, service_name VARCHAR(50)"
                                    + " NOT NULL, action VARCHAR(100) NOT NULL, user_identifier VARCHAR(100),"
                                    + " ip_address INET, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)");
        }

        write(Activity.ours("app", "after", NIGHT));
        write(started("app"));

        await().until(() -> waiting().isEmpty());
        assertThat(host.rows("homelab", "SELECT action FROM public.user_activity"))
                .containsExactly("after");
        assertThat(host.journal("app")).containsExactly("running");
        assertThat(refused()).isEmpty();
    }

    @Test
    void nextProcessWritesRowsOfAnEndedOne() throws Exception {
        host.cluster().kill();
        write(Activity.ours("app", "nearly lost", NIGHT));
        pipeline.close();
        host.cluster().startAgain();

        wiring = process();
        pipeline = wiring.backupPipeline().start();

        await().until(() -> waiting().isEmpty());
        assertThat(host.rows("homelab", "SELECT action FROM public.user_activity"))
                .containsExactly("nearly lost");
    }

    @Test
    void aSpoolThatIsReplayedDoublesNothingAndTakesNothingBack() throws Exception {
        host.cluster().kill();
        Backup started = started("app");
        Backup made = started.made("app/a.dump.zst", NIGHT, 10, 20, "ab", Duration.ofSeconds(5));
        write(started);
        write(made);
        write(made.judged(BackupState.VERIFIED, NIGHT, Duration.ofSeconds(2), ""));
        write(Activity.ours("app", "once", NIGHT));
        Path aside = Files.createDirectories(state.resolve("aside"));
        List<Path> rows = waiting();
        for (Path row : rows) {
            Files.copy(row, aside.resolve(row.getFileName()));
        }
        host.cluster().startAgain();
        await().until(() -> waiting().isEmpty());

        // The rows arrive one at a time, the oldest last. A late row must not replace a newer state.
        for (int i = rows.size() - 1; i >= 0; i--) {
            Files.move(aside.resolve(rows.get(i).getFileName()), rows.get(i));
            write(Activity.ours("other", "drained", NIGHT));
            // The timer may have begun to drain just before. Then the timer writes the row.
            await().until(() -> waiting().isEmpty());
            assertThat(host.journal("app"))
                    .as("after row %s was written again", i)
                    .containsExactly("verified");
        }
        assertThat(host.rows("homelab", "SELECT action FROM public.user_activity WHERE service_name = 'app'"))
                .containsExactly("once");
        assertThat(host.rows("homelab", "SELECT backup_path FROM public.backup_log"))
                .containsExactly("app/a.dump.zst");
    }

    @Test
    void runClosedAsDeadKeepsItsOwnResult() throws SQLException {
        Backup started = started("app");
        write(started);
        wiring.tables.runs().closeRuns("app", "its process ended");

        write(started.made("app/a.dump.zst", NIGHT, 10, 20, "ab", Duration.ofSeconds(5)));

        assertThat(host.journal("app")).containsExactly("made");
    }

    @Test
    void laterVerificationsAreRecorded() throws SQLException {
        Backup made = started("app").made("app/a.dump.zst", NIGHT, 10, 20, "ab", Duration.ofSeconds(5));
        write(made);
        write(made.judged(BackupState.VERIFIED, NIGHT, Duration.ZERO, ""));
        write(made.judged(BackupState.FAILED, NIGHT, Duration.ZERO, "a byte was flipped"));
        assertThat(host.journal("app")).containsExactly("failed: a byte was flipped");
        write(made.judged(BackupState.VERIFIED, NIGHT, Duration.ZERO, ""));
        assertThat(host.journal("app")).containsExactly("verified");
    }

    @Test
    void refusedRowIsSetAsideAndOthersAreWritten() throws Exception {
        host.cluster().kill();
        write(Activity.ours("app", "first", NIGHT));
        // PostgreSQL's text type cannot contain NUL.
        write(Activity.ours("app", "\0", NIGHT));
        Files.writeString(spoolFolder().resolve("20200101T000000.000000000-broken.json"), "{\"table\":\"act");
        write(Activity.ours("app", "last", NIGHT));
        host.cluster().startAgain();

        await().until(() -> waiting().isEmpty());
        assertThat(host.rows("homelab", "SELECT action FROM public.user_activity ORDER BY id"))
                .containsExactly("first", "last");
        assertThat(refused()).hasSize(2).anyMatch(name -> name.contains("broken"));
    }

    /** After it has written a row, a caller reads the tables, for example to find the newest backup. */
    @Test
    void aRowIsInItsTableAlthoughAnotherProcessWasAtItJustThen() throws Exception {
        Spool.Claim other = new Spool(spoolFolder(), Json.mapper(), Clock.systemUTC())
                .claim()
                .orElseThrow();
        CompletableFuture<Void> end = CompletableFuture.runAsync(() -> {
            await().until(() -> !waiting().isEmpty());
            try {
                other.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });

        write(Activity.ours("app", "provisioned", NIGHT));

        assertThat(host.rows("homelab", "SELECT action FROM public.user_activity"))
                .containsExactly("provisioned");
        end.join();
    }

    @Test
    void theDaemonAndACommandDrainOneSpoolAndNothingIsDoubledOrLost() throws Exception {
        Wiring command = process();
        try (Pipeline second = command.backupPipeline().start()) {
            assertThat(second).isNotNull();
            Spool spool = new Spool(spoolFolder(), Json.mapper(), Clock.systemUTC());
            for (int i = 0; i < 300; i++) {
                spool.put(new Activity(UUID.randomUUID(), "app", "action " + i, "ann", NIGHT));
            }
            Thread other = new Thread(() -> command.routeClient.ask(WRITE, Activity.ours("other", "command", NIGHT)));
            other.start();
            write(Activity.ours("other", "daemon", NIGHT));
            other.join();
            await().until(() -> waiting().isEmpty());
        }
        assertThat(host.rows("homelab", "SELECT count(*)::text FROM public.user_activity WHERE service_name = 'app'"))
                .containsExactly("300");
        assertThat(refused()).isEmpty();
    }

    private void write(Object noun) {
        assertThat(wiring.routeClient.ask(WRITE, noun).getException()).isNull();
    }

    private void verified(String service, String id, BackupKind kind, Instant at) {
        write(made(service, id, kind, at).judged(BackupState.VERIFIED, at, Duration.ZERO, ""));
    }

    private static Backup made(String service, String id, BackupKind kind, Instant at) {
        return Backup.starting(id, service, service, kind, at, "15.20")
                .made(service + "/" + id, at, 10, 20, "ab", Duration.ofSeconds(5));
    }

    private static ImageChange change(Instant at) {
        return new ImageChange("app", "app:1", "sha256:1", "app:2", "sha256:2", at);
    }

    private static Backup started(String service) {
        return Backup.starting(service + "-id", service, service, BackupKind.DUMP, NIGHT, "15.20");
    }

    /** Creates a process, the daemon or a command. All share the state folder. */
    private Wiring process() throws IOException {
        return host.wiring("pgsteward.state.dir", state.toString());
    }

    private Path spoolFolder() {
        return state.resolve("spool");
    }

    private List<Path> waiting() throws IOException {
        try (Stream<Path> files = Files.list(spoolFolder())) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .toList();
        }
    }

    private List<String> refused() throws IOException {
        if (!Files.isDirectory(spoolFolder().resolve("refused"))) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(spoolFolder().resolve("refused"))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
