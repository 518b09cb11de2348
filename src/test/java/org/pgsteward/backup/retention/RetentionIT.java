package org.pgsteward.backup.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.backup.RetentionPolicies;
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.backup.store.Removal;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.camel.receivers.CapturedLog;
import org.pgsteward.camel.receivers.HookServer;
import org.pgsteward.io.Json;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.journal.Spool;
import org.pgsteward.model.Activity;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Expiry;
import org.pgsteward.postgres.NeedsPostgres;

/** The backups that retention removes, and those that it always keeps. */
@NeedsPostgres
class RetentionIT extends OnRetentionHost {
    /** Inserts the rows of a copy, without the generated column. */
    private static final String COPY_BACK = """
            DO $$
            DECLARE names text;
            BEGIN
              SELECT string_agg(quote_ident(attname), ', ') INTO names FROM pg_attribute
                WHERE attrelid = 'public.backup_log'::regclass AND attnum > 0 AND attgenerated = '' AND NOT attisdropped;
              EXECUTE format('INSERT INTO public.backup_log (%1$s) SELECT %1$s FROM public.kept', names);
            END $$""";

    /** "Backup was failing for few days … everything was deleted." (pgbackweb, issue 121) */
    @Test
    void failedRunsNeverEvictAGoodBackup() throws Exception {
        nights.start(
                "pgsteward.backup.keep",
                "last=2,daily=2",
                "pgsteward.monitor.backups.delay",
                "0",
                "pgsteward.monitor.backups.period",
                "200");
        host.cluster().run("homelab", "CREATE DATABASE app", "CREATE DATABASE \"app-test\"");
        host.cluster().run("app", "CREATE TABLE public.notes AS SELECT generate_series(1, 100) AS n");
        for (int night = 0; night < 3; night++) {
            assertThat(nights.backUp("app").state()).isEqualTo(BackupState.VERIFIED);
            night();
        }
        retainUntil("app", 4);
        List<String> good = host.stored("app");

        int verificationsOfTheNeighbour = 0;
        for (int night = 1; night <= 30; night++) {
            boolean wholeAndWorthless = night % 10 == 0;
            if (wholeAndWorthless) {
                // From here on every restore of a dump fails at this constraint.
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
            Backup failed = nights.backUp("app");
            assertThat(failed.state()).as("night %s", night).isEqualTo(BackupState.FAILED);
            assertThat(failed.path().isPresent()).isEqualTo(wholeAndWorthless);
            if (night % 10 == 0) {
                assertThat(nights.backUp("app-test").state()).isEqualTo(BackupState.VERIFIED);
                verificationsOfTheNeighbour++;
            }
            night();
            assertThat(host.stored("app")).as("after night %s", night).containsAll(good);
            if (night == 1) {
                // The alert becomes critical in a later night. The test waits, since the nights pass faster than the
                // overdue checks.
                await().atMost(RetentionHost.PATIENCE)
                        .untilAsserted(() -> assertThat(host.notices("backup-overdue", "app"))
                                .anyMatch(notice -> notice.startsWith("firing [warning]")));
            }
        }

        assertThat(host.stored("app"))
                .as("backups that failed verification are kept too")
                .hasSize(4 + 3 * 2);
        assertThat(verificationsOfTheNeighbour).isEqualTo(3);
        retainUntil("app-test", 4);
        assertThat(host.journal("app-test")).containsExactly("expired", "verified", "verified");
        await().atMost(RetentionHost.PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("backup-overdue", "app"))
                        .anyMatch(notice -> notice.startsWith("firing [warning]"))
                        .anyMatch(notice -> notice.startsWith("firing [critical]"))
                        .hasSize(2));
        assertThat(host.notices("app")).singleElement().asString().startsWith("firing [critical]");

        host.cluster().run("homelab", "ALTER DATABASE app RESET session_preload_libraries");
        assertThat(card())
                .as("recovery card: restores the verified backup, names the newer one")
                .contains("- app: this file lists its newest verified backup, of ", ", is not verified: `app/app-")
                .containsPattern("zstd -dc app/" + newestOf(good) + " \\| pg_restore");
        host.cluster().run("app", "DROP TABLE public.trap");
        assertThat(nights.backUp("app").state()).isEqualTo(BackupState.VERIFIED);
        assertThat(card()).doesNotContain("- app:", newestOf(good));
        await().atMost(RetentionHost.PATIENCE)
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

    /**
     * Repeats the retention until this number of files is left. Retention does nothing while a row is pending, and
     * an alert may write one at any time.
     */
    private void retainUntil(String service, int files) {
        await().atMost(RetentionHost.PATIENCE).untilAsserted(() -> {
            nights.retain();
            assertThat(host.stored(service)).hasSize(files);
        });
    }

    private void night() {
        nights.retain();
        clock.set(clock.instant().atZone(RetentionHost.BERLIN).plusDays(1).toInstant());
    }

    @Test
    void removesOldBackupsWholeAndMarksTheirRowsExpired() throws Exception {
        nights.start("pgsteward.backup.keep", "last=1");
        String database = host.cluster().newDatabase();
        List<Backup> backups = nights.backUpSeveral(database, 4);
        host.cluster()
                .run(
                        "homelab",
                        "UPDATE public.backup_log SET pinned = 'before an update' WHERE backup_id = '"
                                + backups.get(0).id() + "'");

        clock.pass(Duration.ofMinutes(1));

        nights.retain();

        assertThat(host.stored(database))
                .containsExactlyInAnyOrderElementsOf(RetentionHost.files(backups.get(0), backups.get(3)));
        assertThat(card()).contains("wrote this file at " + clock.instant());
        assertThat(host.rows(
                        "homelab",
                        "SELECT concat_ws(' ', backup_id, state, success, size_bytes > 0, backup_path IS NOT NULL,"
                                + " verified_at IS NOT NULL) FROM public.backup_log ORDER BY started_at"))
                .containsExactly(
                        backups.get(0).id() + " verified t t t t",
                        backups.get(1).id() + " expired t t t t",
                        backups.get(2).id() + " expired t t t t",
                        backups.get(3).id() + " verified t t t t");
        // A late row with the earlier state does not undo the expiry.
        nights.wiring.routeClient.ask("direct:journal-write", backups.get(1));
        assertThat(host.journal(database)).containsExactly("verified", "expired", "expired", "verified");
    }

    /** The parameter is the number of completed steps, of four, when the process died. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void anInterruptedRemovalIsFinishedByTheNextPass(int steps) throws Exception {
        nights.start("pgsteward.backup.keep", "last=9");
        String database = host.cluster().newDatabase();
        Backup going = nights.backUp(database);
        String path = going.path().orElseThrow();
        Removal removal = new Removal(nights.wiring.store);
        removal.mark(path);
        if (steps >= 2) {
            removal.deleteFile(path);
        }
        if (steps >= 3) {
            nights.wiring.routeClient.ask(
                    "direct:journal-write",
                    new Expiry(database, going.id(), going.identity().eventId(), "last=9", clock.instant()));
        }
        stop();
        assertThat(Manifests.of(nights.wiring.store, database)).isEmpty();

        nights.start("pgsteward.backup.keep", "last=9", "pgsteward.retention.tick", "* * * * * ?");

        await().atMost(RetentionHost.PATIENCE).until(() -> host.stored(database).isEmpty());
        await().atMost(RetentionHost.PATIENCE)
                .untilAsserted(() -> assertThat(host.journal(database)).containsExactly("expired"));
    }

    @Test
    void aNightRemovesOldBackupsAndPingsTheWatcher() throws Exception {
        try (HookServer watcher = new HookServer(0)) {
            nights.start(
                    "pgsteward.backup.tick", "* * * * * ?",
                    "pgsteward.backup.keep", "last=1",
                    "pgsteward.backup.ping.url", watcher.url());
            await().atMost(RetentionHost.PATIENCE).until(() -> watcher.taken.size() == 1);
            assertThat(host.journal("homelab")).containsExactly("verified");

            clock.pass(Duration.ofDays(1));

            await().atMost(RetentionHost.PATIENCE).until(() -> watcher.taken.size() == 2);
            for (String service : List.of("homelab", "postgres", "_globals")) {
                await().atMost(RetentionHost.PATIENCE)
                        .untilAsserted(() -> assertThat(host.journal(service)).containsExactly("expired", "verified"));
                // The row becomes "expired" one step before the mark of the removal is deleted.
                await().atMost(RetentionHost.PATIENCE)
                        .untilAsserted(() -> assertThat(host.stored(service)).hasSize(2));
            }
            await().atMost(RetentionHost.PATIENCE)
                    .untilAsserted(() -> assertThat(writtenSets())
                            .as("document of the first night's set")
                            .contains("\"reason\" : \"expired\""));
        }
    }

    /**
     * This is the state after a restore of the journal from an older dump. The store has the files of the last days,
     * but the journal has no rows of them.
     */
    @Test
    void aBackupThatTheJournalDoesNotKnowStays() throws Exception {
        nights.start("pgsteward.backup.keep", "last=1");
        String database = host.cluster().newDatabase();
        List<Backup> backups = nights.backUpSeveral(database, 4);
        nights.awaitRows();
        host.cluster()
                .run(
                        "homelab",
                        "DELETE FROM public.backup_log WHERE backup_id IN ('"
                                + backups.get(0).id() + "', '" + backups.get(2).id() + "')");

        nights.retain();

        List<String> left = host.stored(database);
        assertThat(left).hasSize(6);
        for (int kept : new int[] {0, 2, 3}) {
            assertThat(left).anyMatch(name -> name.startsWith(backups.get(kept).id()));
        }

        // A verification first writes the missing rows. From then on retention may remove these backups.
        clock.pass(Duration.ofDays(1));
        nights.verifyOldest();
        nights.verifyOldest();
        nights.awaitRows();
        nights.retain();
        assertThat(host.stored(database))
                .hasSize(2)
                .anyMatch(name -> name.startsWith(backups.get(3).id()));
    }

    @Test
    void removesNothingWithARunOrRowsPendingOrAnEmptyJournal() throws Exception {
        nights.start("pgsteward.backup.keep", "last=1");
        String database = host.cluster().newDatabase();
        nights.backUpSeveral(database, 2);
        Path state = host.folder().resolve("state");

        try (RunLock lock = RunLock.take(state.resolve("locks"), database).orElseThrow()) {
            assertThat(lock).isNotNull();
            nights.wiring.routeClient.ask(RetentionHost.RETENTION, "");
            assertThat(host.stored(database))
                    .as("a backup of the database runs")
                    .hasSize(4);
        }
        try (Spool.Claim spool =
                new Spool(state.resolve("spool"), Json.mapper(), clock).claim().orElseThrow()) {
            assertThat(spool).isNotNull();
            nights.wiring.routeClient.ask("direct:journal-write", Activity.ours(database, "waits", clock.instant()));
            nights.wiring.routeClient.ask(RetentionHost.RETENTION, "");
            assertThat(host.stored(database)).as("rows wait in the spool").hasSize(4);
        }
        nights.awaitRows();
        host.cluster()
                .run(
                        "homelab",
                        "CREATE TABLE public.kept AS SELECT * FROM public.backup_log",
                        "TRUNCATE public.backup_log");
        nights.wiring.routeClient.ask(RetentionHost.RETENTION, "");
        assertThat(host.stored(database)).as("the journal is empty").hasSize(4);
        host.cluster().run("homelab", COPY_BACK, "DROP TABLE public.kept");

        nights.retain();

        assertThat(host.stored(database)).as("no obstacle left").hasSize(2);
    }

    @Test
    void aRouteFileOverridesTheLabelAndTheLabelTheDefault() throws Exception {
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
                .as("the route file overrides the label")
                .hasToString("Optional[last=30]");
        try (CapturedLog log = new CapturedLog()) {
            assertThat(keeps.of("mistyped", policies))
                    .as("invalid label: keeps all backups")
                    .isEmpty();
            assertThat(keeps.of("mistyped", policies)).isEmpty();
            assertThat(log.text()).containsOnlyOnce("label pgsteward.backup.keep of mistyped is 'last=many'");
        }
        labels.put("mistyped", "last=4");
        assertThat(keeps.of("mistyped", policies)).as("label corrected").hasToString("Optional[last=4]");

        containers.clear();
        labels.clear();
        assertThat(keeps.of("labelled", policies)).as("container removed").hasToString("Optional[last=7]");
        containers.add("labelled");
        assertThat(keeps.of("labelled", policies))
                .as("container recreated without the label")
                .hasToString("Optional[last=1]");
        containers.clear();
        assertThat(keeps.of("labelled", policies)).hasToString("Optional[last=1]");
    }

    @Test
    void aRouteFileMaySetTheRetentionOfOneService() throws Exception {
        Path routes = editedRoutes("own: \"\"", "own: |\n          app-test: last=2\n          appp: last=7");
        nights.start("pgsteward.backup.keep", "last=1", "pgsteward.routes.dir", routes.toString());
        host.cluster().run("homelab", "CREATE DATABASE app", "CREATE DATABASE \"app-test\"");
        nights.backUpSeveral("app", 2);
        nights.backUpSeveral("app-test", 3);

        nights.wiring.routeClient.ask(RetentionHost.NIGHT_OVER, "");

        assertThat(host.stored("app")).hasSize(2);
        assertThat(host.stored("app-test")).hasSize(4);

        stop();
        Files.delete(routes.resolve("retention.camel.yaml"));
        nights.start("pgsteward.backup.keep", "last=1", "pgsteward.routes.dir", routes.toString());
        assertThat(nights.wiring.routeClient.ask(RetentionHost.NIGHT_OVER, "").getException())
                .isNull();
        assertThat(host.stored("app-test")).hasSize(4);
    }

    @Test
    void anInvalidPolicyStopsTheStartWithOneLine() throws Exception {
        assertThatThrownBy(() -> nights.start("pgsteward.backup.keep", "last=few"))
                .hasMessageContaining("PGSTEWARD_BACKUP_KEEP is 'last=few': 'few' after last= is not a whole number")
                .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("\n"));
        Path routes = editedRoutes("own: \"\"", "own: \"app: last=0\"");
        assertThatThrownBy(() -> nights.start("pgsteward.routes.dir", routes.toString()))
                .hasMessageContaining("own of app is 'last=0': it keeps 0 backups");
    }

    @Test
    void anEmptiedDatabaseRaisesOneAlertAndKeepsTheFullBackup() throws Exception {
        nights.start("pgsteward.backup.keep", "last=1");
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE TABLE public.notes AS SELECT n, repeat(md5(n::text), 10) AS text"
                                + " FROM generate_series(1, 10000) AS n");
        Backup full = nights.backUp(database);
        clock.pass(Duration.ofDays(1));
        assertThat(host.notices("backup-shrunk", database))
                .as("no earlier backup to compare")
                .isEmpty();
        host.cluster().run(database, "DELETE FROM public.notes WHERE n > 3000");

        Backup shrunk = nights.backUp(database);
        nights.retain();

        assertThat(host.notices("backup-shrunk", database))
                .singleElement()
                .asString()
                .startsWith("firing [warning]")
                .contains("70.0% smaller");
        assertThat(host.stored(database)).containsExactlyInAnyOrderElementsOf(RetentionHost.files(full, shrunk));

        clock.pass(Duration.ofDays(1));
        Backup next = nights.backUp(database);
        nights.retain();

        assertThat(host.notices("backup-shrunk", database))
                .hasSize(2)
                .anyMatch(notice -> notice.startsWith("resolved"));
        assertThat(host.stored(database)).containsExactlyElementsOf(RetentionHost.files(next));
        // A re-verified backup is not compared with any other.
        nights.wiring.backups.verify(next);
        assertThat(host.notices("backup-shrunk", database)).hasSize(2);
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
}
